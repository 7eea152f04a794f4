// If this fails, Hugging Face's FastSpeech2Conformer models make other durations or mel than the original code, or no
// English text comes out of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, Golden, maxAbs, sharedFile } from '../../bench/lib/goldens.js';
import { roundHalfEven } from '../../src/acoustic/fastspeech2.js';
import { acquireBackend, backendNames } from '../../src/backends/registry.js';
import { VoirsPipeline } from '../../src/index.js';
import type { AcousticModel } from '../../src/models/model.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { readHuggingFace } from '../../src/voices/foreign/huggingface.js';
import { rejectsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite('FastSpeech 2 with Conformer blocks');
const shared = sharedFile('fixtures/hf-fastspeech2-conformer-tiny/config.json')?.replace(/config\.json$/, '');
const folders = [
  fixture('conformer-hifigan-tiny'),
  fixture('conformer-variant-tiny'),
  ...(shared ? [shared] : []),
];

/** The model of a folder, which takes its own vocabulary, and its vocoder where it has one. */
async function load(folder: string, backend: string) {
  const { manifest, tensors } = await loadVoiceFiles(folder);
  const hold = await acquireBackend(backend, { numThreads: 1 });
  const { acoustic, vocoders } = manifest;
  const model = acoustic.model.load(hold.backend, (await tensors(acoustic)).tensors, acoustic.file);
  const entry = vocoders.get('own');
  const vocoder = entry?.model.load(hold.backend, (await tensors(entry)).tensors, entry.file);
  const inner = (model as AcousticModel & { inner?: AcousticModel }).inner ?? model;
  return { hold, inner, vocoder, manifest };
}

for (const backend of ['wasm', 'cpu', 'tensorflow'].filter((name) => backendNames().includes(name))) {
  for (const folder of folders) {
    test(`equals transformers in every stage on ${backend}: ${folder.split('/').filter(Boolean).at(-1)}`, async () => {
      let all: Awaited<ReturnType<typeof load>>;
      try {
        all = await load(folder, backend);
      } catch (error) {
        if (backend !== 'tensorflow') throw error;
        console.log(`SKIP: tensorflow does not load here: ${(error as Error).message}`);
        return;
      }
      const { hold, inner, vocoder, manifest } = all;
      const golden = new Golden(join(folder, 'golden.safetensors'));
      const close = (what: string, got: Float32Array, wanted: Float32Array) => {
        const difference = maxAbs(got, wanted);
        assert.ok(difference <= 1e-4, `${what} differs by ${difference}`);
      };
      const isSpoken = manifest.speakers.length === 1;
      for (const speaker of isSpoken ? [0] : [0, 5]) {
        const of = (name: string) => (isSpoken ? name : `${name}.${speaker}`);
        const encoded = await inner.encode(golden.ints('input_ids'), speaker);
        const { predicted } = encoded;
        const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
        const [reduction, speed] = [config.reduction_factor ?? 1, config.speaking_speed ?? 1];
        const wanted = golden
          .ints(of('durations'))
          .map((frames) => roundHalfEven(frames * speed) * reduction);
        assert.equal([...predicted.durations], [...wanted]);
        if (isSpoken) {
          close('pitch', predicted.pitch, golden.floats('pitch'));
          close('energy', predicted.energy, golden.floats('energy'));
        }
        const { mel, frames } = await inner.decode(encoded, predicted);
        close('mel', mel, golden.floats(of('spectrogram')));
        const uneven = predicted.durations.map((frames, n) => frames + (n % 2));
        const other = await inner.decode(encoded, { ...predicted, durations: uneven });
        assert.is(
          other.frames,
          uneven.reduce((sum, frames) => sum + frames, 0),
        );
        encoded.dispose();
        if (!vocoder) continue;
        const audio = new Float32Array(frames * vocoder.hop);
        await vocoder.vocode({ mel, frames, source: undefined }, { from: 0, to: frames }, audio);
        close('samples', audio, golden.floats('audio'));
      }
      inner.dispose();
      vocoder?.dispose();
      await hold.release();
    });
  }
}

test('speaks English text through the pipeline, with pitch and times', async () => {
  const weights = fixture('conformer-hifigan-tiny');
  const pipeline = await VoirsPipeline.create({ weights, backend: 'wasm', cacheSize: 0 });
  using usual = await pipeline.synthesize('Hello, bright world; it is here.');
  assert.equal(
    usual.timeline.words.map(({ text }) => text),
    ['hello', 'bright', 'world', 'it', 'is', 'here'],
  );
  using higher = await pipeline.synthesize('Hello, bright world; it is here.', { pitchShift: 4 });
  assert.is(higher.samples.length, usual.samples.length);
  assert.ok(maxAbs(higher.samples, usual.samples) > 1e-3);
  const slower = await pipeline.synthesize('Hello, bright world; it is here.', { speakingRate: 0.5 });
  assert.ok(slower.duration > 1.8 * usual.duration);
  await pipeline.dispose();
});

test('says that a model of mel alone has no vocoder, and what is not supported', async () => {
  const folder = fixture('conformer-variant-tiny');
  await rejectsVoirs(VoirsPipeline.create({ weights: folder, backend: 'wasm' }), /has no vocoder/);
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const refuses = (changes: object, pattern: RegExp) =>
    throwsVoirs(() => {
      const files = { name: 'x', vocabulary: undefined, tokenizer: undefined, tensors: new Map() };
      readHuggingFace({ ...files, config: JSON.stringify({ ...config, ...changes }) });
    }, pattern);
  refuses({ encoder_config: { activation: 'gelu' } }, /encoder_config\.activation is wrong; got "gelu"/);
  refuses({ reduction_factor: 0 }, /reduction_factor is wrong; got 0/);
  refuses({ encoder_concat_after: 'no' }, /encoder_concat_after is wrong/);
});

test.run();
