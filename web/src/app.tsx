// The page: header, text, shape, side and player; keys and dropped files.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { move, playFrom } from './engine/playback.js';
import { redo, undo, work } from './state/document.js';
import { offsetOf } from './state/field.js';
import { rows } from './state/rows.js';
import { isDark } from './state/theme.js';
import { chosen, mode } from './state/view.js';
import { Bar, playOrPause } from './ui/bar.js';
import { Figures } from './ui/figures.js';
import { Icon } from './ui/icons.js';
import { openFile, Script } from './ui/script.js';
import { Shape } from './ui/shape.js';
import { Delivery, Save, Voices } from './ui/side.js';
import { Notices, Status } from './ui/status.js';

export function App() {
  const help = useRef<HTMLDialogElement>(null);
  const isOver = useSignal(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => keys(event);
    const isFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent): void => {
      if (!isFile(event)) return;
      event.preventDefault();
      isOver.value = true;
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const onDrop = (event: DragEvent): void => {
      if (!isFile(event)) return;
      event.preventDefault();
      isOver.value = false;
      void openFile(event.dataTransfer?.files[0]);
    };
    addEventListener('keydown', onKey);
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('keydown', onKey);
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, []);
  return (
    <>
      <header class="top">
        <h1>
          <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path d="M5 13v6M10.500 9v14M16 5v22M21.500 10v12M27 13.500v5" />
          </svg>
          voirs <span>studio</span>
        </h1>
        <Status />
        <button
          type="button"
          class="plain"
          aria-label="Light or dark"
          title="Light or dark"
          onClick={switchTheme}
        >
          <Icon name="theme" />
        </button>
        <button
          type="button"
          class="plain"
          aria-label="Help"
          title="Help"
          onClick={() => help.current?.showModal()}
        >
          <Icon name="help" />
        </button>
      </header>
      <main data-over={isOver.value}>
        <div class="left">
          <Script />
          <Shape />
        </div>
        <div class="right">
          <Voices />
          <Delivery />
          <Save />
          <Figures />
        </div>
      </main>
      <Notices />
      <Bar />
      <Help dialog={help} />
    </>
  );
}

const FIELDS = 'textarea, select, [contenteditable], input:not([type="range"]):not([type="radio"])';

function keys(event: KeyboardEvent): void {
  const target = event.target as Element;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key === 'Enter') {
    event.preventDefault();
    playText();
    return;
  }
  if (target.matches(FIELDS) || document.querySelector('dialog[open]')) return;
  if (isCommand && event.key.toLowerCase() === 'z') {
    event.preventDefault();
    (event.shiftKey ? redo : undo)();
  } else if (isCommand && event.key.toLowerCase() === 'y') {
    event.preventDefault();
    redo();
  } else if (isCommand || event.altKey) {
    return;
  } else if (event.key === ' ' && !target.matches('button, summary, input, a')) {
    event.preventDefault();
    playOrPause();
  } else if (!target.matches('input') && /^Arrow/.test(event.key) && mode.value === 'listen') {
    event.preventDefault();
    const by = event.key === 'ArrowLeft' || event.key === 'ArrowUp' ? -1 : 1;
    move(by, event.key === 'ArrowLeft' || event.key === 'ArrowRight' ? 'word' : 'sentence');
  }
}

/** Ctrl+Enter: plays from the sentence of the cursor while one writes, from the first where that is at the end. */
function playText(): void {
  const field = document.querySelector<HTMLTextAreaElement>('#text');
  if (!field || document.activeElement !== field) {
    playOrPause();
    return;
  }
  const at = offsetOf(field.selectionStart);
  const list = rows.value;
  const isAtEnd = at >= work.value.text.trimEnd().length;
  const row = (isAtEnd ? undefined : list.findLast(({ start }) => start <= at)) ?? list[0];
  if (!row) return;
  chosen.value = undefined;
  mode.value = 'listen';
  void playFrom(row);
}

function switchTheme(): void {
  const root = document.documentElement;
  root.dataset.theme = isDark() ? 'light' : 'dark';
  try {
    localStorage.setItem('voirs-studio-theme', root.dataset.theme);
  } catch {} // a private window forgets it
  dispatchEvent(new Event('themechange'));
}

const KEYS: readonly [string, string][] = [
  ['Ctrl + Enter', 'Play from the sentence you are writing'],
  ['Space', 'Play or pause'],
  ['← →', 'A word back or on'],
  ['↑ ↓', 'A sentence back or on'],
  ['Ctrl + Z', 'Undo; with Shift, redo'],
];

function Help({ dialog }: { dialog: { current: HTMLDialogElement | null } }) {
  return (
    <dialog ref={dialog} aria-labelledby="help-title">
      {/* The focus would go to Close, and a small window would open at its end. */}
      <h2 id="help-title" tabIndex={-1} autofocus>
        How to use the studio
      </h2>
      <ol>
        <li>Write a text, or drop a file: text, Markdown, a web page, a book (EPUB) or subtitles.</li>
        <li>Choose a voice and press play. Click any word to hear it again.</li>
        <li>
          Under the text, drag the edge of a sound to make it longer, a point of the melody to lift it, or a
          word up to stress it. The buttons below do the same for a whole word.
        </li>
        <li>Save the result as sound or captions.</li>
      </ol>
      <h3>Keys</h3>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>
        Speech is made in this page. No text and no sound leaves your device, and nothing is counted. After
        the first visit it works without a connection.
      </p>
      <form method="dialog">
        <button type="submit" class="solid">
          Close
        </button>
      </form>
    </dialog>
  );
}
