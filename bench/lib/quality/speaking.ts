// Every voice speaks the same texts, each in a process of its own, to WAV files in .cache/quality.
import { mkdirSync } from 'node:fs';
import { cachePath } from '../cache.js';
import { runFresh } from '../fresh/start.js';
import { isUnavailable, type Unavailable } from '../unavailable.js';
import type { JudgedVoice } from './voices.js';

/** A text that is spoken. */
export interface Text {
  id: string;
  text: string;
}

/** How one voice spoke a list of texts. */
export interface Speech {
  voice: JudgedVoice;
  /** Paths of the WAV files by the texts' ids. */
  files: Map<string, string>;
  /** Milliseconds from the start of the process to the first audio. */
  coldStartMs: number;
  /** Processor time per second of audio, one thread, warm. */
  rtf: number;
}

/** Spoken first in every process, and not judged. */
const FIRST = 'Hello, world.';

/** @returns the reason where the engine does not speak here. */
export async function speak(voice: JudgedVoice, texts: readonly Text[]): Promise<Speech | Unavailable> {
  const folder = cachePath('quality', voice.name.replaceAll(':', '-'), '.');
  mkdirSync(folder, { recursive: true });
  const { engine, options } = voice;
  try {
    const input = { engine, options, first: FIRST, texts, folder };
    const { coldStartMs, cpuSeconds, audioSeconds } = await runFresh<{
      coldStartMs: number;
      cpuSeconds: number;
      audioSeconds: number;
    }>({ name: 'speak' }, input);
    const files = new Map(
      texts.map(({ id }) => [id, cachePath('quality', voice.name.replaceAll(':', '-'), `${id}.wav`)]),
    );
    const rtf = cpuSeconds / audioSeconds;
    console.error(
      `${voice.name}: ${texts.length} texts, ${audioSeconds.toFixed(0)} s, RTF ${rtf.toFixed(3)}`,
    );
    return { voice, files, coldStartMs, rtf };
  } catch (error) {
    return { unavailable: (error as Error).message };
  }
}

/** All voices in turn; those that do not speak are named in `notes`. */
export async function speakAll(
  voices: readonly JudgedVoice[],
  texts: readonly Text[],
  notes: string[],
): Promise<Speech[]> {
  const spoken: Speech[] = [];
  for (const voice of voices) {
    const speech = await speak(voice, texts);
    if (isUnavailable(speech)) notes.push(`${voice.name} not judged: ${speech.unavailable}`);
    else spoken.push(speech);
  }
  return spoken;
}
