// In a page: plays sources whose every sample is known, and records what reaches the loudspeaker.
import { Player, type PlayerState } from '../../../src/player/player.js';
import type { SpeechChunk } from '../../../src/player/speech-source.js';
import { recorder, until, wait } from './recorder.js';

export interface PlayWish {
  what: 'plain' | 'seek' | 'stretched' | 'other-rate' | 'words' | 'faults' | 'interrupted';
}

const RATE = 22050;

/** A tone, with a word for every tenth of a second. */
function tone(hz: number, seconds: number, sampleRate = RATE): SpeechChunk[] {
  const whole = Float32Array.from(
    { length: seconds * sampleRate },
    (_, i) => Math.sin((2 * Math.PI * hz * i) / sampleRate) * 0.5,
  );
  const chunks: SpeechChunk[] = [];
  for (let at = 0; at < whole.length; at += 5000) {
    const [from, to] = [at / sampleRate, (at + 5000) / sampleRate];
    const words = Array.from({ length: seconds * 10 }, (_, n) => ({
      text: `${n}`,
      span: [n, n + 1] as [number, number],
      start: n / 10,
      end: n / 10 + 0.1,
      phones: [],
      provenance: 'lexicon' as const,
    })).filter(({ start }) => start >= from && start < to);
    chunks.push({ samples: whole.subarray(at, at + 5000), sampleRate, timeline: { words } });
  }
  return chunks;
}

function joined(chunks: readonly SpeechChunk[]): Float32Array {
  return Float32Array.from(chunks.flatMap(({ samples }) => [...samples]));
}

/** Samples from the first that sounds to the last. */
function sounding(samples: Float32Array): Float32Array {
  const from = samples.findIndex((sample) => sample !== 0);
  const to = samples.findLastIndex((sample) => sample !== 0);
  return samples.slice(from, to + 1);
}

async function setUp(options: object = {}, sampleRate = RATE) {
  const context = new AudioContext({ sampleRate });
  const tape = await recorder(context);
  const states: PlayerState[] = [];
  const words: (string | undefined)[] = [];
  const player = new Player({
    ...{ context, destination: tape.node, ...options },
    onState: (state) => states.push(state),
    onWord: (word) => words.push(word?.text),
  });
  return { context, tape, player, states, words };
}

export async function run({ what }: PlayWish): Promise<unknown> {
  if (what === 'plain') {
    const { tape, player, states } = await setUp();
    const source = tone(220, 1);
    await player.play(source);
    await player.finished();
    await wait(50);
    const [played, given] = [sounding(tape.samples()), sounding(joined(source))];
    const result = {
      played,
      given,
      states: [...states],
      duration: player.duration,
      time: player.currentTime,
    };
    await player.play(); // after its end: again
    await player.finished();
    await player.close();
    return { ...result, again: states.filter((state) => state === 'ended').length };
  }
  if (what === 'seek') {
    const { tape, player, states } = await setUp();
    // A ramp: each sample tells its place.
    const samples = Float32Array.from({ length: 2 * RATE }, (_, i) => (i + 1) / (4 * RATE));
    await player.play([{ samples, sampleRate: RATE }]);
    await until(() => player.currentTime > 0.3);
    player.pause();
    await wait(60);
    const paused = player.currentTime;
    tape.clear();
    await wait(100);
    const silence = Math.max(...tape.samples());
    const sought = player.seek(1.5);
    tape.clear();
    await player.play();
    await until(() => player.currentTime > 1.6);
    const back = player.seek(0.5); // during playback
    await until(() => player.currentTime > 0.55 && player.currentTime < 1.5);
    player.pause();
    await wait(60);
    const places = sounding(tape.samples()).map((sample) => sample * 4);
    return { paused, silence, sought, back, beyond: player.seek(99), places, states };
  }
  if (what === 'stretched') {
    const results: Record<string, unknown> = {};
    for (const rate of [0.5, 1.5, 2]) {
      const { tape, player } = await setUp({ rate });
      await player.play(tone(220, 1));
      await player.finished();
      await wait(50);
      const heard = sounding(tape.samples());
      let crossings = 0;
      for (let i = 1; i < heard.length; i++) if (heard[i - 1]! < 0 && heard[i]! >= 0) crossings++;
      results[rate] = { seconds: heard.length / RATE, hz: crossings / (heard.length / RATE), heard };
      await player.close();
    }
    return results;
  }
  if (what === 'other-rate') {
    const { tape, player } = await setUp({}, 48000);
    await player.play(tone(1000, 0.5));
    await player.finished();
    await wait(50);
    return { heard: sounding(tape.samples()), duration: player.duration };
  }
  if (what === 'words') {
    const taken: number[] = [];
    const { player, words } = await setUp({ aheadSeconds: 0.4 });
    async function* slow() {
      try {
        for (const chunk of tone(220, 3)) {
          taken.push(player.duration - player.currentTime);
          yield chunk;
        }
      } finally {
        taken.push(-1);
      }
    }
    await player.play(slow());
    await until(() => player.currentTime > 1);
    const before = words.slice();
    player.stop();
    await until(() => taken.includes(-1));
    return { words: before, taken, state: player.state, after: words.at(-1), known: player.words.length };
  }
  if (what === 'faults') {
    const { player, states } = await setUp();
    const errors: string[] = [];
    const told = (error: unknown): void => void errors.push((error as Error).message);
    async function* broken(after: number) {
      for (const chunk of tone(220, 1).slice(0, after)) yield chunk;
      throw new Error(`broken after ${after}`);
    }
    await player.play(broken(0)).catch(told);
    await player.play(broken(1)).catch(told);
    await player.finished().catch(told);
    await player.play(tone(220, 0.3)); // a failure is no end
    await player.finished();
    await new Player().play().catch(told);
    for (const options of [{ rate: 3 }, { volume: -1 }, { speed: 1 }]) {
      try {
        new Player(options as object);
      } catch (error) {
        told(error);
      }
    }
    return { errors, states };
  }
  const { context, player, states } = await setUp();
  await player.play(tone(220, 1));
  await until(() => player.state === 'playing');
  await context.suspend(); // as a call does on a phone
  await until(() => player.state === 'blocked');
  globalThis.dispatchEvent(new Event('pointerup'));
  await player.finished();
  return { states };
}
