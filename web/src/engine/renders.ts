// What has been made: the samples and words of each sentence under the settings that it was made with.
import { signal } from '@preact/signals';
import type { TimedWord } from '../../../src/audio/timeline.js';
import type { PreparedUtterance, Utterance } from '../../../src/frontend/utterance.js';
import type { SpeechChunk } from '../../../src/player/speech-source.js';
import { type Work, work } from '../state/document.js';
import type { Row } from '../state/split.js';
import { lookAtBackend, pipelineFor } from './engine.js';
import type { Render } from './render.js';

export type RowState = 'none' | 'making' | 'ready' | 'failed';

/** Bytes of samples that are kept: an hour of speech and more. */
const MOST_BYTES = 350e6;

const kept = new Map<string, Render>();
/** How often the speech of a text is kept, under any settings: in a book most never is, and needs no name. */
const counts = new Map<string, number>();
let keptBytes = 0;
const underWay = new Set<string>();
export const failures = new Map<string, string>();
/** Grows whenever the state of a sentence changes. */
export const changes = signal(0);

/** Speech made and the time it took, for the panel of figures. */
export const speed = signal<{ seconds: number; ms: number; firstMs: number } | undefined>(undefined);

let shared = { of: undefined as Work | undefined, name: '' };

/** What decides how a sentence sounds; the part that all sentences share is written once for each state of the work. */
function nameOf(row: Row, now: Work): string {
  if (shared.of !== now) {
    const { voice, rate, pitch, lexicon } = now;
    shared = { of: now, name: JSON.stringify([voice, rate, pitch, lexicon]) };
  }
  return `${shared.name} ${now.edits[row.key]?.version ?? 0} ${row.text}`;
}

export const renderOf = (row: Row): Render | undefined =>
  counts.has(row.text) ? kept.get(nameOf(row, work.value)) : undefined;

export function stateOf(row: Row): RowState {
  changes.value; // whoever draws it is told of changes
  const name = nameOf(row, work.value);
  if (kept.has(name)) return 'ready';
  if (underWay.has(name)) return 'making';
  return failures.has(name) ? 'failed' : 'none';
}

export const failureOf = (row: Row): string | undefined => failures.get(nameOf(row, work.value));

function forget(name: string): void {
  const render = kept.get(name);
  if (!render) return;
  kept.delete(name);
  keptBytes -= render.samples.byteLength;
  const left = counts.get(render.text)! - 1;
  if (left === 0) counts.delete(render.text);
  else counts.set(render.text, left);
}

function keep(name: string, render: Render): void {
  forget(name);
  kept.set(name, render);
  counts.set(render.text, (counts.get(render.text) ?? 0) + 1);
  keptBytes += render.samples.byteLength;
  for (const old of kept.keys()) {
    if (keptBytes <= MOST_BYTES || old === name) break;
    forget(old);
  }
}

/** A sentence chunk by chunk, while it is made; what has been made is kept. */
export async function* chunksOf(
  row: Row,
  signal: AbortSignal,
  settings: Work = work.value,
): AsyncGenerator<SpeechChunk, void, undefined> {
  const name = nameOf(row, settings);
  const ready = kept.get(name);
  if (ready) {
    yield { samples: ready.samples, sampleRate: ready.sampleRate, timeline: { words: ready.words } };
    return;
  }
  underWay.add(name);
  failures.delete(name);
  changes.value++;
  const pieces: Float32Array[] = [];
  const words: TimedWord[] = [];
  let sampleRate = 22050;
  const started = performance.now();
  let firstMs = 0;
  let ms = 0;
  let from = started;
  try {
    for await (const chunk of madeOf(row, settings, signal)) {
      const now = performance.now();
      firstMs ||= now - started;
      ms += now - from;
      sampleRate = chunk.sampleRate;
      const { samples } = chunk;
      const own = chunk.timeline?.words ?? [];
      pieces.push(samples);
      words.push(...own);
      yield { samples, sampleRate, timeline: { words: own } };
      from = performance.now();
    }
    const samples = joined(pieces);
    keep(name, { text: row.text, samples, sampleRate, words });
    speed.value = { seconds: samples.length / sampleRate, ms, firstMs };
  } catch (error) {
    if (!signal.aborted) failures.set(name, (error as Error).message);
    throw error;
  } finally {
    underWay.delete(name);
    changes.value++;
  }
}

/** A sentence as it is made; after the loss of a graphics card once more, from where it was. */
async function* madeOf(
  row: Row,
  settings: Work,
  signal: AbortSignal,
): AsyncGenerator<SpeechChunk, void, undefined> {
  const { voice, rate, pitch, lexicon, edits } = settings;
  const pipeline = await pipelineFor(voice);
  const edit = edits[row.key];
  let [samplesGiven, wordsGiven] = [0, 0];
  for (let attempt = 1; ; attempt++) {
    let [samplesNow, wordsNow] = [0, 0];
    try {
      const chunks = edit
        ? [await pipeline.render(spokenWith(edit.utterance, settings), { signal })]
        : pipeline.stream(row.text, { voice, speakingRate: rate, pitchShift: pitch, lexicon, signal });
      for await (const chunk of chunks) {
        const { sampleRate } = chunk;
        const samples = chunk.samples.slice(Math.max(0, samplesGiven - samplesNow));
        const words = chunk.timeline.words.slice(Math.max(0, wordsGiven - wordsNow));
        samplesNow += chunk.samples.length;
        wordsNow += chunk.timeline.words.length;
        chunk.dispose();
        samplesGiven = Math.max(samplesGiven, samplesNow);
        wordsGiven = Math.max(wordsGiven, wordsNow);
        if (samples.length > 0) yield { samples, sampleRate, timeline: { words } };
      }
      return;
    } catch (error) {
      const isLost = (error as { code?: string }).code === 'DEVICE_ERROR';
      if (!isLost || attempt > 1 || signal.aborted) throw error;
    } finally {
      lookAtBackend(pipeline);
    }
  }
}

/** An edited utterance in the voice, at the speed and at the pitch of the work. */
function spokenWith(utterance: Utterance, { voice, rate, pitch }: Work): Utterance {
  const sentences = utterance.sentences.map((sentence) => ({
    ...sentence,
    tokens: sentence.tokens.map((token) => ({ ...token, rate, pitchShift: pitch })),
  }));
  return { ...utterance, voice, sentences };
}

const prepared = new Map<string, Promise<PreparedUtterance>>();
const MOST_PREPARED = 50;

/** The numbers of a sentence at normal speed and pitch, as the voice would speak it or as they were edited. */
export async function numbersOf(row: Row): Promise<Utterance> {
  const { voice, lexicon, edits } = work.value;
  const edit = edits[row.key];
  if (edit) return edit.utterance;
  const name = JSON.stringify([row.text, voice, lexicon]);
  const known =
    prepared.get(name) ?? pipelineFor(voice).then((one) => one.prepare(row.text, { voice, lexicon }));
  prepared.set(name, known);
  known.catch(() => prepared.delete(name));
  for (const old of prepared.keys()) {
    if (prepared.size <= MOST_PREPARED) break;
    prepared.delete(old);
  }
  return known;
}

/** Makes a sentence without playing it, whatever is changed meanwhile. */
export async function make(row: Row, signal: AbortSignal, settings: Work): Promise<Render> {
  for await (const _ of chunksOf(row, signal, settings)) if (signal.aborted) break;
  signal.throwIfAborted();
  return kept.get(nameOf(row, settings))!;
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
