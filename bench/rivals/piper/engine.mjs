// Piper's voice in sherpa-onnx, in the form that bench/lib/fresh/speak.mjs calls.
import { createRequire } from 'node:module';

/** @param options { from, model, tokens, dataDir }: the package.json to resolve from and the voice's files. */
export async function open({ from, model, tokens, dataDir }) {
  const { OfflineTts } = createRequire(from)('sherpa-onnx-node');
  const vits = { model, tokens, dataDir, lexicon: '', noiseScale: 0.667, noiseScaleW: 0.8, lengthScale: 1 };
  const engine = new OfflineTts({
    model: { vits, numThreads: 1, provider: 'cpu', debug: false },
    maxNumSentences: 1,
  });
  return {
    speak(text) {
      return engine.generate({ text, sid: 0, speed: 1, enableExternalBuffer: false });
    },
  };
}
