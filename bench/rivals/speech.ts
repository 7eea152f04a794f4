// Rivals that speak text, for the bench of quality: their interface.
import type { Unavailable } from '../lib/unavailable.js';

/** An engine that is installed, with the voices that are judged. */
export interface SpeechRival {
  name: string;
  version: string;
  /** Path from the repository's root of the module that bench/lib/fresh/speak.mjs opens. */
  engine: string;
  /** By the voice's name: what the module's `open` takes. */
  voices: Record<string, object>;
  /** What its packages take on disk, voice files that they do not hold left out. */
  installedBytes: number;
  /** Voice files that its own way of loading fetches at first use. */
  downloadedBytes: number;
  /** Of its code, what it links and its voices. */
  licences: string;
}

/** Installs (on demand) and describes a rival. @returns the reason where that is not possible here. */
export type OpenSpeechRival = () => Promise<SpeechRival | Unavailable>;
