// Plays the document from any sentence on, and knows which sentence and word are heard.
import { batch, computed, effect, signal } from '@preact/signals';
import { get, set } from 'idb-keyval';
import type { TimedWord } from '../../../src/audio/timeline.js';
import { Player, type PlayerState } from '../../../src/player/player.js';
import type { SpeechChunk } from '../../../src/player/speech-source.js';
import { work } from '../state/document.js';
import { allRows, indexOf, rows } from '../state/rows.js';
import type { Row } from '../state/split.js';
import { PACKAGE } from './engine.js';
import { changes, chunksOf, renderOf } from './renders.js';

/** A word in the document. */
export interface HeardWord {
  row: Row;
  word: TimedWord;
}

/** A sentence in what is being played; `skip` seconds of its start are left out. */
interface Played {
  row: Row;
  start: number;
  skip: number;
}

type TaggedWord = TimedWord & { row?: Row; own?: TimedWord };

/** Characters that are read in a second, for sentences that have not been made yet. */
const CHARACTERS_PER_SECOND = 15;
const SKIP_FADE = 0.005;

export const state = signal<PlayerState>('idle');
export const heard = signal<HeardWord | undefined>(undefined);
/** The sentence that is heard or was heard last, and the seconds in it. */
export const place = signal<{ row: Row; seconds: number } | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
export const volume = signal(1);

/** A context takes a moment to start, during which the player calls itself blocked. */
const START_MS = 700;
let starting: ReturnType<typeof setTimeout> | undefined;

function tellState(now: PlayerState): void {
  clearTimeout(starting);
  state.value = now === 'blocked' && state.value !== now ? 'waiting' : now;
  if (state.value !== now) starting = setTimeout(() => (state.value = now), START_MS);
}

let played: Played[] = [];
let control: AbortController | undefined;

const player = new Player({
  aheadSeconds: 20,
  workletUrl: `${PACKAGE}dist/player/worklet.js`,
  onState: tellState,
  onTime: (seconds) => follow(seconds),
  onWord: (word: TaggedWord | undefined) => {
    heard.value = word?.row && word.own && { row: word.row, word: word.own };
  },
});

effect(() => {
  player.volume = volume.value;
});

function follow(seconds: number): void {
  const now = played.findLast(({ start }) => start <= seconds + 1e-3) ?? played[0];
  if (now) place.value = { row: now.row, seconds: Math.max(0, seconds - now.start) + now.skip };
}

/** Seconds from the start of the document to each row, measured or estimated; one more for the end. */
export const starts = computed(() => {
  changes.value;
  const { rate } = work.value;
  let at = 0;
  const list = rows.value.map((row) => {
    const start = at;
    const render = renderOf(row);
    at += render
      ? render.samples.length / render.sampleRate
      : 0.3 + row.text.length / CHARACTERS_PER_SECOND / rate;
    at += row.pause;
    return start;
  });
  return [...list, at];
});

/** Seconds of the document at the place. */
export const position = computed(() => {
  const now = place.value;
  if (!now) return 0;
  const index = indexOf(now.row.key);
  return index < 0 ? 0 : starts.value[index]! + now.seconds;
});

function cutAfter(words: readonly TimedWord[], row: Row, shift: number): TaggedWord[] {
  return words
    .filter(({ start }) => start + shift >= -1e-3)
    .map((own) => ({ ...own, start: own.start + shift, end: own.end + shift, row, own }));
}

/** The document from a row on, or the row alone, as the player takes it. */
async function* speech(
  first: Row,
  skip: number,
  signal: AbortSignal,
  isAlone = false,
): AsyncGenerator<SpeechChunk, void, undefined> {
  let at = 0;
  let rate = 22050;
  const following = isAlone ? [] : allRows().then((all) => all.slice(indexOf(first.key) + 1));
  let list = [first];
  for (let n = 0; n < list.length; n++) {
    const row = list[n]!;
    let left = n === 0 && renderOf(row) ? skip : 0;
    played.push({ row, start: at, skip: left });
    const shift = at - left;
    for await (const { samples, sampleRate, timeline } of chunksOf(row, signal)) {
      rate = sampleRate;
      const from = Math.min(samples.length, Math.round(left * sampleRate));
      const rest = from === 0 ? samples : faded(samples.slice(from), sampleRate);
      left = 0;
      at += rest.length / sampleRate;
      yield { samples: rest, sampleRate, timeline: { words: cutAfter(timeline?.words ?? [], row, shift) } };
    }
    // The first sentence of a book sounds before the last is known.
    if (n === 0) list = [first, ...(await following)];
    if (n === list.length - 1) continue;
    const silence = new Float32Array(Math.round(row.pause * rate));
    at += silence.length / rate;
    yield { samples: silence, sampleRate: rate };
  }
}

function faded(samples: Float32Array, sampleRate: number): Float32Array {
  const length = SKIP_FADE * sampleRate;
  for (let i = 0; i < length && i < samples.length; i++) samples[i]! *= i / length;
  return samples;
}

/** Plays from a row on. @param options.only the row alone. */
export async function playFrom(row: Row, skip = 0, options: { only?: boolean } = {}): Promise<void> {
  control?.abort();
  const mine = new AbortController();
  control = mine;
  batch(() => {
    played = [];
    problem.value = undefined;
    place.value = { row, seconds: skip };
  });
  try {
    await player.play(speech(row, skip, mine.signal, options.only));
    player.finished().catch((error) => fail(mine, error));
  } catch (error) {
    fail(mine, error);
  }
}

function fail(mine: AbortController, error: unknown): void {
  if (!mine.signal.aborted) problem.value = (error as Error).message;
}

const STORE = 'voirs-studio-place';
const rowHeard = computed(() => place.value?.row.key);

/** Brings back the sentence that was heard last at the last visit, and keeps it from then on. */
export async function restorePlace(): Promise<void> {
  try {
    const key = await get<string>(STORE);
    const row = (await allRows())[indexOf(key)];
    if (row && !place.peek()) place.value = { row, seconds: 0 };
  } catch {} // a private window stores nothing: the text begins at its start
  effect(() => {
    const key = rowHeard.value;
    set(STORE, key).catch(() => {});
  });
}

/** Plays, pauses, goes on. */
export function toggle(): void {
  if (state.value === 'playing' || state.value === 'waiting') {
    player.pause();
    return;
  }
  const isThere = indexOf(place.value?.row.key) >= 0; // or what was paused has been written over
  if ((state.value === 'paused' && isThere) || state.value === 'blocked') {
    void player.play();
    return;
  }
  const [first] = rows.value;
  const last = rows.value[indexOf(place.value?.row.key)];
  const isAtEnd = last && state.value === 'ended' && last === rows.value.at(-1);
  const from = last && !isAtEnd ? last : first; // at the last visit, before a fault, or before the text was changed
  if (from) void playFrom(from);
}

export function stop(): void {
  control?.abort();
  player.stop();
  batch(() => {
    heard.value = undefined;
    place.value = undefined;
  });
}

/** Goes to a time of a row: in what is being played where it is there, or by playing from it. */
export function seekTo(row: Row, seconds: number): void {
  const there = played.find((one) => one.row.key === row.key && one.row.text === row.text);
  const to = there && there.start + seconds - there.skip;
  if (
    there &&
    to! >= there.start &&
    to! <= player.duration &&
    ['playing', 'paused', 'waiting'].includes(state.value)
  ) {
    player.seek(to!);
    follow(to!);
    return;
  }
  void playFrom(row, renderOf(row) ? seconds : 0);
}

/** Goes to a time of the document. */
export function seekDocument(seconds: number): void {
  const list = rows.value;
  const index = Math.max(
    0,
    starts.value.findLastIndex((start, n) => n < list.length && start <= seconds),
  );
  const row = list[index];
  if (row) seekTo(row, Math.max(0, seconds - starts.value[index]!));
}

/** To the next or the last word, or over a sentence. */
export function move(by: 1 | -1, unit: 'word' | 'sentence'): void {
  const list = rows.value;
  const now = place.value ?? (list[0] && { row: list[0], seconds: 0 });
  if (!now) return;
  const index = indexOf(now.row.key);
  if (unit === 'sentence') {
    const back = by < 0 && now.seconds > 1.5 ? 0 : by;
    const row = list[Math.min(list.length - 1, Math.max(0, index + back))];
    if (row) seekTo(row, 0);
    return;
  }
  const words = renderOf(now.row)?.words ?? [];
  const next =
    by > 0
      ? words.find(({ start }) => start > now.seconds + 0.02)
      : words.findLast(({ start }) => start < now.seconds - 0.25);
  if (next) seekTo(now.row, next.start);
  else move(by, 'sentence');
}

/** For tests and meters: the last node of the graph. */
export const outputNode = (): AudioNode | undefined => player.node;
