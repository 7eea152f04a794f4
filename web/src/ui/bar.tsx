// The player at the foot of the page.
import { move, place, position, seekDocument, starts, state, toggle, volume } from '../engine/playback.js';
import { indexOf, rows } from '../state/rows.js';
import { chosen, mode } from '../state/view.js';
import { Icon } from './icons.js';

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => `${value}`.padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const WORDS = {
  idle: '',
  waiting: 'One moment …',
  playing: 'Playing',
  paused: 'Paused',
  blocked: '',
  ended: 'The end',
  failed: '',
} as const;

/** Firefox lets a page wait for ever where the device has nothing to play sound with. */
function whyBlocked(): string {
  return navigator.userActivation?.hasBeenActive
    ? 'The browser finds no sound output. Connect a loudspeaker or headphones, then press play.'
    : 'Press play once more: this browser needs a click before it lets a page sound.';
}

/** Plays or pauses; on the first press the text turns into sentences. */
export function playOrPause(): void {
  chosen.value = undefined;
  if (rows.value.length > 0) mode.value = 'listen';
  toggle();
}

export function Bar() {
  const isSounding = state.value === 'playing' || state.value === 'waiting';
  const total = starts.value.at(-1) ?? 0;
  const list = rows.value;
  const index = indexOf(place.value?.row.key);
  return (
    <section class="bar" aria-label="Player">
      <div class="bar-buttons">
        <button
          type="button"
          class="plain"
          aria-label="Sentence before"
          title="Sentence before (↑)"
          onClick={() => move(-1, 'sentence')}
        >
          <Icon name="back" />
        </button>
        <button
          type="button"
          class="play"
          data-waiting={state.value === 'waiting'}
          disabled={list.length === 0 && !isSounding}
          aria-label={isSounding ? 'Pause' : 'Play'}
          title={isSounding ? 'Pause (space)' : 'Play (space, or Ctrl+Enter while writing)'}
          onClick={playOrPause}
        >
          <Icon name={isSounding ? 'pause' : 'play'} />
        </button>
        <button
          type="button"
          class="plain"
          aria-label="Next sentence"
          title="Next sentence (↓)"
          onClick={() => move(1, 'sentence')}
        >
          <Icon name="forward" />
        </button>
      </div>
      <div class="bar-time">
        <input
          type="range"
          class="seek"
          aria-label="Position"
          aria-valuetext={`${clock(position.value)} of ${clock(total)}`}
          min="0"
          max={Math.max(0.1, total)}
          step="0.01"
          value={position.value}
          style={{ '--share': `${total > 0 ? (100 * position.value) / total : 0}%` }}
          onChange={(event) => seekDocument(Number(event.currentTarget.value))}
        />
        <p>
          <span class="times">
            {clock(position.value)} / {clock(total)}
          </span>
          <span class="where">
            {index >= 0 ? `Sentence ${index + 1} of ${list.length}` : `${list.length} sentences`}
          </span>
          <span class="state" role="status">
            {state.value === 'blocked' ? whyBlocked() : WORDS[state.value]}
          </span>
        </p>
      </div>
      <label class="volume">
        <Icon name="volume" />
        <span class="visually-hidden">Volume</span>
        <input
          type="range"
          min="0"
          max="1.5"
          step="0.05"
          value={volume.value}
          style={{ '--share': `${(100 * volume.value) / 1.5}%` }}
          aria-valuetext={`${Math.round(volume.value * 100)} percent`}
          onInput={(event) => {
            volume.value = Number(event.currentTarget.value);
          }}
        />
      </label>
    </section>
  );
}
