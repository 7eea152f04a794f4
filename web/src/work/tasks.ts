// What the studio's second worker does: pictures of sound, files, books; so that the page never waits for them.

import type { AudioFormat } from '../../../src/audio/formats/format.js';
import type { TimedWord } from '../../../src/audio/timeline.js';

/** A sentence as a picture. */
export interface Picture {
  /** [T, bands] loudness of each band, 0 to 255. */
  mel: Uint8Array<ArrayBuffer>;
  bands: number;
  frames: number;
  /** Seconds of a frame. */
  frameSeconds: number;
  /** [columns, 2] least and greatest sample of each stretch. */
  peaks: Float32Array<ArrayBuffer>;
  /** Seconds of a stretch. */
  peakSeconds: number;
}

export interface FileWish {
  samples: Float32Array[];
  sampleRate: number;
  format: AudioFormat;
  words: TimedWord[];
  text: string;
  title: string;
}

/** What a file holds: a text, or pages of HTML, which only the page's own thread can parse. */
export type FileText = { text: string } | { pages: string[] };

export interface Tasks {
  picture: { takes: { samples: Float32Array; sampleRate: number }; gives: Picture };
  encode: { takes: FileWish; gives: { bytes: Uint8Array<ArrayBuffer>; type: string } };
  read: { takes: { bytes: ArrayBuffer; name: string; kind: string }; gives: FileText };
}

export type TaskName = keyof Tasks;

export type Request = { [N in TaskName]: { id: number; name: N; takes: Tasks[N]['takes'] } }[TaskName];
export type Answer = { id: number; gives: Tasks[TaskName]['gives'] } | { id: number; error: string };
