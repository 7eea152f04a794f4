// The scales on which mel bands are equally wide.

/** Slaney's Auditory Toolbox (straight to 1 kHz, then 27 steps to 6.4 kHz), or the HTK book's. */
export type MelScale = 'slaney' | 'htk';

/** Hz -> mel and back. */
export const MEL_SCALES: Readonly<
  Record<MelScale, { toMel(hz: number): number; toHz(mel: number): number }>
> = {
  slaney: {
    toMel: (hz) => (hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)),
    toHz: (mel) => (mel < 15 ? (mel * 200) / 3 : 1000 * 6.4 ** ((mel - 15) / 27)),
  },
  htk: {
    toMel: (hz) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
};

/** What places bands on a scale. */
export interface MelBands {
  /** Number of bands. */
  bands: number;
  /** Hz. */
  minHz: number;
  maxHz: number;
  scale: MelScale;
}

/** Corners of the triangles in Hz, [bands + 2]: band b rises from corner b to b + 1 and falls to b + 2. */
export function bandCorners({ bands, minHz, maxHz, scale }: MelBands): Float64Array {
  const { toMel, toHz } = MEL_SCALES[scale];
  const [low, high] = [toMel(minHz), toMel(maxHz)];
  return Float64Array.from({ length: bands + 2 }, (_, n) => toHz(low + ((high - low) * n) / (bands + 1)));
}
