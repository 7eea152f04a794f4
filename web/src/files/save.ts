// The work as a file: audio in each format of the library, or captions.
import { type CaptionFormat, captions } from '../../../src/audio/captions.js';
import { type AudioFormat, extensionOf } from '../../../src/audio/formats/format.js';
import type { TimedWord } from '../../../src/audio/timeline.js';
import { make } from '../engine/renders.js';
import { type Work, work } from '../state/document.js';
import { allRows } from '../state/rows.js';
import { ask } from '../work/client.js';

interface Whole {
  samples: Float32Array[];
  sampleRate: number;
  words: TimedWord[];
  seconds: number;
}

/** Told of the sentences that have been made, of how many. */
export type Saving = (made: number, all: number) => void;

/** Makes what is missing with the settings at the start, and puts all sentences one after another. */
async function whole(settings: Work, signal: AbortSignal, onProgress: Saving): Promise<Whole> {
  const list = await allRows();
  const samples: Float32Array[] = [];
  const words: TimedWord[] = [];
  let sampleRate = 22050;
  let length = 0;
  for (const [n, row] of list.entries()) {
    const render = await make(row, signal, settings);
    sampleRate = render.sampleRate;
    const at = length / sampleRate;
    for (const word of render.words) {
      const [from, to] = word.span;
      words.push({
        ...word,
        span: [from + row.start, to + row.start],
        start: word.start + at,
        end: word.end + at,
        phones: word.phones.map((phone) => ({ ...phone, start: phone.start + at, end: phone.end + at })),
      });
    }
    const silence = n < list.length - 1 ? Math.round(row.pause * sampleRate) : 0;
    samples.push(render.samples, new Float32Array(silence));
    length += render.samples.length + silence;
    onProgress(n + 1, list.length);
  }
  return { samples, sampleRate, words, seconds: length / sampleRate };
}

function titleOf(text: string): string {
  return (
    text
      .trim()
      .split(/\s+/)
      .slice(0, 6)
      .join(' ')
      .replace(/[^\p{L}\p{N}]+$/u, '') || 'Speech'
  );
}

function nameOf(text: string): string {
  const name = titleOf(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 48);
  return name.replace(/^-|-$/g, '') || 'speech';
}

function offer(content: BlobPart, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export async function saveAudio(format: AudioFormat, signal: AbortSignal, onProgress: Saving): Promise<void> {
  const settings = work.value;
  const { text } = settings;
  const { samples, sampleRate, words } = await whole(settings, signal, onProgress);
  const { bytes, type } = await ask('encode', {
    samples,
    sampleRate,
    format,
    words,
    text,
    title: titleOf(text),
  });
  offer(bytes, type, `${nameOf(text)}.${extensionOf(format)}`);
}

export async function saveCaptions(
  format: CaptionFormat,
  signal: AbortSignal,
  onProgress: Saving,
): Promise<void> {
  const settings = work.value;
  const { text } = settings;
  const { words } = await whole(settings, signal, onProgress);
  offer(captions({ words, marks: [] }, format, { text }), 'text/plain', `${nameOf(text)}.${format}`);
}
