// The work: one immutable value, so that undo, redo and storing are the same for text, voice, words and edits.
import { computed, signal } from '@preact/signals';
import { get, set } from 'idb-keyval';
import type { Utterance } from '../../../src/frontend/utterance.js';

/** A sentence whose numbers have been changed by hand. */
export interface Edit {
  /** As `prepare` gave it at normal speed and pitch, with the changes. */
  utterance: Utterance;
  /** Another one for every change. */
  version: number;
}

export interface Work {
  text: string;
  voice: string;
  /** 0.5 to 2. */
  rate: number;
  /** Semitones. */
  pitch: number;
  /** The user's pronunciations. */
  lexicon: Readonly<Record<string, string>>;
  /** By the key of the row. */
  edits: Readonly<Record<string, Edit>>;
}

export const WELCOME = `Good morning! Everything you hear is made right here, on your own device. Nothing you write leaves this page.

Press play, and watch each word light up as it is spoken. Click any word to hear it again.

Under the text you can see the voice: how long each sound is, how high it is, how loud. Drag a sound to make it longer, or lift a point to raise the melody, and listen to the sentence again.`;

const EMPTY: Work = { text: WELCOME, voice: 'hazel', rate: 1, pitch: 0, lexicon: {}, edits: {} };
const STORE = 'voirs-studio-work';
const MOST_STEPS = 200;
/** Characters of all texts that undo brings back: of a book, some thirty steps. */
const MOST_CHARACTERS = 30e6;
/** Milliseconds within which changes of one kind count as one step. */
const ONE_STEP_MS = 1200;

export const work = signal<Work>(EMPTY);

const past = signal<Work[]>([]);
const future = signal<Work[]>([]);
export const canUndo = computed(() => past.value.length > 0);
export const canRedo = computed(() => future.value.length > 0);
let last = { kind: '', at: 0 };

/** Changes the work. @param kind changes of one kind in quick succession are one step of undo. */
export function change(kind: string, changes: Partial<Work>): void {
  const now = performance.now();
  const continues = kind === last.kind && now - last.at < ONE_STEP_MS && past.value.length > 0;
  last = { kind, at: now };
  if (!continues) past.value = recent([...past.value.slice(-MOST_STEPS), work.value]);
  future.value = [];
  work.value = { ...work.value, ...changes };
  keep();
}

/** The last steps, as far as their texts together are not too long; at least one. */
function recent(steps: readonly Work[]): Work[] {
  let characters = 0;
  let from = steps.length;
  while (from > 0 && (from === steps.length || characters <= MOST_CHARACTERS)) {
    from--;
    if (steps[from]!.text !== steps[from + 1]?.text) characters += steps[from]!.text.length;
  }
  return steps.slice(from);
}

function step(from: typeof past, to: typeof past): void {
  const before = from.value.at(-1);
  if (!before) return;
  from.value = from.value.slice(0, -1);
  to.value = [...to.value, work.value];
  last = { kind: '', at: 0 };
  work.value = before;
  keep();
}

export const undo = (): void => step(past, future);
export const redo = (): void => step(future, past);

let version = 0;

/** Puts a changed utterance in the place of a row's. */
export function editRow(key: string, utterance: Utterance, kind: string): void {
  version = Math.max(version, ...Object.values(work.value.edits).map((edit) => edit.version)) + 1;
  change(`${kind} ${key}`, { edits: { ...work.value.edits, [key]: { utterance, version } } });
}

export function clearEdit(key: string): void {
  const { [key]: _, ...edits } = work.value.edits;
  change(`clear ${key}`, { edits });
}

/** Sets or removes a pronunciation; sentences with the word lose their edits, whose phones were others. */
export function pronounce(word: string, sound: string | undefined): void {
  const { [word]: _, ...others } = work.value.lexicon;
  const lexicon = sound === undefined ? others : { ...others, [word]: sound };
  const has = new RegExp(
    `(?<![\\p{L}\\p{N}])${word.replace(/[^\p{L}\p{N}]/gu, '\\$&')}(?![\\p{L}\\p{N}])`,
    'iu',
  );
  const edits = Object.fromEntries(Object.entries(work.value.edits).filter(([key]) => !has.test(key)));
  change('word', { lexicon, edits });
}

let timer: ReturnType<typeof setTimeout> | undefined;

function keep(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void store(), 400);
}

async function store(): Promise<void> {
  clearTimeout(timer);
  try {
    await set(STORE, work.value);
  } catch {} // a private window stores nothing: the work lives as long as the page
}

/** Brings back the work of the last visit. */
export async function restore(): Promise<void> {
  try {
    const stored = await get<Partial<Work>>(STORE);
    if (stored && typeof stored.text === 'string') work.value = { ...EMPTY, ...stored };
  } catch {} // as above
  addEventListener('pagehide', () => void store());
}
