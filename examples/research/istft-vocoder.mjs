// An architecture of one's own in one file: a vocoder that predicts spectra and leaves the rest to an inverse Fourier
// transform (as iSTFTNet, arXiv 2203.02395, and Vocos, arXiv 2306.00814). It runs on every backend.
//
// T frames, B bands, C channels, K bins = fftSize / 2 + 1, S samples = T hopSize. Tensor names: pre, blocks.N.conv1,
// blocks.N.conv2 (kernel 7), magnitude, phase (kernel 1), each with .weight [out, in, k] and .bias [out].
import { registerModel, tf } from 'voirs';

const KERNEL = 7;
const REACH = (KERNEL - 1) / 2;
/** ln of the largest magnitude: an untrained model must not overflow. */
const LOUDEST = 5;

/**
 * The synthesis half of a Fourier transform as the weights of a transposed convolution: [K, 1, fftSize] for the real and
 * for the imaginary parts. Windows of a hop of a quarter overlap to 1.5 everywhere, which is divided out.
 */
export function inverseTransform(fftSize) {
  const bins = fftSize / 2 + 1;
  const [real, imaginary] = [new Float32Array(bins * fftSize), new Float32Array(bins * fftSize)];
  for (let k = 0; k < bins; k++) {
    const twice = k === 0 || k === fftSize / 2 ? 1 : 2; // the negative frequencies mirror these
    for (let n = 0; n < fftSize; n++) {
      const window = (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / fftSize)) / 1.5;
      const angle = (2 * Math.PI * ((k * n) % fftSize)) / fftSize;
      real[k * fftSize + n] = (window * twice * Math.cos(angle)) / fftSize;
      imaginary[k * fftSize + n] = (-window * twice * Math.sin(angle)) / fftSize;
    }
  }
  return { real, imaginary };
}

/** A vocoder, as the interface Vocoder has it. */
class IstftVocoder {
  isDriven = false;

  /**
   * Reads the layers, and runs nothing: it is called once without weights, to learn which there must be.
   * @param {{ channels: number, blocks: number, fftSize: number }} sizes
   * @param {import('voirs').VoiceShape} voice
   * @param {import('voirs').LayerReader} read
   * @param {import('voirs').LoadedLayers} layers
   */
  constructor({ channels, blocks, fftSize }, { bands, hop, sampleRate }, read, layers) {
    this.bands = bands;
    this.hop = hop;
    this.sampleRate = sampleRate;
    this.layers = layers;
    const bins = fftSize / 2 + 1;
    const wide = { in: channels, out: channels, kernel: KERNEL };
    this.pre = read.conv1d('pre', { in: bands, out: channels, kernel: KERNEL });
    this.blocks = Array.from({ length: blocks }, (_, n) => ({
      conv1: read.conv1d(`blocks.${n}.conv1`, wide, { leakyIn: 0.1, activation: { leaky: 0.1 } }),
      conv2: read.conv1d(`blocks.${n}.conv2`, wide),
    }));
    this.magnitude = read.conv1d('magnitude', { in: channels, out: bins, kernel: 1 });
    this.phase = read.conv1d('phase', { in: channels, out: bins, kernel: 1 });
    const basis = inverseTransform(fftSize);
    const transform = (weight) =>
      read.computed((ops) => {
        const sizes = { inChannels: bins, outChannels: 1, kernel: fftSize, stride: hop };
        return ops.prepareUpsample1d({ weight, ...sizes, leakyIn: 1 });
      });
    this.real = transform(basis.real);
    this.imaginary = transform(basis.imaginary);
    const overlap = Math.ceil((fftSize - hop) / 2 / hop); // frames whose windows reach into a frame's samples
    this.contextFrames = overlap + REACH * (1 + 2 * blocks);
    this.valuesPerFrame = Math.max(3 * channels, 4 * bins);
  }

  /** mel [1, T, B] -> samples [1, S, 1]. */
  forward(ops, mel) {
    let x = ops.conv1d(mel, this.pre); // [1, T, C]
    for (const { conv1, conv2 } of this.blocks) x = ops.conv1d(ops.conv1d(x, conv1), conv2, x);
    const loudness = tf.minimum(ops.conv1d(x, this.magnitude), LOUDEST); // [1, T, K]
    const magnitude = tf.exp(loudness);
    const phase = ops.conv1d(x, this.phase); // [1, T, K]
    const real = ops.upsample1d(tf.mul(magnitude, tf.cos(phase)), this.real); // [1, T hop, 1]
    return tf.add(real, ops.upsample1d(tf.mul(magnitude, tf.sin(phase)), this.imaginary));
  }

  /** @type {import('voirs').Vocoder['reads']} */
  reads({ from, to }, frames) {
    return { from: Math.max(0, from - this.contextFrames), to: Math.min(frames, to + this.contextFrames) };
  }

  /**
   * Frames [from, to) with their context; what the context makes is cut off.
   * @type {import('voirs').Vocoder['vocode']}
   */
  async vocode({ mel, frames }, range, out) {
    const { from, to } = this.reads(range, frames);
    const rows = mel.slice(from * this.bands, to * this.bands);
    const { backend } = this.layers;
    const samples = backend.run((ops) => this.forward(ops, tf.tensor3d(rows, [1, to - from, this.bands])));
    try {
      await backend.read(samples, out, (range.from - from) * this.hop);
    } finally {
      samples.dispose();
    }
  }

  /** @returns {import('voirs').VocoderSource} */
  source() {
    throw new Error('This vocoder takes mel alone');
  }

  get weightBytes() {
    return this.layers.bytes;
  }

  dispose() {
    this.layers.dispose();
  }
}

registerModel('vocoder', 'istft', (entry, voice) => {
  const size = (name, max) => entry.field(name).integer({ min: 1, max });
  const sizes = {
    channels: size('channels', 4096),
    blocks: size('blocks', 64),
    fftSize: size('fftSize', 8192),
  };
  if (sizes.fftSize !== 4 * voice.hop) throw entry.field('fftSize').invalid(`four hops, ${4 * voice.hop}`);
  return (read, layers) => new IstftVocoder(sizes, voice, read, layers);
});
