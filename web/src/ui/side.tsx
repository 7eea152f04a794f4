// The side of the page: whose voice, how it speaks, words said another way, and the work as a file.
import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { place, playFrom, state, stop, toggle } from '../engine/playback.js';
import { AUDIO, CAPTIONS } from '../files/formats.js';
import type { Saving } from '../files/save.js';
import { change, pronounce, work } from '../state/document.js';
import { allRows, indexOf, rows } from '../state/rows.js';
import { say } from '../state/view.js';
import { type StudioVoice, voiceOf, voices } from '../state/voices.js';
import { Icon } from './icons.js';

export function Voices() {
  const sample = useRef<HTMLAudioElement | undefined>(undefined);
  const sounding = useSignal<string | undefined>(undefined);
  useEffect(() => () => sample.current?.pause(), []);
  const hear = (voice: StudioVoice): void => {
    sample.current?.pause();
    if (sounding.value === voice.id) {
      sounding.value = undefined;
      return;
    }
    if (state.value === 'playing') toggle();
    const audio = new Audio(voice.sample);
    sample.current = audio;
    sounding.value = voice.id;
    const over = (): void => {
      if (sample.current === audio) sounding.value = undefined;
    };
    audio.onended = over;
    audio.onerror = over;
    audio.play().catch(over);
  };
  return (
    <fieldset class="panel voices">
      <legend>Voice</legend>
      <div class="cards">
        {voices.map((voice) => (
          <div class="card" key={voice.id}>
            <label>
              <input
                type="radio"
                name="voice"
                value={voice.id}
                checked={work.value.voice === voice.id}
                onChange={() => pick(voice.id)}
              />
              <span class="name">{voice.name}</span>
              <span class="kind">
                {voice.gender === 'female' ? 'woman' : voice.gender === 'male' ? 'man' : voice.gender}
              </span>
            </label>
            {voice.sample && (
              <button
                type="button"
                class="plain"
                aria-label={`${sounding.value === voice.id ? 'Stop' : 'Hear'} ${voice.name}`}
                onClick={() => hear(voice)}
              >
                <Icon name={sounding.value === voice.id ? 'pause' : 'play'} />
              </button>
            )}
          </div>
        ))}
      </div>
    </fieldset>
  );
}

function pick(voice: string): void {
  change('voice', { voice });
  again();
}

/** After a change of voice, speed or pitch: what sounds goes on with the new settings, from its sentence. */
function again(): void {
  const now = place.value;
  const row = rows.value[indexOf(now?.row.key)];
  if (row && (state.value === 'playing' || state.value === 'waiting')) void playFrom(row);
  else if (state.value === 'paused') stop();
}

let timer: ReturnType<typeof setTimeout> | undefined;

function later(): void {
  clearTimeout(timer);
  timer = setTimeout(again, 250);
}

interface SliderProps {
  id: string;
  label: string;
  min: number;
  max: number;
  step: number;
  value: number;
  shown: string;
  normal: number;
  onChange(value: number): void;
}

function Slider({ id, label, min, max, step, value, shown, normal, onChange }: SliderProps) {
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{shown}</output>
      <input
        type="range"
        {...{ id, min, max, step, value }}
        style={{ '--share': `${(100 * (value - min)) / (max - min)}%` }}
        aria-valuetext={shown}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
        onDblClick={() => onChange(normal)}
      />
    </div>
  );
}

const signed = (value: number): string =>
  value === 0 ? 'as it is' : `${value > 0 ? '+' : '−'}${Math.abs(value)}`;

export function Delivery() {
  const { rate, pitch } = work.value;
  return (
    <section class="panel delivery" aria-labelledby="delivery-title">
      <h2 id="delivery-title">Delivery</h2>
      <Slider
        {...{ id: 'rate', label: 'Speed', min: 0.5, max: 2, step: 0.05, value: rate, normal: 1 }}
        shown={rate === 1 ? 'as it is' : `${rate.toFixed(2)}×`}
        onChange={(value) => {
          change('rate', { rate: value });
          later();
        }}
      />
      <Slider
        {...{ id: 'pitch', label: 'Pitch', min: -6, max: 6, step: 0.5, value: pitch, normal: 0 }}
        shown={signed(pitch)}
        onChange={(value) => {
          change('pitch', { pitch: value });
          later();
        }}
      />
      <Words />
    </section>
  );
}

function Words() {
  const entries = Object.entries(work.value.lexicon);
  if (entries.length === 0) return null;
  return (
    <div class="lexicon">
      <h3>Words said another way</h3>
      <ul>
        {entries.map(([word, sound]) => (
          <li key={word}>
            <span>
              <strong>{word}</strong> {sound}
            </span>
            <button
              type="button"
              class="plain"
              aria-label={`Forget how to say ${word}`}
              onClick={() => {
                pronounce(word, undefined);
                later();
              }}
            >
              Forget
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Loaded when a file is wanted. */
const saving = () => import('../files/save.js');

type Saver = (signal: AbortSignal, tell: Saving) => Promise<void>;

const audioIn =
  (format: (typeof AUDIO)[number]['format']): Saver =>
  (signal, tell) =>
    saving().then(({ saveAudio }) => saveAudio(format, signal, tell));
const captionsIn =
  (format: (typeof CAPTIONS)[number]['format']): Saver =>
  (signal, tell) =>
    saving().then(({ saveCaptions }) => saveCaptions(format, signal, tell));

/** Formats of audio with a button of their own; the others stand behind the captions. */
const MAIN_FORMATS = 4;
const OTHERS = [
  ...CAPTIONS.map(({ format, name, hint }) => ({ name, hint, save: captionsIn(format) })),
  ...AUDIO.slice(MAIN_FORMATS).map(({ format, name, hint }) => ({ name, hint, save: audioIn(format) })),
];

/** Only one set of voices is loaded at a time. */
const ANOTHER_VOICE = 'another voice';

interface Progress {
  name: string;
  /** Sentences that have been made, of how many. */
  made: number;
  all: number;
  control: AbortController;
}

export function Save() {
  const progress = useSignal<Progress | undefined>(undefined);
  async function run(name: string, save: Saver) {
    if ((await allRows()).length === 0) {
      const hasText = (): boolean => rows.value.length > 0;
      return say('There is nothing to save yet: type a text first.', {
        ...{ isProblem: true, isOver: hasText },
      });
    }
    progress.value?.control.abort();
    const control = new AbortController();
    progress.value = { name, made: 0, all: 1, control };
    const { set } = voiceOf(work.value.voice);
    const stopWatching = effect(() => {
      if (voiceOf(work.value.voice).set !== set) control.abort(ANOTHER_VOICE);
    });
    try {
      await save(control.signal, (made, all) => {
        if (progress.value?.control === control) progress.value = { name, made, all, control };
      });
      say(`The ${name} file is saved with your downloads.`);
    } catch (error) {
      if (control.signal.reason === ANOTHER_VOICE)
        say(`The ${name} file was not made, as another voice was chosen. Save it again.`, {
          isProblem: true,
        });
      else if (!control.signal.aborted)
        say(`The ${name} file could not be made. Try again, or choose another format.`, {
          isProblem: true,
          details: (error as Error).message,
        });
    }
    stopWatching();
    if (progress.value?.control === control) progress.value = undefined;
  }
  const now = progress.value;
  return (
    <section class="panel save" aria-labelledby="save-title">
      <h2 id="save-title">Save</h2>
      <fieldset class="formats" aria-label="Sound">
        {AUDIO.slice(0, MAIN_FORMATS).map(({ format, name, hint }) => (
          <button
            key={format}
            type="button"
            class={format === 'mp3' ? 'solid' : 'outline'}
            title={hint}
            onClick={() => void run(name, audioIn(format))}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <details>
        <summary>Captions and other formats</summary>
        <fieldset class="formats" aria-label="Captions and other formats">
          {OTHERS.map(({ name, hint, save }) => (
            <button
              key={name}
              type="button"
              class="outline"
              title={hint}
              onClick={() => void run(name, save)}
            >
              {name} <small>{hint}</small>
            </button>
          ))}
        </fieldset>
      </details>
      {now && (
        <div class="progress">
          <label>
            Making the {now.name} file
            {now.all > 1 && `: ${now.made} of ${now.all} sentences`}
            <progress max={now.all} value={now.made} />
          </label>
          <button
            type="button"
            class="plain"
            onClick={() => {
              now.control.abort();
              progress.value = undefined;
            }}
          >
            Cancel
          </button>
        </div>
      )}
    </section>
  );
}
