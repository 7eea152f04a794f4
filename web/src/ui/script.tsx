// The text: written in a field, or heard as a list of sentences whose words light up.
import { useComputed, useSignalEffect } from '@preact/signals';
import { memo } from 'preact/compat';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Highlighter } from '../../../src/player/highlighter.js';
import { heard, place, playFrom, seekTo, stop } from '../engine/playback.js';
import { failureOf, renderOf, stateOf } from '../engine/renders.js';
import { ACCEPTED, textOfFile } from '../files/read-file.js';
import { canRedo, canUndo, change, redo, undo, work } from '../state/document.js';
import { parts, replace, showPart, showPlace, takeCaret, write } from '../state/field.js';
import { fieldOf, MOST } from '../state/parts.js';
import { indexOf, rows } from '../state/rows.js';
import type { Row } from '../state/split.js';
import { chosen, focus, mode, say } from '../state/view.js';
import { Icon } from './icons.js';
import { useWindow } from './window.js';

export async function openFile(file: File | undefined): Promise<void> {
  if (!file) return;
  try {
    const text = await textOfFile(file);
    stop();
    change('file', { text });
    chosen.value = undefined;
    say(`${file.name} is open.`);
  } catch (error) {
    say((error as Error).message, { isProblem: true });
  }
}

export function Script() {
  const isWriting = mode.value === 'write';
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <section class="panel script" aria-labelledby="script-title">
      <h2 id="script-title" class="visually-hidden">
        Text
      </h2>
      <div class="toolbar">
        <fieldset class="segments" aria-label="View of the text">
          <button type="button" aria-pressed={isWriting} onClick={() => setMode('write')}>
            Write
          </button>
          <button type="button" aria-pressed={!isWriting} onClick={() => setMode('listen')}>
            Listen
          </button>
        </fieldset>
        <span class="spring" />
        <button
          type="button"
          class="plain"
          disabled={!canUndo.value}
          onClick={undo}
          aria-label="Undo"
          title="Undo (Ctrl+Z)"
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="plain"
          disabled={!canRedo.value}
          onClick={redo}
          aria-label="Redo"
          title="Redo (Ctrl+Shift+Z)"
        >
          <Icon name="redo" />
        </button>
        <button type="button" class="plain open-file" onClick={() => chooser.current?.click()}>
          <Icon name="file" />
          <span>
            Open<span class="wide"> a file</span>
          </span>
        </button>
        <input
          ref={chooser}
          class="visually-hidden"
          type="file"
          accept={ACCEPTED}
          tabIndex={-1}
          aria-label="A file to read"
          onChange={(event) => {
            void openFile(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {isWriting ? <Writing /> : <Listening />}
    </section>
  );
}

export function setMode(to: 'write' | 'listen'): void {
  const row = rows.value[indexOf(chosen.value ?? place.value?.row.key)];
  if (to === 'write' && row) showPlace(row.start);
  mode.value = to;
}

/** What an input puts into the field; undefined for what is not for the page to do itself, such as undo. */
function insertedBy(event: InputEvent): string | undefined {
  if (!event.cancelable || event.isComposing) return undefined;
  if (event.inputType.startsWith('delete')) return '';
  if (event.inputType === 'insertLineBreak') return '\n';
  if (!event.inputType.startsWith('insert')) return undefined;
  return (event.data ?? event.dataTransfer?.getData('text/plain'))?.replace(/\r\n?/g, '\n');
}

/** Whether all of the field is chosen and is only a part: what is done then is done to the whole text. */
const isAll = ({ selectionStart, selectionEnd, value }: HTMLTextAreaElement): boolean =>
  parts.peek().starts.length > 1 && selectionStart === 0 && selectionEnd === value.length;

function beforeInput(event: InputEvent & { currentTarget: HTMLTextAreaElement }): void {
  const field = event.currentTarget;
  const inserted = insertedBy(event);
  if (inserted === undefined || !(isAll(field) || inserted.length > MOST)) return;
  event.preventDefault();
  if (isAll(field)) say('All parts of the text were replaced. The Undo button brings them back.');
  replace(field.selectionStart, field.selectionEnd, inserted);
}

function copyAll(event: ClipboardEvent & { currentTarget: HTMLTextAreaElement }): void {
  const field = event.currentTarget;
  if (!isAll(field) || !event.clipboardData) return;
  event.preventDefault();
  event.clipboardData.setData('text/plain', parts.peek().text);
  if (event.type === 'cut') replace(0, field.value.length, '');
}

function Writing() {
  const field = useRef<HTMLTextAreaElement>(null);
  const now = parts.value;
  useLayoutEffect(() => {
    const caret = takeCaret();
    if (caret !== undefined) field.current!.setSelectionRange(caret, caret);
  });
  return (
    <div class="writing">
      <label class="visually-hidden" for="text">
        Text to speak
      </label>
      <textarea
        id="text"
        ref={field}
        value={fieldOf(now)}
        placeholder="Type or paste a text, or drop a file here."
        onBeforeInput={beforeInput}
        onCopy={copyAll}
        onCut={copyAll}
        onInput={({ currentTarget }) => write(currentTarget.value, currentTarget.selectionStart)}
      />
      {now.starts.length > 1 && <PartButtons index={now.index} count={now.starts.length} />}
    </div>
  );
}

/** Goes through a long text. */
function PartButtons({ index, count }: { index: number; count: number }) {
  const words = `Part ${index + 1} of ${count}`;
  return (
    <fieldset class="parts" aria-label="Parts of the text">
      <button
        type="button"
        class="plain"
        aria-label="The part before"
        disabled={index === 0}
        onClick={() => showPart(index - 1)}
      >
        <Icon name="back" />
      </button>
      <input
        type="range"
        aria-label="Part of the text"
        aria-valuetext={words}
        min="1"
        max={count}
        value={index + 1}
        style={{ '--share': `${(100 * index) / (count - 1)}%` }}
        onInput={(event) => showPart(Number(event.currentTarget.value) - 1)}
      />
      <button
        type="button"
        class="plain"
        aria-label="The next part"
        disabled={index === count - 1}
        onClick={() => showPart(index + 1)}
      >
        <Icon name="forward" />
      </button>
      <output>{words}</output>
    </fieldset>
  );
}

function Listening() {
  const frame = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const { window, itemOf, bring } = useWindow(frame, list);
  const all = rows.value;
  const { from, to, above, below } = window.value;
  useHighlights(itemOf, bring);
  return (
    <div class="listening" ref={frame}>
      {all.length === 0 && <p class="empty">There is nothing to read yet. Choose “Write” and type a text.</p>}
      <div style={{ height: `${above}px` }} />
      <ol ref={list} aria-label="Sentences">
        {all.slice(from, to).map((row, n) => (
          <Sentence key={row.key} row={row} index={from + n} count={all.length} />
        ))}
      </ol>
      <div style={{ height: `${below}px` }} />
    </div>
  );
}

/** Marks the word that is heard, in the text as it stands, and keeps its sentence in the view. */
function useHighlights(itemOf: (index: number) => Element | undefined, bring: (index: number) => void): void {
  const highlighter = useRef<Highlighter | undefined>(undefined);
  useEffect(() => () => highlighter.current?.dispose(), []);
  useSignalEffect(() => {
    const now = heard.value;
    highlighter.current ??= new Highlighter(document.body);
    const node = itemOf(indexOf(now?.row.key))?.querySelector('.words')?.firstChild;
    if (!now || !(node instanceof Text) || now.word.span[1] > node.length)
      return highlighter.current.show(undefined);
    const range = document.createRange();
    range.setStart(node, now.word.span[0]);
    range.setEnd(node, now.word.span[1]);
    highlighter.current.show(range);
  });
  const here = useComputed(() => place.value?.row.key);
  useSignalEffect(() => bring(indexOf(here.value)));
}

const STATES = {
  none: 'not made yet',
  making: 'being made',
  ready: 'ready',
  failed: 'could not be made',
} as const;

const Sentence = memo(function Sentence({ row, index, count }: { row: Row; index: number; count: number }) {
  const state = useComputed(() => stateOf(row)).value;
  const isEdited = useComputed(() => row.key in work.value.edits).value;
  const isHere = useComputed(() => place.value?.row.key === row.key).value;
  const isChosen = useComputed(() => focus.value?.key === row.key).value;
  const failure = state === 'failed' ? failureOf(row) : undefined;
  return (
    <li
      class="sentence"
      data-state={state}
      aria-current={isHere ? 'true' : undefined}
      aria-posinset={index + 1}
      aria-setsize={count}
    >
      <button
        type="button"
        class="dot"
        aria-label={`Play sentence ${index + 1}, ${STATES[state]}${isEdited ? ', changed by hand' : ''}`}
        onClick={() => {
          chosen.value = undefined;
          void playFrom(row);
        }}
      >
        <span class={isEdited ? 'state edited' : 'state'} />
        <Icon name="play" />
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the arrow keys go from word to word */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div class="body" onClick={(event) => clickWord(event, row)}>
        <span class="words">{row.text}</span>
        {failure && <span class="failure">{failure}</span>}
      </div>
      <button
        type="button"
        class="plain shape-button"
        aria-pressed={isChosen}
        aria-label={`Shape sentence ${index + 1}`}
        onClick={() => {
          chosen.value = row.key;
          document.querySelector('#shape')?.scrollIntoView({ block: 'nearest' });
        }}
      >
        Shape
      </button>
    </li>
  );
});

/** A click on a word plays from it. */
function clickWord(event: MouseEvent, row: Row): void {
  if (!getSelection()?.isCollapsed) return;
  const offset = offsetAt(event.clientX, event.clientY);
  const words = renderOf(row)?.words ?? [];
  const word = words.find(({ span }) => offset !== undefined && offset >= span[0] && offset <= span[1]);
  chosen.value = undefined;
  seekTo(row, word?.start ?? 0);
}

function offsetAt(x: number, y: number): number | undefined {
  const page = document as Document & {
    caretPositionFromPoint?(x: number, y: number): { offset: number } | null;
    caretRangeFromPoint?(x: number, y: number): Range | null;
  };
  return page.caretPositionFromPoint?.(x, y)?.offset ?? page.caretRangeFromPoint?.(x, y)?.startOffset;
}
