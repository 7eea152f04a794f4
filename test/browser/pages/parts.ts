// Takes a vocoder by its URL in a page, copies a tone with it, and tries an ndarray where code may not be made.
import { loadVocoder, melSpectrogram, setAssetBase, type VoirsError } from '../../../src/index.js';

export interface Taken {
  frames: number;
  samples: Float32Array;
  /** What toNdarray throws. */
  refusal: string;
  leases: number | undefined;
}

/** The same samples in every runtime. */
export const toneOf = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, n) => 0.3 * Math.sin(n / 8) * Math.sin(n / 900));

export async function run({ model, config }: { model: string; config: string }): Promise<Taken> {
  setAssetBase('/package/');
  const url = new URL(model, location.href);
  await using vocoder = await loadVocoder(url, { config, backend: 'wasm', numThreads: 1 });
  using mel = melSpectrogram(toneOf(6000), { bands: vocoder.bands });
  let refusal = '';
  try {
    mel.toNdarray();
  } catch (error) {
    refusal = `${(error as VoirsError).code} ${(error as VoirsError).suggestion}`;
  }
  using audio = await vocoder.vocode(mel.values);
  const { leases } = vocoder.memoryReport().audio ?? {};
  return { frames: mel.frames, samples: audio.samples.slice(), refusal, leases };
}
