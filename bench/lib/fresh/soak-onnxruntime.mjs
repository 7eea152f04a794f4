// The same loop on onnxruntime-node: our frontend and excitation around our two models as ONNX files. Started
// with --expose-gc by suites/soak.ts with { count, every, seed, threads, minutes, rivals, acoustic, vocoder }
// as JSON.
import { createRequire } from 'node:module';
import { course } from './course.mjs';
import { shortTexts } from './short-texts.mjs';

const options = JSON.parse(process.argv[2]);
const dist = (name) => import(new URL(`../../../dist/${name}.js`, import.meta.url).href);
const [{ Frontend }, { Vocabulary }, catalog, { loadVoiceFiles }, { Excitation }] = await Promise.all(
  ['frontend/frontend', 'frontend/phonemes', 'voices/catalog', 'voices/files', 'vocoder/hifigan-source'].map(
    dist,
  ),
);

const files = await loadVoiceFiles(catalog.defaultVoiceFolder());
const { manifest } = files;
const speaker = catalog.speakerOf(manifest, undefined);
const frontend = new Frontend(await catalog.loadPronouncer(files), manifest.acoustic.maxTrainedTokens);
const vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);

const { InferenceSession, Tensor } = createRequire(options.rivals)('onnxruntime-node');
const open = (path) =>
  InferenceSession.create(path, {
    executionProviders: ['cpu'],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
const [acoustic, vocoder] = [await open(options.acoustic), await open(options.vocoder)];

const integers = (values, dims) => new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
const floats = (values, dims) => new Tensor('float32', values, dims);

/** [rows, columns] -> [columns, rows]. */
function transposed(values, rows, columns) {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}

const form = { sampleRate: manifest.sampleRate, hop: manifest.mel.hopSize };
const texts = shortTexts(options.seed);

async function speak() {
  let seconds = 0;
  for (const sentence of frontend.analyse(texts.next().value, { preprocessing: 'full' }).sentences) {
    const ids = sentence.tokens.map(({ symbol }) => vocabulary.id(symbol));
    const { mel, log_f0: logF0 } = await acoustic.run({
      tokens: integers(ids, [1, ids.length]),
      speaker: integers([speaker.index], [1]),
      rate: floats(Float32Array.of(1), [1]),
    });
    const [, frames, bands] = mel.dims;
    const hz = Array.from(logF0.data, (z) => Math.exp(speaker.logF0.mean + speaker.logF0.std * z));
    const rows = new Excitation(hz, form).rows(0, frames);
    const { audio } = await vocoder.run({
      mel: floats(transposed(mel.data, frames, bands), [1, bands, frames]),
      source: floats(transposed(rows, frames * form.hop, 2), [1, 2, frames * form.hop]),
    });
    seconds += audio.data.length / form.sampleRate;
  }
  return seconds;
}

const result = await course(speak, () => ({}), options);
process.stdout.write(`${JSON.stringify(result)}\n`);
