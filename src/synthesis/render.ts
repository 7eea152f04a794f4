// Sentences -> audio, whole or chunk by chunk: what the two have in common is that their samples are the same.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { type Timeline, timeMarks, timeWords } from '../audio/timeline.js';
import type { Sentence } from '../frontend/utterance.js';
import { chunkPlan } from '../models/chunk-plan.js';
import type { Call } from './call.js';
import type { Engine } from './engine.js';
import {
  beginSentence,
  decodeUntil,
  releaseSentence,
  type SpokenSentence,
  speakRange,
  speakWhole,
} from './sentence.js';

/** Frames of the first chunk of a stream: bench chunks. */
const FIRST_CHUNK = 16;

/** Sentences -> one buffer at the voice's rate. */
export async function renderWhole(
  engine: Engine,
  call: Call,
  sentences: readonly Sentence[],
): Promise<AudioBuffer> {
  const { arena, manifest } = engine;
  const { hop } = engine.models.vocoder;
  const { onProgress } = call;
  const spoken: SpokenSentence[] = [];
  try {
    // All sentences begin first: only then is the length known, and the vocoder can write each sample where it stays.
    for (const sentence of sentences) {
      const one = await beginSentence(engine, call, sentence);
      spoken.push(one);
      await decodeUntil(engine, call, one, one.frames); // mels wait on the host, not in the backend's memory
      onProgress?.((0.25 * spoken.length) / sentences.length);
    }
    const places = placesOf(engine, spoken);
    const lease = arena.lease(places.end);
    try {
      const timeline: Timeline = { words: [], marks: [] };
      for (const [i, one] of spoken.entries()) {
        const at = places.starts[i]!;
        addTimes(timeline, timed(engine, one, at));
        await speakWhole(engine, call, one, lease.samples.subarray(at, at + one.frames * hop));
        onProgress?.(0.25 + (0.75 * (i + 1)) / spoken.length);
      }
      return new AudioBuffer(lease, manifest.sampleRate, timeline);
    } catch (error) {
      lease.release();
      throw error;
    }
  } finally {
    spoken.forEach(releaseSentence);
  }
}

/**
 * Sentences -> chunks as the vocoder finishes them; joined, they are what `renderWhole` gives. Silence comes with the
 * sentence after it, so that a sentence is heard whole before the next one is known.
 * @param count of the sentences, where it is known: progress is told by it.
 */
export async function* renderChunks(
  engine: Engine,
  call: Call,
  sentences: Iterable<Sentence> | AsyncIterable<Sentence>,
  count?: number,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const { arena, plan, models } = engine;
  const { sampleRate } = engine.manifest;
  const { hop } = models.vocoder;
  let at = 0;
  let firstChunk = FIRST_CHUNK;
  let done = 0;
  let before: Sentence | undefined;
  for await (const sentence of sentences) {
    const spoken = await beginSentence(engine, call, sentence);
    try {
      let silence = pauseSamples(engine, before?.pauseAfter) + pauseSamples(engine, sentence.pauseBefore);
      const timeline = timed(engine, spoken, at + silence);
      const chunks = chunkPlan(spoken.frames, firstChunk, plan.chunkFrames);
      firstChunk = plan.chunkFrames; // only the very first chunk is urgent
      for (const [n, range] of chunks.entries()) {
        const lease = arena.lease(silence + (range.to - range.from) * hop);
        try {
          await speakRange(engine, call, spoken, range, lease.samples.subarray(silence));
        } catch (error) {
          lease.release();
          throw error;
        }
        const start = at / sampleRate;
        at += lease.samples.length;
        silence = 0;
        const end = n === chunks.length - 1 ? Number.POSITIVE_INFINITY : at / sampleRate;
        yield new AudioBuffer(lease, sampleRate, beginningIn(timeline, start, end), 1, start);
        if (count !== undefined) call.onProgress?.((done + (n + 1) / chunks.length) / count);
      }
    } finally {
      releaseSentence(spoken);
    }
    done += 1;
    before = sentence; // its pause is read later: a reader of text in pieces learns late which sentence is the last
  }
  const silence = pauseSamples(engine, before?.pauseAfter);
  if (silence > 0) {
    yield new AudioBuffer(arena.lease(silence), sampleRate, { words: [], marks: [] }, 1, at / sampleRate);
  }
}

/** The chunks of a text that is read when the first is asked for. */
export async function* renderText(
  engine: Engine,
  call: Call,
  read: () => Promise<{ sentences: readonly Sentence[] }>,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const { sentences } = await read();
  yield* renderChunks(engine, call, sentences, sentences.length);
}

function pauseSamples({ manifest }: Engine, seconds: number | undefined): number {
  return Math.round((seconds ?? 0) * manifest.sampleRate);
}

/** The sample at which each sentence begins, and where the last one's silence ends. */
function placesOf(engine: Engine, spoken: SpokenSentence[]): { starts: number[]; end: number } {
  let end = 0;
  const starts = spoken.map(({ sentence, frames }) => {
    const start = end + pauseSamples(engine, sentence.pauseBefore);
    end = start + frames * engine.models.vocoder.hop + pauseSamples(engine, sentence.pauseAfter);
    return start;
  });
  return { starts, end };
}

/** The times of a sentence that begins at sample `at`. */
function timed({ manifest, models }: Engine, { sentence, prosody }: SpokenSentence, at: number): Timeline {
  const { sampleRate } = manifest;
  const [start, frameSeconds] = [at / sampleRate, models.vocoder.hop / sampleRate];
  return {
    words: timeWords(sentence, prosody.durations, start, frameSeconds),
    marks: timeMarks(sentence, prosody.durations, start, frameSeconds),
  };
}

function addTimes(timeline: Timeline, more: Timeline): void {
  more.words.forEach((word) => {
    timeline.words.push(word); // forEach skips a word that has no tokens
  });
  for (const mark of more.marks) timeline.marks.push(mark);
}

/** What begins in [start, end) seconds. */
function beginningIn({ words, marks }: Timeline, start: number, end: number): Timeline {
  return {
    words: words.filter((word) => word.start >= start && word.start < end),
    marks: marks.filter((mark) => mark.time >= start && mark.time < end),
  };
}
