// If this fails, pages hear something other than what was synthesised, or cannot pause, seek and follow it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { snr } from '../browser/signal.js';
import type { PlayWish } from './pages/play.js';

const test = suite('player');
const script = new URL('./pages/play.ts', import.meta.url);

const browser = await openBrowser();
if (browser) {
  async function play<T>(what: PlayWish['what']): Promise<T> {
    const { value, complaints } = await browser!.run<T>({ script, argument: { what } });
    assert.equal(complaints, []);
    return value;
  }

  test('plays a source sample for sample, and again', async () => {
    const heard = await play<{
      played: Float32Array;
      given: Float32Array;
      states: string[];
      duration: number;
      time: number;
      again: number;
    }>('plain');
    assert.is(heard.played.length, heard.given.length);
    assert.ok(heard.played.every((sample, i) => sample === heard.given[i]));
    assert.is(heard.states[0], 'waiting');
    assert.is(heard.states.at(-1), 'ended');
    assert.ok(Math.abs(heard.duration - 1) < 1e-9);
    assert.ok(Math.abs(heard.time - 1) < 1e-9);
    assert.is(heard.again, 2);
  });

  test('pauses, and seeks in what exists', async () => {
    const { paused, silence, sought, back, beyond, places, states } = await play<{
      paused: number;
      silence: number;
      sought: number;
      back: number;
      beyond: number;
      places: Float32Array;
      states: string[];
    }>('seek');
    assert.ok(paused > 0.25 && paused < 1.4, `${paused}`);
    assert.is(silence, 0);
    assert.is(sought, 1.5);
    assert.is(back, 0.5);
    assert.is(beyond, 2);
    const fade = 0.005 * 22050 + 128;
    const first = places[Math.ceil(fade)]! - fade / 22050;
    assert.ok(Math.abs(first - 1.5) < 0.01, `began at ${first} s`);
    const silent = places.lastIndexOf(0); // between the two fades of the jump
    const landed = places[silent + Math.ceil(fade)]! - fade / 22050;
    assert.ok(silent > 0 && Math.abs(landed - 0.5) < 0.01, `landed at ${landed} s`);
    assert.ok(states.includes('paused'));
  });

  test('stretches time and keeps the pitch', async () => {
    const results =
      await play<Record<string, { seconds: number; hz: number; heard: Float32Array }>>('stretched');
    for (const [rate, { seconds, hz, heard }] of Object.entries(results)) {
      assert.ok(Math.abs(seconds * Number(rate) - 1) < 0.06, `${seconds} s at rate ${rate}`);
      assert.ok(Math.abs(hz - 220) < 4, `${hz} Hz at rate ${rate}`);
      let jump = 0;
      for (let i = 1; i < heard.length; i++) jump = Math.max(jump, Math.abs(heard[i]! - heard[i - 1]!));
      assert.ok(jump < 0.05, `a jump of ${jump} at rate ${rate}; the tone's own are 0.031`);
    }
  });

  test('brings speech of another rate to the context', async () => {
    const { heard, duration } = await play<{ heard: Float32Array; duration: number }>('other-rate');
    assert.ok(Math.abs(duration - 0.5) < 1e-3);
    assert.ok(Math.abs(heard.length / 48000 - 0.5) < 0.01, `${heard.length}`);
    // The best sine of 1,000 Hz in the middle, by projection: what is left is the fault of the interpolation.
    const middle = heard.slice(4800, 4800 + 9600);
    const angle = (i: number): number => (2 * Math.PI * 1000 * i) / 48000;
    const part = (wave: (x: number) => number): number =>
      (2 / middle.length) * middle.reduce((sum, sample, i) => sum + sample * wave(angle(i)), 0);
    const [sine, cosine] = [part(Math.sin), part(Math.cos)];
    const ideal = middle.map((_, i) => sine * Math.sin(angle(i)) + cosine * Math.cos(angle(i)));
    assert.ok(snr(ideal, middle) > 50, `${snr(ideal, middle)} dB`);
    assert.ok(Math.abs(Math.hypot(sine, cosine) - 0.5) < 0.005);
  });

  test('tells words in order and asks for no more than it needs', async () => {
    const { words, taken, state, after, known } = await play<{
      words: (string | undefined)[];
      taken: number[];
      state: string;
      after: string | undefined;
      known: number;
    }>('words');
    const told = words.filter((word) => word !== undefined).map(Number);
    assert.ok(told.length >= 5, `${told}`);
    assert.equal(
      told,
      [...told].sort((a, b) => a - b),
    );
    assert.is(taken.at(-1), -1, 'the source was not told of the stop');
    assert.ok(
      taken.slice(0, -1).every((ahead) => ahead <= 0.55),
      `${taken}`,
    );
    assert.is(state, 'idle');
    assert.is(after, undefined);
    assert.is(known, 0);
  });

  test('passes on what a source throws, and refuses wrong options', async () => {
    const { errors, states } = await play<{ errors: string[]; states: string[] }>('faults');
    const wanted = [
      /^broken after 0$/,
      /^broken after 1$/,
      /^There is nothing to play/,
      /^Bad value for rate; got 3; wanted 0.5 to 2/,
      /^Bad value for volume; got -1/,
      /^Unknown option of Player; got "speed"/,
    ];
    assert.is(errors.length, wanted.length, errors.join('\n'));
    for (const [n, pattern] of wanted.entries()) assert.match(errors[n]!, pattern);
    assert.ok(states.includes('failed'));
    assert.is(states.at(-1), 'ended');
  });

  test('says that sound is blocked, and goes on at the next touch', async () => {
    const { states } = await play<{ states: string[] }>('interrupted');
    const at = states.indexOf('blocked');
    assert.ok(at > 0, states.join());
    assert.equal(states.slice(at + 1).slice(-2), ['playing', 'ended']);
  });

  test.after(() => browser.close());
}
test.run();
