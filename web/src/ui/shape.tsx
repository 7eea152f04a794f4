// The voice under the text: a sentence as a picture that can be heard, zoomed and changed by hand.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Utterance } from '../../../src/frontend/utterance.js';
import { pipelineFor } from '../engine/engine.js';
import { heard, place, playFrom, seekTo, state } from '../engine/playback.js';
import type { Render } from '../engine/render.js';
import { changes, numbersOf, renderOf, stateOf } from '../engine/renders.js';
import { draw, type Handle, HEIGHT, paletteOf, pitchToY, ROWS, yToPitch } from '../shape/draw.js';
import { emphasise, setDuration, setPitch, stretch, transpose } from '../shape/edits.js';
import { type Layout, layoutOf } from '../shape/layout.js';
import { clearEdit, editRow, pronounce, work } from '../state/document.js';
import type { Row } from '../state/split.js';
import { chosen, chosenWord, focus, say } from '../state/view.js';
import { voiceOf } from '../state/voices.js';
import { ask } from '../work/client.js';
import type { Picture } from '../work/tasks.js';
import { Icon } from './icons.js';

/** A sentence with all that its picture needs. */
interface Shown {
  row: Row;
  render: Render;
  utterance: Utterance;
  layout: Layout;
  picture: Picture | undefined;
}

const pictures = new WeakMap<Render, Promise<Picture>>();

function pictureOf(render: Render): Promise<Picture> {
  const { samples, sampleRate } = render;
  const known = pictures.get(render) ?? ask('picture', { samples, sampleRate });
  pictures.set(render, known);
  return known;
}

export function Shape() {
  const shown = useSignal<Shown | undefined>(undefined);
  useSignalEffect(() => {
    const row = focus.value;
    changes.value;
    work.value;
    const render = row && renderOf(row);
    if (!row || !render) {
      if (shown.peek() && shown.peek()!.row.key !== row?.key) shown.value = undefined;
      return;
    }
    if (shown.peek()?.render === render) return;
    void Promise.all([numbersOf(row), pictureOf(render)])
      .then(([utterance, picture]) => {
        if (focus.peek()?.key !== row.key || renderOf(row) !== render) return;
        shown.value = { row, render, utterance, layout: layoutOf(utterance, render), picture };
      })
      .catch((error: Error) => say(error.message, { isProblem: true }));
  });
  const row = focus.value;
  const now = shown.value;
  return (
    <section class="panel shape" id="shape" aria-labelledby="shape-title">
      <div class="toolbar">
        <h2 id="shape-title">Shape</h2>
        <p class="quote">{row?.text}</p>
        {row && row.key in work.value.edits && (
          <button type="button" class="plain" onClick={() => resetRow(row)}>
            <span>
              Reset<span class="wide"> the sentence</span>
            </span>
          </button>
        )}
      </div>
      {now ? <Canvas shown={now} /> : <Waiting row={row} />}
      {now && <WordTools shown={now} />}
    </section>
  );
}

function resetRow(row: Row): void {
  clearEdit(row.key);
  hearAgain(row);
}

function hearAgain(row: Row): void {
  chosen.value = row.key;
  void playFrom(row, 0, { only: true });
}

function Waiting({ row }: { row: Row | undefined }) {
  const isMaking = row !== undefined && stateOf(row) === 'making';
  return (
    <div class={isMaking ? 'waiting making' : 'waiting'}>
      {isMaking ? (
        <p>One moment: this sentence is being made.</p>
      ) : (
        <>
          <p>Play a sentence to see its sounds, its melody and its loudness.</p>
          {row && (
            <button type="button" class="outline" onClick={() => hearAgain(row)}>
              <Icon name="play" /> Play this sentence
            </button>
          )}
        </>
      )}
    </div>
  );
}

type Drag =
  | { kind: 'edge'; index: number; x: number; frames: number; utterance: Utterance }
  | { kind: 'pitch'; index: number; utterance: Utterance }
  | { kind: 'word'; index: number; y: number; utterance: Utterance }
  | { kind: 'pan'; x: number; from: number; isMeant: boolean };

const LEAST_SCALE = 60;
const MOST_SCALE = 900;
/** CSS pixels for a second at first: on a narrow screen more, so that its few words can be read and hit. */
const FIRST_SCALE = 120;
const NARROW_SCALE = 200;
const NARROW = 480;
/** CSS pixels that a word is dragged for a step of emphasis; within the first few it is only chosen. */
const EMPHASIS_STEP = 32;
const CLICK_REACH = 5;

function Canvas({ shown }: { shown: Shown }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const width = useSignal(600);
  const scale = useSignal(0);
  const from = useSignal(0);
  const active = useSignal<Handle | undefined>(undefined);
  const draft = useSignal<Layout | undefined>(undefined);
  const drag = useRef<Drag | undefined>(undefined);
  /** Whether the pointer that was lifted last had held something, or had moved the picture. */
  const isHeld = useRef(false);
  const { row, layout, picture, render, utterance } = shown;
  const theme = useSignal(0);

  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry!.contentRect.width);
    });
    watcher.observe(frame.current!);
    const repaint = (): void => void theme.value++;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', repaint);
    addEventListener('themechange', repaint);
    return () => {
      watcher.disconnect();
      dark.removeEventListener('change', repaint);
      removeEventListener('themechange', repaint);
    };
  }, []);
  useEffect(() => {
    draft.value = undefined;
    from.value = 0;
  }, [shown.render]);

  const fitScale = (): number => Math.max(LEAST_SCALE, width.value / Math.max(0.5, layout.seconds));
  const firstScale = (): number => (width.value < NARROW ? NARROW_SCALE : FIRST_SCALE);
  const scaleNow = (): number => Math.max(scale.value || firstScale(), fitScale());
  const clampFrom = (seconds: number): number =>
    Math.max(0, Math.min(seconds, layout.seconds - width.value / scaleNow()));

  useSignalEffect(() => {
    theme.value;
    const here = place.value?.row.key === row.key && place.value.row.text === row.text;
    const head = here ? place.value!.seconds : undefined;
    const across = width.value / scaleNow();
    if (head !== undefined && state.value === 'playing' && !drag.current) {
      if (head < from.peek() || head > from.peek() + across * 0.85)
        from.value = clampFrom(head - across * 0.15);
    }
    const word = here && heard.value ? render.words.indexOf(heard.value.word) : -1;
    const picked = chosenWord.value?.key === row.key ? chosenWord.value.word : undefined;
    const view = {
      ...{ width: width.value, from: clampFrom(from.value), scale: scaleNow(), head },
      ...{ selectedWord: picked, heardWord: word < 0 ? undefined : word, active: active.value },
      pixelRatio: devicePixelRatio || 1,
    };
    if (canvas.current) draw(canvas.current, draft.value ?? layout, picture, view, paletteOf(canvas.current));
  });

  // A word that is chosen by a button comes into the view.
  useSignalEffect(() => {
    const word = chosenWord.value?.key === row.key ? layout.words[chosenWord.value.word] : undefined;
    if (!word || drag.current) return;
    const [left, across] = [clampFrom(from.peek()), width.peek() / scaleNow()];
    if (word.start < left || word.end > left + across)
      from.value = clampFrom((word.start + word.end - across) / 2);
  });

  const seconds = (event: PointerEvent): number => clampFrom(from.value) + event.offsetX / scaleNow();

  function hit(event: PointerEvent): Handle | undefined {
    const reach = event.pointerType === 'touch' ? 16 : 7;
    const at = seconds(event);
    if (event.offsetY < ROWS.words) {
      const index = layout.words.findIndex(({ start, end }) => at >= start && at < end);
      return index < 0 ? undefined : { kind: 'word', index };
    }
    let best: (Handle & { far: number }) | undefined;
    layout.tokens.forEach((token, index) => {
      if (token.word === undefined) return;
      const isInPhones = event.offsetY > ROWS.words && event.offsetY < ROWS.words + ROWS.phones + ROWS.wave;
      if (isInPhones) {
        const far = Math.abs(token.end - at) * scaleNow();
        if (far < reach && (!best || far < best.far)) best = { kind: 'edge', index, far };
        return;
      }
      const x = ((token.start + token.end) / 2 - at) * scaleNow();
      const far = Math.hypot(x, pitchToY(token.pitch) - event.offsetY);
      if (far < reach + 4 && (!best || far < best.far)) best = { kind: 'pitch', index, far };
    });
    return best;
  }

  function begin(event: PointerEvent): void {
    const found = hit(event);
    if (found) {
      canvas.current!.setPointerCapture(event.pointerId);
      const { kind, index } = found;
      if (kind === 'word') drag.current = { kind, index, y: event.offsetY, utterance };
      else if (kind === 'pitch') drag.current = { kind, index, utterance };
      else {
        const { duration } = layout.tokens[index]!;
        drag.current = { kind, index, x: event.offsetX, frames: duration, utterance };
      }
      active.value = found;
      event.preventDefault();
      return;
    }
    canvas.current!.setPointerCapture(event.pointerId);
    drag.current = { kind: 'pan', x: event.offsetX, from: clampFrom(from.value), isMeant: false };
  }

  /** A click where nothing can be held plays from there; a finger that scrolls the page does not click. */
  function click(event: MouseEvent): void {
    if (isHeld.current) return;
    seekTo(row, Math.min(clampFrom(from.value) + event.offsetX / scaleNow(), layout.seconds));
  }

  function moveTo(event: PointerEvent): void {
    const now = drag.current;
    if (!now) {
      const found = hit(event);
      active.value = found;
      canvas.current!.style.cursor = found ? (found.kind === 'edge' ? 'ew-resize' : 'ns-resize') : 'default';
      return;
    }
    if (now.kind === 'word') {
      const up = now.y - event.offsetY;
      const isMeant = Math.abs(up) > CLICK_REACH || now.utterance !== utterance;
      if (isMeant) now.utterance = emphasise(utterance, now.index, up / EMPHASIS_STEP);
      draft.value = layoutOf(now.utterance, render);
      return;
    }
    if (now.kind === 'pan') {
      now.isMeant ||= Math.abs(event.offsetX - now.x) > CLICK_REACH;
      if (now.isMeant) from.value = clampFrom(now.from - (event.offsetX - now.x) / scaleNow());
      return;
    }
    const token = layout.tokens[now.index]!;
    if (now.kind === 'pitch') {
      now.utterance = setPitch(utterance, token.sentence, token.token, yToPitch(event.offsetY));
      draft.value = layoutOf(now.utterance, render);
      return;
    }
    const more = (event.offsetX - now.x) / scaleNow() / layout.frameSeconds;
    now.utterance = setDuration(utterance, token.sentence, token.token, now.frames + more);
    const changed = now.utterance.sentences[token.sentence]!.tokens[token.token]!.duration!;
    const shift = (changed - now.frames) * layout.frameSeconds;
    // What follows moves along, until the sentence is made again.
    draft.value = {
      ...layout,
      tokens: layout.tokens.map((one, n) =>
        n < now.index
          ? one
          : { ...one, start: one.start + (n > now.index ? shift : 0), end: one.end + shift },
      ),
    };
  }

  function end(isMeant: boolean): void {
    const now = drag.current;
    drag.current = undefined;
    active.value = undefined;
    draft.value = undefined;
    isHeld.current = now !== undefined && (now.kind !== 'pan' || now.isMeant);
    if (!isMeant || now?.kind === 'pan') return;
    if (now?.kind === 'word') chosenWord.value = { key: row.key, word: now.index };
    if (!now || now.utterance === utterance) return;
    editRow(row.key, now.utterance, now.kind);
    hearAgain(row);
  }

  function zoom(factor: number): void {
    const across = width.value / scaleNow();
    const middle = clampFrom(from.value) + across / 2;
    scale.value = Math.min(MOST_SCALE, Math.max(fitScale(), scaleNow() * factor));
    from.value = clampFrom(middle - width.value / scaleNow() / 2);
  }

  const shareShown = clampFrom(from.value) / Math.max(1e-3, layout.seconds - width.value / scaleNow());
  return (
    <>
      <div class="canvas-frame" ref={frame}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Sounds, waveform, spectrum and melody of: ${row.text}. The buttons below change the same by keyboard.`}
          style={{ width: `${width.value}px`, height: `${HEIGHT}px` }}
          onPointerDown={begin}
          onPointerMove={moveTo}
          onPointerUp={() => end(true)}
          onClick={click}
          onPointerCancel={() => end(false)}
          onTouchStart={(event) => drag.current && drag.current.kind !== 'pan' && event.preventDefault()} // or the page scrolls
          onWheel={(event) => {
            if (event.ctrlKey) {
              event.preventDefault();
              zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
            } else if (event.deltaX !== 0 || event.shiftKey) {
              event.preventDefault();
              from.value = clampFrom(from.value + (event.deltaX || event.deltaY) / scaleNow());
            }
          }}
        />
      </div>
      <div class="under-canvas">
        <ul class="legend" aria-label="What the lines mean">
          <li class="melody">melody</li>
          <li class="loudness">loudness</li>
        </ul>
        <span class="spring" />
        <input
          type="range"
          class="pan"
          aria-label="Part of the sentence that is shown"
          min="0"
          max="1000"
          hidden={scaleNow() <= fitScale() * 1.01}
          value={1000 * shareShown}
          style={{ '--share': `${100 * shareShown}%` }}
          onInput={(event) => {
            from.value =
              (Number(event.currentTarget.value) / 1000) * (layout.seconds - width.value / scaleNow());
          }}
        />
        <button type="button" class="plain" aria-label="Zoom out" onClick={() => zoom(1 / 1.5)}>
          <Icon name="far" />
        </button>
        <button type="button" class="plain" aria-label="Zoom in" onClick={() => zoom(1.5)}>
          <Icon name="near" />
        </button>
      </div>
    </>
  );
}

/** One syllable in capitals, as in "KEEN-wah", which the library takes for phones. */
const LOUD_SYLLABLE = /^\p{Lu}{3,}$/u;

/** Keeps a pronunciation, after the voice has read it. @returns whether it could. */
async function tryOut(word: string, sound: string): Promise<boolean> {
  const { voice } = work.value;
  const pipeline = await pipelineFor(voice).catch(() => undefined);
  if (!pipeline) return false; // the page says why
  const ways = LOUD_SYLLABLE.test(sound) ? [sound, sound.toLowerCase()] : [sound];
  let problem: Error | undefined;
  for (const way of ways) {
    try {
      if (way !== '') await pipeline.prepare(word, { voice, lexicon: { [word]: way } });
      pronounce(word, way === '' ? undefined : way);
      return true;
    } catch (error) {
      problem ??= error as Error;
    }
  }
  say(`“${sound}” cannot be said. Write it as it sounds, like KEEN-wah, or in phones, like K IY1 N W AA0.`, {
    isProblem: true,
    details: problem!.message,
  });
  return false;
}

/** The same by buttons, word by word, for keyboards and fingers. */
function WordTools({ shown: { row, layout, utterance } }: { shown: Shown }) {
  const isMine = chosenWord.value?.key === row.key;
  const index = isMine ? Math.min(chosenWord.value!.word, layout.words.length - 1) : 0;
  const word = layout.words[index];
  const sound = useSignal<string | undefined>(undefined);
  useEffect(() => {
    sound.value = undefined;
  }, [row.key, index]);
  if (!word) return null;
  const { std } = voiceOf(work.value.voice).logF0;
  const choose = (by: number): void => {
    const to = (index + by + layout.words.length) % layout.words.length;
    chosenWord.value = { key: row.key, word: to };
  };
  const apply = (changed: Utterance, kind: string): void => {
    chosenWord.value = { key: row.key, word: index };
    editRow(row.key, changed, kind);
    hearAgain(row);
  };
  const written = row.text.slice(...(word.span as [number, number])) || word.text;
  const known = written.toLowerCase();
  const tools: [string, string, () => void][] = [
    ['Stronger', 'emphasis', () => apply(emphasise(utterance, index, 1), 'stronger')],
    ['Softer', 'emphasis', () => apply(emphasise(utterance, index, -1), 'softer')],
    ['Higher', 'melody', () => apply(transpose(utterance, index, 1.5, std), 'higher')],
    ['Lower', 'melody', () => apply(transpose(utterance, index, -1.5, std), 'lower')],
    ['Longer', 'time', () => apply(stretch(utterance, index, 1.18), 'longer')],
    ['Shorter', 'time', () => apply(stretch(utterance, index, 1 / 1.18), 'shorter')],
  ];
  return (
    <fieldset class="word-tools" aria-label={`The word ${written}`}>
      <div class="word-name">
        <button type="button" class="plain" aria-label="The word before" onClick={() => choose(-1)}>
          <Icon name="back" />
        </button>
        <p aria-live="polite">
          <strong>{written}</strong>{' '}
          <span class="phones">{word.phones.join(' ').replace(/\d/g, '').toLowerCase()}</span>
        </p>
        <button type="button" class="plain" aria-label="The next word" onClick={() => choose(1)}>
          <Icon name="forward" />
        </button>
      </div>
      <div class="word-buttons">
        {tools.map(([name, , run]) => (
          <button key={name} type="button" class="outline" onClick={run}>
            {name}
          </button>
        ))}
        {sound.value === undefined && (
          <button
            type="button"
            class="outline"
            onClick={() => {
              sound.value = work.value.lexicon[known] ?? '';
            }}
          >
            Say it another way
          </button>
        )}
      </div>
      {sound.value !== undefined && (
        <form
          class="pronounce"
          onSubmit={(event) => {
            event.preventDefault();
            void tryOut(known, sound.value!.trim()).then((isRight) => {
              if (!isRight) return;
              sound.value = undefined;
              hearAgain(row);
            });
          }}
        >
          <label for="sound">
            Say “{written}” like
            <input
              id="sound"
              value={sound.value}
              placeholder="KEEN-wah, or K IY1 N W AA0"
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => {
                sound.value = event.currentTarget.value;
              }}
            />
          </label>
          <button type="submit" class="solid">
            Hear it
          </button>
          <button
            type="button"
            class="outline"
            onClick={() => {
              sound.value = undefined;
            }}
          >
            Cancel
          </button>
        </form>
      )}
    </fieldset>
  );
}
