// What backends are compared by when one has to be chosen: a small fixed graph of the operations that the models spend
// their time in, from input to values on the host, some milliseconds of work.
import * as tf from '#tf';
import type { Backend } from './backend.js';
import type { Layer, LinearSpec } from './ops.js';

const CHANNELS = 32;
/** A residual convolution of the vocoder, its widest taps. */
const ROWS = 4096;
const TAPS = 7;
/** Attention over a sentence of this many phonemes. */
const TOKENS = 128;
const RUNS = 5;
/** A slow backend is known by fewer. */
const ENOUGH_MS = 200;

const wave = (length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i) * scale);

function linear(): LinearSpec {
  return { weight: wave(CHANNELS * CHANNELS, 0.1), inChannels: CHANNELS, outChannels: CHANNELS };
}

/**
 * Milliseconds that the graph takes: the fastest of up to five runs after one that compiles what has to be compiled.
 * @throws what the backend throws.
 */
export function trialMs(backend: Backend): Promise<number> {
  return backend.queue.run(async () => {
    let convolution: Layer<'conv1d'> | undefined;
    let attention: Layer<'attention'> | undefined;
    const [rows, tokens] = backend.run((ops) => {
      convolution = ops.prepareConv1d({
        weight: wave(CHANNELS * CHANNELS * TAPS, 0.05),
        inChannels: CHANNELS,
        outChannels: CHANNELS,
        kernel: TAPS,
        padding: (TAPS - 1) / 2,
        leakyIn: 0.1,
      });
      attention = ops.prepareAttention({ heads: 2, q: linear(), k: linear(), v: linear(), out: linear() });
      return [
        tf.tensor3d(wave(ROWS * CHANNELS, 1), [1, ROWS, CHANNELS]),
        tf.tensor3d(wave(TOKENS * CHANNELS, 1), [1, TOKENS, CHANNELS]),
      ] as [tf.Tensor3D, tf.Tensor3D];
    });
    try {
      const times: number[] = [];
      const started = performance.now();
      for (let run = 0; run <= RUNS; run++) {
        const began = performance.now();
        if (times.length > 0 && began - started > ENOUGH_MS) break;
        const results = backend.run((ops) => [
          ops.conv1d(rows, convolution!, rows),
          ops.attention(tokens, attention!, tokens),
        ]);
        try {
          // Some backends are done when values are there, not when they are asked.
          for (const result of results) await backend.read(result, new Float32Array(result.size));
        } finally {
          for (const result of results) result.dispose();
        }
        if (run > 0) times.push(performance.now() - began);
      }
      return Math.min(...times);
    } finally {
      for (const one of [rows, tokens, convolution, attention]) one?.dispose();
    }
  });
}
