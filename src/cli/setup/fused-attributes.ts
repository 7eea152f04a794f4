// Adds to the source of tfjs-node's add-on what TensorFlow's fused convolution needs: attributes that are
// lists of strings and lists of types. The rest of the source stays as published.

/** Insertions into binding/tfjs_backend.cc, each after a passage that must occur exactly once. */
export const FUSED_ATTRIBUTES: readonly { after: string; insert: string }[] = [
  {
    after: `      // NOTE: String attribute values do not have to be utf8 encoded strings
      // (could be arbitrary byte sequences).
`,
    insert: `      if (IsArray(env, nstatus, &js_value)) {
        uint32_t length;
        nstatus = napi_get_array_length(env, js_value, &length);
        ENSURE_NAPI_OK(env, nstatus);
        std::vector<std::string> strings(length);
        std::vector<const void *> pointers(length);
        std::vector<size_t> lengths(length);
        for (uint32_t i = 0; i < length; ++i) {
          napi_value element;
          nstatus = napi_get_element(env, js_value, i, &element);
          ENSURE_NAPI_OK(env, nstatus);
          nstatus = GetStringParam(env, element, strings[i]);
          ENSURE_NAPI_OK(env, nstatus);
          pointers[i] = strings[i].data();
          lengths[i] = strings[i].size();
        }
        TFE_OpSetAttrStringList(tfe_op, attr_name, pointers.data(),
                                lengths.data(), static_cast<int>(length));
        break;
      }
`,
  },
  {
    after: `    case TF_ATTR_TYPE: {
`,
    insert: `      if (IsArray(env, nstatus, &js_value)) {
        uint32_t length;
        nstatus = napi_get_array_length(env, js_value, &length);
        ENSURE_NAPI_OK(env, nstatus);
        std::vector<TF_DataType> types(length);
        for (uint32_t i = 0; i < length; ++i) {
          napi_value element;
          nstatus = napi_get_element(env, js_value, i, &element);
          ENSURE_NAPI_OK(env, nstatus);
          int32_t type;
          nstatus = napi_get_value_int32(env, element, &type);
          ENSURE_NAPI_OK(env, nstatus);
          types[i] = static_cast<TF_DataType>(type);
        }
        TFE_OpSetAttrTypeList(tfe_op, attr_name, types.data(),
                              static_cast<int>(length));
        break;
      }
`,
  },
];

/** The source with the insertions. @throws Error when a passage does not occur exactly once. */
export function withFusedAttributes(source: string): string {
  return FUSED_ATTRIBUTES.reduce((text, { after, insert }) => {
    const parts = text.split(after);
    if (parts.length !== 2) throw new Error(`${JSON.stringify(after)} occurs ${parts.length - 1} times`);
    return parts[0] + after + insert + parts[1];
  }, source);
}
