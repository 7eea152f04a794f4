// The task and the answer of each engine of bench gpu, ours (contestant.ts) or PyTorch (pytorch.py).
import type { GoldenEffort, GoldenRow } from '../matrix/goldens.js';

/** The work of one engine, as JSON in its command line. */
export interface GpuTask {
  /** Ends with the reason where it would run on a processor. */
  needsGpu: boolean;
  /** Which goldens. */
  effort: GoldenEffort;
  warmups: number;
  runs: number;
  /** The vocoder that is timed: the voice's, or a tiny HiFi-GAN V3, which a software GPU gets. */
  model: 'voice' | 'tiny';
  /** Frames of one piece. */
  frames: number;
  /** How many pieces at once the vocoder is given, each number a row. */
  pieces: number[];
  /** How many texts at once are spoken, each number a row. */
  atOnce: number[];
  texts: string[];
  /**
   * Where the inputs of one piece lie (mel.f32 [80, T], source.f32 [2, 256 T]) and its samples go (NAME.f32).
   */
  folder: string;
  /** TensorFloat-32 in matrix products and convolutions: faster, about 1e-3. */
  tf32: boolean;
}

/** One row of timings; `failed` in place of figures where it was too much for the engine. */
export interface GpuRow {
  /**
   * `one run`: a single piece as long as all together; `batch`: pieces side by side; `calls`: as callers ask.
   */
  form: 'one run' | 'batch' | 'calls';
  count: number;
  audioSeconds: number;
  wallMs: number[];
  failed?: string;
}

/** What an engine answers. */
export interface GpuAnswer {
  /** The device it computed on, as it calls itself. */
  device: string;
  versions: Record<string, string>;
  /** A ratio that is infinite comes as null through JSON. */
  parity: (GoldenRow | [golden: string, maxAbs: number, meanAbs: number, snr: null])[];
  /** Model and device ready, and the first run, which compiles. */
  loadMs: number;
  firstRunMs: number;
  vocoder: GpuRow[];
  speech: GpuRow[];
  peakRssBytes: number;
}
