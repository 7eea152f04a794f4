// kokoro-js with its int8 model, in the form that bench/lib/fresh/speak.mjs calls. Its own loader fetches the
// model from a hub, which a bench does not reach: model and vocabulary come from files instead.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The longest sequence of phonemes, without the padding at its two ends. */
const MOST_PHONEMES = 509;

/** @param options { from, model, vocabulary, voice }: the package.json to resolve from, files, voice id. */
export async function open({ from, model, vocabulary, voice }) {
  const require = createRequire(from);
  const kokoro = createRequire(require.resolve('kokoro-js'));
  const transformers = createRequire(kokoro.resolve('@huggingface/transformers'));
  const { KokoroTTS } = await import(pathToFileURL(require.resolve('kokoro-js').replace(/cjs$/, 'js')).href);
  const { InferenceSession, Tensor } = transformers('onnxruntime-node');
  const { vocab } = JSON.parse(readFileSync(vocabulary, 'utf8'));
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  /** Phonemes -> ids [1, N + 2], as the model's tokenizer gives them: unknown marks left out, 0 at both ends. */
  const tokenizer = (phonemes) => {
    const known = [...phonemes].flatMap((mark) => (mark in vocab ? [vocab[mark]] : []));
    const ids = [0, ...known.slice(0, MOST_PHONEMES), 0];
    return { input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]) };
  };
  const run = async ({ input_ids, style, speed }) => {
    const { audio } = await session.run({
      tokens: input_ids,
      style: new Tensor('float32', Float32Array.from(style.data), [1, 256]),
      speed: new Tensor('float32', Float32Array.from(speed.data), [1]),
    });
    return { waveform: audio };
  };
  const engine = new KokoroTTS(run, tokenizer);
  return {
    async speak(text) {
      const { audio, sampling_rate: sampleRate } = await engine.generate(text, { voice });
      return { samples: audio, sampleRate };
    },
  };
}
