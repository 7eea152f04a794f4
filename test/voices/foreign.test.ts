// If this fails, `weights` no longer takes Piper's and Hugging Face's voices, or a hostile configuration is not refused by
// the name of its field.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, maxAbs } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { LazyTensor } from '../../src/checkpoints/lazy-tensor.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor } from '../../src/checkpoints/tensor.js';
import { foldWeightNorm } from '../../src/checkpoints/weight-norm.js';
import { writeVoice } from '../../src/cli/voice/write-voice.js';
import { VoirsPipeline } from '../../src/index.js';
import { acquireModels } from '../../src/synthesis/shared-models.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { readHuggingFace } from '../../src/voices/foreign/huggingface.js';
import { readPiper } from '../../src/voices/foreign/piper.js';
import { fromHuggingFace } from '../../src/voices/foreign/vits-tensors.js';
import { goldenDifferences } from '../../src/voices/golden.js';
import { failsOnlyAsVoirs, rejectsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';
import { modelProto, nodeProto, tensorProto } from '../checkpoints/onnx-file.js';

const test = suite("other people's voices");
const scratch = mkdtempSync(join(tmpdir(), 'voirs-foreign-'));
const SPEAKERS = fixture('vits-speakers-tiny');
const read = (path: string): string => readFileSync(path, 'utf8');

let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({
    weights: SPEAKERS,
    backend: 'wasm',
    sampleRate: 16000,
    cacheSize: 0,
  });
});
test.after(async () => {
  await pipeline.dispose();
  rmSync(scratch, { recursive: true });
});

test('speaks text by characters, the same each time, with times of its words', async () => {
  const [one, other] = [await pipeline.synthesize('A bad cab.'), await pipeline.synthesize('A bad cab.')];
  assert.is(maxAbs(one.samples, other.samples), 0);
  assert.equal(
    one.timeline.words.map(({ text }) => text),
    ['a', 'bad', 'cab'],
  );
  assert.ok(one.timeline.words.every(({ start, end }) => end > start));
  const { sentences } = await pipeline.prepare('A bad cab.');
  assert.equal(sentences[0]!.tokens.map(({ symbol }) => symbol).join(' '), '^ a _ b a d _ c a b . $');
});

test('streams what it speaks whole, also where a sentence is long', async () => {
  const text = 'a bad cab had a bad cab and a bag had a bad cab as a bad cab had a bag';
  using whole = await pipeline.synthesize(text);
  const chunks: number[] = [];
  for await (const chunk of pipeline.stream(text)) {
    chunks.push(...chunk.samples);
    chunk.dispose();
  }
  const difference = maxAbs(chunks, whole.samples);
  assert.ok(difference <= 1e-5, `a stream differs by ${difference}`);
});

test('speaks faster and slower, and with breaks', async () => {
  const seconds = async (ssml: string, options = {}) => {
    using audio = await pipeline.synthesize(ssml, { input: 'ssml', ...options });
    return audio.duration;
  };
  const usual = await seconds('<speak>a bad cab</speak>');
  const slow = await seconds('<speak>a bad cab</speak>', { speakingRate: 0.5 });
  assert.ok(Math.abs(slow / usual - 2) < 0.1, `${slow / usual} times as long`);
  const broken = await seconds('<speak>a bad <break time="1s"/> cab</speak>');
  assert.ok(broken > usual + 0.8, `${broken} s`);
});

test('refuses pitch where a caller asks, and passes it over in markup', async () => {
  const refused = /cannot be told its pitch/;
  await rejectsVoirs(pipeline.synthesize('a bad cab', { pitchShift: 2 }), refused, 'INVALID_OPTIONS');
  const utterance = await pipeline.prepare('a bad cab');
  utterance.sentences[0]!.tokens[1]!.pitch = 1;
  await rejectsVoirs(pipeline.render(utterance), refused, 'INVALID_OPTIONS');
  const ssml = '<speak><prosody pitch="+2st">a bad</prosody> cab</speak>';
  const { warnings } = await pipeline.prepare(ssml, { input: 'ssml' });
  assert.match(warnings.join(), /pitch was passed over/);
  const strict = pipeline.synthesize(ssml, { input: 'ssml', strictSsml: true });
  await rejectsVoirs(strict, refused, 'INVALID_OPTIONS');
});

test('speaks with every speaker of a model', async () => {
  assert.equal(
    pipeline.listVoices().map(({ id }) => id),
    ['vits-speakers-tiny-0', 'vits-speakers-tiny-1', 'vits-speakers-tiny-2'],
  );
  const first = await pipeline.synthesize('a bad cab');
  const second = await pipeline.synthesize('a bad cab', { voice: 'vits-speakers-tiny-1' });
  assert.ok(maxAbs(first.samples, second.samples) > 0.01);
});

test('leaves noise to the model, from a generator of its own', async () => {
  const noisy = join(scratch, 'noisy');
  cpSync(SPEAKERS, noisy, { recursive: true });
  const config = JSON.parse(read(join(noisy, 'config.json')));
  writeFileSync(join(noisy, 'config.json'), JSON.stringify({ ...config, noise_scale: 0.667 }));
  const other = await VoirsPipeline.create({
    weights: noisy,
    backend: 'wasm',
    sampleRate: 16000,
    cacheSize: 0,
  });
  const quiet = await pipeline.synthesize('a bad cab');
  const [one, again] = [await other.synthesize('a bad cab'), await other.synthesize('a bad cab')];
  assert.is(maxAbs(one.samples, again.samples), 0, 'the same each time');
  assert.ok(maxAbs(one.samples, quiet.samples) > 0.01, 'and heard');
  await other.dispose();
});

/** The tiny stochastic model as Piper exports it: folded weights, those of the flow without their names. */
function asPiper(folder: string): { onnx: Uint8Array; json: string } {
  const { tensors } = readSafetensors(readFileSync(join(folder, 'model.safetensors')));
  const { acoustic, vocoder } = fromHuggingFace(tensors);
  const all = new Map([...acoustic, ...[...vocoder].map(([name, one]) => [`dec.${name}`, one] as const)]);
  const folded = foldWeightNorm(
    new Map([...all].map(([name, one]) => [name, new LazyTensor(name, one, 'x')])),
  );
  const config = JSON.parse(read(join(folder, 'config.json')));
  const nodes: Uint8Array[] = [];
  const protos: Uint8Array[] = [];
  for (const [name, { shape, data }] of folded) {
    if (name === 'dec.speaker.weight' || name === 'dec.conv_post.bias') continue;
    const scope = name.replace(/\.(weight|bias)$/, '');
    const isNorm = /\.norms?(_layers)?_[12]\./.test(name);
    let stored = isNorm ? name.replace(/weight$/, 'gamma').replace(/bias$/, 'beta') : name;
    let values = data;
    if (name === 'dp.flows.0.logs') {
      stored = '/dp/flows.0/Exp_output_0';
      values = data.map((value) => Math.exp(-value));
    } else if (/\.enc\.\w+_layers\.\d+\.weight$|^emb_g/.test(name)) stored = `onnx::Conv_${protos.length}`;
    const raw = new Uint8Array(Float32Array.from(values).buffer);
    const isSpeaker = /cond(_layer)?\.weight$/.test(name);
    protos.push(tensorProto({ name: stored, shape: isSpeaker ? [...shape, 1] : shape, raw }));
    if (!name.endsWith('.weight') || isNorm) continue;
    const stage = /^dec\.ups\.(\d+)$/.exec(scope);
    const block = /^dec\.resblocks\.(\d+)\.convs1\.(\d+)$/.exec(scope);
    const kernels = config.resblock_kernel_sizes.length;
    const dilation = block ? config.resblock_dilation_sizes[Number(block[1]) % kernels][Number(block[2])] : 1;
    const layer = /in_layers\.(\d+)$/.exec(scope);
    const own = layer ? config.wavenet_dilation_rate ** Number(layer[1]) : dilation;
    const isTable = scope === 'enc_p.emb' || scope === 'emb_g';
    nodes.push(
      nodeProto({
        name: `/${scope
          .split('.')
          .join('/')
          .replace(/\/(\d+)/g, '.$1')}/${isTable ? 'Gather' : stage ? 'ConvTranspose' : 'Conv'}`,
        operator: isTable ? 'Gather' : stage ? 'ConvTranspose' : 'Conv',
        inputs: isTable ? [stored, 'ids'] : ['x', stored, `${scope}.bias`],
        attributes: isTable
          ? {}
          : { strides: [stage ? config.upsample_rates[Number(stage[1])] : 1], dilations: [own] },
      }),
    );
  }
  const vocabulary = JSON.parse(read(join(folder, 'vocab.json'))) as Record<string, number>;
  const json = {
    audio: { sample_rate: config.sampling_rate },
    espeak: { voice: 'en-us' },
    inference: { noise_scale: 0, length_scale: 1 / (config.speaking_rate ?? 1), noise_w: 0 },
    phoneme_type: 'text',
    phoneme_id_map: Object.fromEntries(Object.entries(vocabulary).map(([symbol, id]) => [symbol, [id]])),
    num_speakers: config.num_speakers,
    speaker_id_map: config.num_speakers > 1 ? { Ann: 0, Ben: 1 } : {},
  };
  return { onnx: modelProto(nodes, protos), json: JSON.stringify(json) };
}

for (const name of ['vits-stochastic-tiny', 'vits-stochastic-speakers-tiny']) {
  test(`equals transformers from a Piper file, and converted: ${name}`, async () => {
    const { onnx, json } = asPiper(fixture(name));
    const path = join(scratch, `${name}.onnx`);
    writeFileSync(path, onnx);
    writeFileSync(`${path}.json`, json);
    const original = await loadVoiceFiles(path);
    const { speakers } = original.manifest;
    if (speakers.length > 1)
      assert.equal(
        speakers.map(({ id }) => id),
        ['ann', 'ben'],
      );
    const converted = join(scratch, `${name}-converted`);
    await writeVoice(original, converted, {
      ...{ bits: '32', words: {}, from: "Piper's format", licenses: [] },
      card: { license: 'MIT', author: 'a test', origin: 'a test' },
      signal: new AbortController().signal,
    });
    const golden = readSafetensors(readFileSync(join(fixture(name), 'golden.safetensors'))).tensors;
    const hold = await acquireBackend('wasm', { numThreads: 1 });
    for (const files of [original, await loadVoiceFiles(converted)]) {
      const models = await acquireModels(hold.backend, files, 'medium');
      const stages = await goldenDifferences(models, files.manifest, golden);
      assert.is(stages.length, 3 * speakers.length);
      for (const { stage, difference } of stages)
        assert.ok(difference <= 1e-3, `${stage} differs by ${difference}`);
      await models.release();
    }
    await hold.release();
  });
}

test('names what a file lacks, and the field that is not supported', async () => {
  const folder = join(scratch, 'folder');
  cpSync(SPEAKERS, folder, { recursive: true });
  const config = JSON.parse(read(join(folder, 'config.json')));
  const refuses = async (changes: object, pattern: RegExp) => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...changes }));
    await rejectsVoirs(
      loadVoiceFiles(folder).then(async ({ manifest }) =>
        manifest.acoustic.model.load(
          {} as never,
          (await loadVoiceFiles(folder).then((f) => f.tensors(manifest.acoustic))).tensors,
          'acoustic',
        ),
      ),
      pattern,
    );
  };
  await refuses({ model_type: 'bark' }, /model_type is wrong; got "bark"/);
  await refuses({ model_type: 'speecht5_hifigan' }, /is a vocoder alone/);
  await refuses({ hidden_act: 'gelu' }, /hidden_act is wrong; got "gelu"; wanted "relu"/);
  await refuses({ num_attention_heads: 3 }, /heads is wrong; got 3/);
  await refuses({ prior_encoder_num_flows: 4 }, /does not fit its configuration; got no flow\.flows\.6\.pre/);
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'tokenizer_config.json'), '{"is_uroman": true}');
  await rejectsVoirs(loadVoiceFiles(folder), /is_uroman is wrong; got true/);
  const empty = modelProto([], [tensorProto({ name: 'w', shape: [1], raw: new Uint8Array(4) })]);
  throwsVoirs(
    () => readPiper(empty, '{}', 'v.onnx'),
    /v\.onnx is not a Piper voice; got no weights of a layer enc_p\.emb/,
  );
  const { onnx, json } = asPiper(fixture('vits-stochastic-tiny'));
  const without = JSON.stringify({ ...JSON.parse(json), phoneme_id_map: { a: ['x'] } });
  throwsVoirs(() => readPiper(onnx, without, 'v.onnx'), /v\.onnx\.json: phoneme_id_map\.a\[0\] is wrong/);
});

test('gives a voice or a typed error for any configuration', () => {
  const config = JSON.parse(read(join(SPEAKERS, 'config.json')));
  const tensors = new Map([
    ['text_encoder.embed_tokens.weight', floatTensor(new Float32Array(512), [32, 16])],
  ]);
  const value = fc.oneof(fc.jsonValue(), fc.integer(), fc.constantFrom(0, -1, 1e9, 0.5, null, [], [[1]]));
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...Object.keys(config)), value, { minKeys: 1, maxKeys: 3 }),
      fc.option(fc.dictionary(fc.string(), value)),
      fc.option(fc.dictionary(fc.constantFrom('add_blank', 'phonemize', 'language', 'is_uroman'), value)),
      (changes, vocabulary, tokenizer) =>
        failsOnlyAsVoirs(() =>
          readHuggingFace({
            name: 'x',
            config: JSON.stringify({ ...config, ...changes }),
            vocabulary: vocabulary ? JSON.stringify(vocabulary) : undefined,
            tokenizer: tokenizer ? JSON.stringify(tokenizer) : undefined,
            tensors,
          }),
        ),
    ),
    { numRuns: 300 },
  );
  const conformer = JSON.parse(read(join(fixture('conformer-variant-tiny'), 'config.json')));
  const path = join(fixture('conformer-variant-tiny'), 'model.safetensors');
  const weights = readSafetensors(readFileSync(path), { isForeign: true }).tensors;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...Object.keys(conformer)), value, { minKeys: 1 }), (changes) =>
      failsOnlyAsVoirs(() => {
        const config = JSON.stringify({ ...conformer, ...changes });
        readHuggingFace({ name: 'x', config, vocabulary: undefined, tokenizer: undefined, tensors: weights });
      }),
    ),
    { numRuns: 200 },
  );
  const { onnx, json } = asPiper(fixture('vits-stochastic-tiny'));
  const fields = Object.keys(JSON.parse(json));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...fields, 'dataset', 'language'), value), (changes) =>
      failsOnlyAsVoirs(() => readPiper(onnx, JSON.stringify({ ...JSON.parse(json), ...changes }), 'v.onnx')),
    ),
    { numRuns: 200 },
  );
});

test.run();
