// If this fails, an operation on audio mixes the channels of stereo up, or works in a copy where it says in
// place.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import { Arena } from '../../src/memory/arena.js';
import { bufferOf, leavingNoLease, RATE } from './made.js';

const test = suite('audio operations, mono and stereo');
const arena = new Arena();
const check = (name: string, run: () => void) => test(name, leavingNoLease(arena, run));

/** One channel of a buffer. */
function channelOf({ samples, channels }: AudioBuffer, channel: number): number[] {
  return [...samples].filter((_, i) => i % channels === channel);
}

const interleaved = (left: readonly number[], right: readonly number[]): number[] =>
  left.flatMap((x, i) => [x, right[i]!]);

const sample = fc.float({ min: -1, max: 1, noNaN: true });
/** Frames of two channels. */
const frames = fc.array(fc.tuple(sample, sample), { minLength: 2, maxLength: 200 });

/** Operations that treat each channel as if it were alone. `other` has as many channels. */
const OPERATIONS: Record<string, (audio: AudioBuffer, other: AudioBuffer) => AudioBuffer[]> = {
  gain: (audio) => [audio.gain(-7.5)],
  fadeIn: (audio) => [audio.fadeIn(audio.duration / 2, 'smooth')],
  fadeOut: (audio) => [audio.fadeOut(audio.duration / 2, 'equal-power')],
  slice: (audio) => [audio.slice(1 / RATE)],
  split: (audio) => audio.split([1 / RATE, audio.duration / 2]),
  append: (audio, other) => [audio.append(other, { pause: 3 / RATE })],
  mix: (audio, other) => [audio.mix(other, { gainDb: 3, offset: 1 / RATE })],
  crossfade: (audio, other) => [audio.crossfade(other, 1 / RATE)],
  'a WAV file, loaded': (audio) => [AudioBuffer.fromWav(audio.toWav('float32'), { arena })],
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  check(`treats each channel of stereo as if alone: ${name}`, () => {
    fc.assert(
      fc.property(frames, frames, (one, two) => {
        const [first, second] = [one, two].map((pairs) => [
          pairs.map(([left]) => left),
          pairs.map(([, right]) => right),
        ]) as [[number[], number[]], [number[], number[]]];
        const stereo = bufferOf(arena, interleaved(...first), { channels: 2 });
        const stereoOther = bufferOf(arena, interleaved(...second), { channels: 2 });
        const results = operation(stereo, stereoOther);
        for (const channel of [0, 1] as const) {
          const mono = bufferOf(arena, first[channel]);
          const monoOther = bufferOf(arena, second[channel]);
          const alone = operation(mono, monoOther);
          assert.is(results.length, alone.length);
          for (const [i, result] of results.entries()) {
            assert.equal([result.channels, alone[i]!.channels], [2, 1]);
            assert.is(result.duration, alone[i]!.duration);
            assert.equal(channelOf(result, channel), [...alone[i]!.samples], `${name}, channel ${channel}`);
          }
          for (const buffer of [mono, monoOther, ...alone]) buffer.dispose();
        }
        for (const buffer of [stereo, stereoOther, ...results]) buffer.dispose();
      }),
      { numRuns: 40, seed: 8 },
    );
  });
}

check('measures and converts both channels of stereo alike', () => {
  fc.assert(
    fc.property(frames, (pairs) => {
      const [left, right] = [pairs.map(([x]) => x), pairs.map(([, x]) => x)];
      using stereo = bufferOf(arena, interleaved(left, right), { channels: 2 });
      using one = bufferOf(arena, left);
      using two = bufferOf(arena, right);
      assert.is(stereo.duration, one.duration);
      assert.is(stereo.peak(), Math.max(one.peak(), two.peak()));
      const power = (one.rms() ** 2 + two.rms() ** 2) / 2;
      assert.ok(Math.abs(stereo.rms() ** 2 - power) < 1e-9);
      using mono = stereo.toMono();
      left.forEach((x, i) => {
        assert.ok(Math.abs(mono.samples[i]! - (x + right[i]!) / 2) < 1e-7);
      });
      using both = one.toStereo();
      assert.equal([channelOf(both, 0), channelOf(both, 1)], [left, left]);
      const peak = stereo.peak();
      if (peak < 1e-30) return;
      stereo.normalize(0.5);
      [...stereo.samples].forEach((x, i) => {
        const wanted = ((i % 2 ? right : left)[i >> 1]! * 0.5) / peak;
        assert.ok(Math.abs(x - wanted) < 1e-6, `${x} instead of ${wanted}`);
      });
    }),
    { numRuns: 60, seed: 9 },
  );
});

check('keeps what sounds in either channel when it trims silence', () => {
  const left = [0, 0, 0, 0.5, 0, 0, 0, 0];
  const right = [0, 0, 0, 0, 0, 0.5, 0, 0];
  using stereo = bufferOf(arena, interleaved(left, right), { channels: 2 });
  using trimmed = stereo.trimSilence({ keepSeconds: 0 });
  assert.equal([...trimmed.samples], [0.5, 0, 0, 0, 0, 0.5]);
});

check('changes gain, peak and fades in place, without a lease', () => {
  for (const channels of [1, 2]) {
    using audio = bufferOf(arena, new Array(400).fill(0.25), { channels });
    const { samples } = audio;
    const stats = arena.stats();
    for (const same of [audio.gain(6), audio.normalize(0.5), audio.fadeIn(0.01), audio.fadeOut(0.01)]) {
      assert.is(same, audio);
      assert.is(audio.samples, samples);
    }
    assert.equal(arena.stats(), stats);
    const parts = [audio.slice(0.01), ...audio.split([0.01])];
    for (const part of parts) assert.is(part.samples.buffer, samples.buffer);
    assert.equal([arena.stats().leases, arena.stats().usedBytes], [stats.leases, stats.usedBytes]);
    for (const part of parts) part.dispose();
  }
});

test.run();
