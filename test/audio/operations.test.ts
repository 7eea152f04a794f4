// If this fails, audio that users edit clicks, is of the wrong level or length, or its word times are wrong.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { analyzeAudio } from '../../src/audio/analyze.js';
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import type { FadeCurve } from '../../src/audio/operations.js';
import { splitTimeline } from '../../src/audio/timeline.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { bufferOf, leavingNoLease, RATE, tone, wordsAt } from './made.js';

const test = suite('audio operations');
const arena = new Arena();
const ones = (frames: number, channels = 1) =>
  bufferOf(arena, new Array(frames * channels).fill(1), { channels });
const timesOf = ({ timeline }: AudioBuffer) =>
  timeline.words.map(({ text, start, end }) => [text, Number(start.toFixed(6)), Number(end.toFixed(6))]);
const close = (got: number, wanted: number, within = 1e-6) =>
  assert.ok(Math.abs(got - wanted) <= within, `${got} instead of ${wanted}`);

const check = (name: string, run: () => void | Promise<void>) => test(name, leavingNoLease(arena, run));

check('measures the levels of a sine and changes them in dB and dBFS', () => {
  using audio = bufferOf(arena, tone(100, 1));
  close(audio.rms(), 0.5 / Math.SQRT2);
  close(audio.peak(), 0.5);
  assert.is(audio.gain(20 * Math.log10(2)), audio);
  close(audio.peak(), 1);
  close(audio.normalize(0.25).peak(), 0.25);
  close(audio.normalize({ dBFS: -6 }).peak(), 0.501187);
  close(audio.normalize().peak(), 1);
  using silence = bufferOf(arena, new Float32Array(10));
  assert.equal([silence.normalize().peak(), silence.rms()], [0, 0]);
});

check('fades along the curve and leaves the rest unchanged', () => {
  for (const [curve, middle] of [
    ['linear', 0.5],
    ['equal-power', Math.SQRT1_2],
    ['smooth', 0.5],
  ] as [FadeCurve, number][]) {
    for (const channels of [1, 2]) {
      using audio = ones(1000, channels);
      audio.fadeIn(0.05, curve).fadeOut(0.025, curve);
      const { samples } = audio;
      for (let c = 0; c < channels; c++) {
        close(samples[c]!, 0);
        close(samples[200 * channels + c]!, middle);
        assert.is(samples[400 * channels + c], 1);
        assert.is(samples[799 * channels + c], 1);
        close(samples[899 * channels + c]!, middle);
        close(samples[999 * channels + c]!, 0);
      }
    }
  }
  using whole = ones(8);
  whole.fadeIn(whole.duration).fadeOut(0);
  assert.equal([...whole.samples], [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]);
});

check('resamples with length, sound and times kept', async () => {
  const timeline = wordsAt(['hello', 0.1, 0.4]);
  using audio = bufferOf(arena, tone(440, 1), { timeline, startTime: 3 });
  using more = await audio.resample(22050);
  assert.equal([more.sampleRate, more.samples.length, more.startTime], [22050, 22050, 3]);
  assert.equal(more.timeline, timeline);
  const wanted = tone(440, 1, 22050);
  assert.ok(maxAbs(more.samples.subarray(1000, 21000), wanted.subarray(1000, 21000)) < 1e-4);
  using stereo = audio.toStereo();
  using both = await stereo.resample(16000);
  using same = await audio.resample(RATE);
  assert.equal([both.channels, both.samples.length, same.samples.length], [2, 32000, RATE]);
  assert.ok(maxAbs(same.samples.subarray(600, 7000), audio.samples.subarray(600, 7000)) < 1e-5);
  const dropped = bufferOf(arena, tone(440, 1));
  const going = dropped.resample(16000);
  dropped.dispose();
  assert.ok(dropped.isDisposed);
  using arrived = await going;
  close(arrived.rms(), 0.5 / Math.SQRT2, 1e-3);
});

check('mixes down to the mean, in a copy', () => {
  using stereo = bufferOf(arena, [1, 0, 0.5, -0.5], { channels: 2 });
  using mono = stereo.toMono();
  assert.equal([mono.channels, [...mono.samples], mono.duration], [1, [0.5, 0], stereo.duration]);
  using copy = mono.toMono();
  copy.gain(-20);
  assert.is(mono.peak(), 0.5);
});

check('trims silence but for the margin, and keeps the times', () => {
  for (const channels of [1, 2]) {
    const samples = new Float32Array(RATE * channels);
    samples.fill(0.5, 2000 * channels, 6000 * channels);
    if (channels === 2) samples[1800 * 2 + 1] = 0.01; // one channel sounds earlier: -40 dB
    const timeline = wordsAt(['a', 0.2, 0.5], ['b', 0.5, 0.9]);
    using audio = bufferOf(arena, samples, { channels, timeline, startTime: 0 });
    using trimmed = audio.trimSilence({ keepSeconds: 0.0125 });
    const first = channels === 2 ? 1700 : 1900;
    close(trimmed.duration, (6100 - first) / RATE, 1e-9);
    const start = first / RATE;
    close(trimmed.timeline.words[0]!.start, Math.max(0, 0.2 - start));
    close(trimmed.timeline.words[1]!.start, 0.5 - start);
    close(trimmed.timeline.words[1]!.end, trimmed.duration);
    using louder = audio.trimSilence({ thresholdDb: -30, keepSeconds: 0 });
    close(louder.duration, 0.5, 1e-9);
    using untouched = audio.trimSilence({ keepSeconds: 10 });
    assert.equal([...untouched.samples], [...samples]);
  }
  using silent = bufferOf(arena, new Float32Array(100));
  using nothing = silent.trimSilence();
  assert.equal([nothing.duration, nothing.toWav().length], [0, 44]);
});

check('slices and splits into views with their own words and times', () => {
  const timeline = wordsAt(['a', 0, 0.3], ['b', 0.3 - 1e-12, 0.55], ['c', 0.55, 1]);
  timeline.marks.push({ name: 'middle', time: 0.5 }, { name: 'end', time: 1 });
  const audio = bufferOf(arena, tone(100, 1), { timeline });
  const [one, two, three] = audio.split([0.3, 0.5]) as [AudioBuffer, AudioBuffer, AudioBuffer];
  assert.is(arena.stats().leases, 1, 'nothing was copied');
  assert.equal(
    [timesOf(one), timesOf(two), timesOf(three)],
    [[['a', 0, 0.3]], [['b', 0, 0.25]], [['c', 0.05, 0.5]]],
  );
  assert.equal(
    [...two.timeline.marks, ...three.timeline.marks].map(({ name, time }) => [name, time]),
    [
      ['middle', 0],
      ['end', 0.5],
    ],
  );
  using slice = audio.slice(0.25, 0.5);
  slice.gain(6);
  assert.is(two.samples[100], slice.samples[500], 'they are the same memory');
  audio.dispose();
  audio.dispose(); // the parts have holds of their own
  assert.is(audio.isDisposed, true);
  close(three.duration, 0.5);
  assert.ok(three.peak() > 0.4);
  one.dispose();
  two.dispose();
  assert.is(arena.stats().leases, 1);
  three.dispose();
});

check('gives a word at an empty piece to one piece only', () => {
  using audio = bufferOf(arena, tone(100, 1), { timeline: wordsAt(['late', 1, 1]) });
  const pieces = audio.split([0.5, 1, 1]);
  assert.equal(
    pieces.map((piece) => [piece.samples.length, piece.timeline.words.length]),
    [
      [4000, 0],
      [4000, 0],
      [0, 0],
      [0, 1],
    ],
  );
  for (const piece of pieces) piece.dispose();
});

check('appends with a pause and the words in time', () => {
  using a = bufferOf(arena, tone(100, 0.5), { timeline: wordsAt(['a', 0.1, 0.4]) });
  using b = bufferOf(arena, tone(200, 0.25), { timeline: wordsAt(['b', 0, 0.2]) });
  using joined = a.append(b, { pause: 0.25 });
  assert.equal([...joined.samples], [...a.samples, ...new Float32Array(2000), ...b.samples]);
  assert.equal(timesOf(joined), [
    ['a', 0.1, 0.4],
    ['b', 0.75, 0.95],
  ]);
  using first = bufferOf(arena, tone(100, 0.5), { timeline: wordsAt(['c', 2.1, 2.4]), startTime: 2 });
  using second = bufferOf(arena, tone(100, 0.5), { timeline: wordsAt(['d', 2.5, 2.75]), startTime: 2.5 });
  using stream = first.append(second);
  assert.is(stream.startTime, 2);
  assert.equal(timesOf(stream), [
    ['c', 2.1, 2.4],
    ['d', 2.5, 2.75],
  ]);
  using trimmed = stream.slice(0.5);
  assert.equal([timesOf(trimmed), trimmed.startTime], [[['d', 0, 0.25]], 0]);
});

check('mixes at the level and place asked for', () => {
  using a = bufferOf(arena, [0.1, 0.2, 0.3, 0.4], { timeline: wordsAt(['a', 0, 0.0005]) });
  using b = bufferOf(arena, [0.5, 0.5, 0.5], { timeline: wordsAt(['b', 0, 0.0003]) });
  using mixed = a.mix(b, { gainDb: 20 * Math.log10(0.5), offset: 2 / RATE });
  assert.ok(maxAbs(mixed.samples, [0.1, 0.2, 0.55, 0.65, 0.25]) < 1e-6);
  assert.equal(timesOf(mixed), [
    ['a', 0, 0.0005],
    ['b', 0.00025, 0.00055],
  ]);
  using apart = a.mix(b, { offset: 6 / RATE });
  assert.ok(maxAbs(apart.samples, [0.1, 0.2, 0.3, 0.4, 0, 0, 0.5, 0.5, 0.5]) < 1e-6);
});

check('crossfades with a constant sum or power and the words in time', () => {
  for (const channels of [1, 2]) {
    using a = ones(800, channels);
    using b = bufferOf(arena, new Array(800 * channels).fill(1), {
      channels,
      timeline: wordsAt(['b', 0, 0.1]),
    });
    using linear = a.crossfade(b, 0.05, 'linear');
    assert.is(linear.duration, 0.15);
    assert.ok(linear.samples.every((x) => Math.abs(x - 1) < 1e-6));
    assert.equal(timesOf(linear), [['b', 0.05, 0.15]]);
  }
  using a = ones(800);
  using silence = bufferOf(arena, new Float32Array(800));
  using going = a.crossfade(silence, 0.05);
  using coming = silence.crossfade(a, 0.05);
  for (let i = 0; i < 1200; i++) {
    close(going.samples[i]! ** 2 + coming.samples[i]! ** 2, 1);
    close(going.samples[i]!, coming.samples[1199 - i]!); // one is the mirror of the other
  }
  using none = a.crossfade(silence, 0);
  using joined = a.append(silence);
  assert.equal([...none.samples], [...joined.samples]);
});

check('gives chunks as views of the size asked for, in order', () => {
  for (const channels of [1, 2]) {
    using audio = bufferOf(
      arena,
      Float32Array.from({ length: 2500 * channels }, (_, i) => i),
      { channels },
    );
    const chunks = [...audio.chunks()];
    assert.equal(
      chunks.map((chunk) => chunk.length),
      [1024 * channels, 1024 * channels, 452 * channels],
    );
    assert.equal(
      chunks.flatMap((chunk) => [...chunk]),
      [...audio.samples],
    );
    for (const chunk of audio.chunks(2048)) chunk.fill(7);
    assert.ok(audio.samples.every((x) => x === 7));
  }
});

check('refuses what is out of range or does not match, without a lease', async () => {
  using audio = bufferOf(arena, tone(100, 1));
  using stereo = audio.toStereo();
  using faster = bufferOf(arena, tone(100, 1, 16000), { rate: 16000 });
  const before = [...audio.samples];
  const { leases } = arena.stats();
  const bad = {} as never;
  for (const use of [
    () => audio.gain(Number.NaN),
    () => audio.gain(121),
    () => audio.gain('3' as never),
    () => audio.normalize(0),
    () => audio.normalize(1.5),
    () => audio.normalize({ dBFS: 3 }),
    () => audio.normalize(null as never),
    () => audio.fadeIn(-1),
    () => audio.fadeOut(1.1),
    () => audio.fadeIn(0.1, 'toString' as never),
    () => audio.trimSilence({ thresholdDb: 1 }),
    () => audio.trimSilence({ keepSeconds: -1 }),
    () => audio.slice(0.5, 0.25),
    () => audio.slice(0, 1.1),
    () => audio.slice(Number.NaN),
    () => audio.split([0.5, 0.2]),
    () => audio.split([2]),
    () => audio.split(bad),
    () => audio.append(audio, { pause: -1 }),
    () => audio.append(audio, { pause: Number.POSITIVE_INFINITY }),
    () => audio.mix(audio, { gainDb: 500 }),
    () => audio.mix(audio, { offset: -0.1 }),
    () => audio.crossfade(audio, 1.5),
    () => audio.crossfade(audio, 0.5, 'cubic' as never),
    () => audio.chunks(0),
    () => audio.chunks(1.5),
    () => audio.resample(0),
    () => audio.resample(500_000),
    () => audio.toWav('mp3' as never),
    () => audio.save('never.wav', 'mp3' as never),
    () => audio.save(1 as never),
  ]) {
    await voirsError(use, 'INVALID_OPTIONS');
  }
  for (const use of [
    (other: AudioBuffer) => audio.append(other),
    (other: AudioBuffer) => audio.mix(other),
    (other: AudioBuffer) => audio.crossfade(other, 0.1),
  ]) {
    assert.match((await voirsError(() => use(stereo), 'INVALID_AUDIO')).suggestion!, /toMono/);
    assert.match((await voirsError(() => use(faster), 'INVALID_AUDIO')).suggestion!, /resample\(8000\)/);
  }
  assert.equal([...audio.samples], before);
  assert.is(arena.stats().leases, leases);
});

check('refuses unknown options with the nearest name', async () => {
  using audio = ones(100);
  for (const [use, nearest] of [
    [() => audio.trimSilence({ tresholdDb: -40 } as never), 'thresholdDb'],
    [() => audio.append(audio, { pauze: 1 } as never), 'pause'],
    [() => audio.mix(audio, { gainDB: 3 } as never), 'gainDb'],
    [() => audio.save('never.wav', { encodings: 'pcm16' } as never), 'encoding'],
    [() => AudioBuffer.fromWav(audio.toWav(), { area: arena } as never), 'arena'],
    [() => analyzeAudio(audio, { silenceTresholdDb: -40 } as never), 'silenceThresholdDb'],
  ] as const)
    assert.match((await voirsError(use, 'INVALID_OPTIONS')).suggestion!, nearest);
  for (const options of [null, 5, []] as never[])
    for (const use of [
      () => audio.trimSilence(options),
      () => audio.append(audio, options),
      () => audio.mix(audio, options),
      () => audio.save('never.wav', options),
      () => AudioBuffer.load(audio.toWav(), options),
      () => analyzeAudio(audio, options),
    ])
      await voirsError(use, 'INVALID_OPTIONS');
  await voirsError(() => AudioBuffer.fromWav(audio.toWav(), { arena: {} as never }), 'INVALID_OPTIONS');
});

check('refuses anything but audio where audio is needed', async () => {
  using audio = ones(100);
  const lookalike = { ...audio, samples: audio.samples, sampleRate: 22050, channels: 1 };
  for (const other of [null, undefined, 5, {}, audio.samples, lookalike, Object.create(null)] as never[])
    for (const use of [
      () => audio.append(other),
      () => audio.mix(other),
      () => audio.crossfade(other, 0),
      () => analyzeAudio(other),
    ])
      await voirsError(use, 'INVALID_AUDIO');
});

test('cuts a timeline by the frames that its times round to', () => {
  const third = 1 / 3; // frame 1 at 3 Hz, as a sum of floats would miss it
  const timeline = {
    ...wordsAt(['a', 0, 2], ['b', third - 1e-12, third], ['c', 2 * third, 1]),
    marks: [{ name: 'm', time: third + 1e-12 }],
  };
  const [before, after] = splitTimeline(timeline, 1, 3);
  assert.equal(
    [before, after].map(({ words, marks }) => [words.map(({ text }) => text), marks.length]),
    [
      [['a'], 0],
      [['b', 'c'], 1],
    ],
  );
  assert.is(before.words[0]!.end, 2, 'a word keeps its end');
  const [all, none] = splitTimeline(timeline, Number.POSITIVE_INFINITY, 3);
  assert.equal([all.words.length, all.marks.length, none], [3, 1, { words: [], marks: [] }]);
});

check('throws DISPOSED for either buffer after dispose()', async () => {
  using live = bufferOf(arena, tone(100, 0.1));
  const gone = bufferOf(arena, tone(100, 0.1));
  const views = gone.chunks(10);
  views.next();
  gone.dispose();
  for (const use of [
    () => gone.rms(),
    () => gone.peak(),
    () => gone.gain(1),
    () => gone.gain(0),
    () => gone.normalize(),
    () => gone.fadeIn(0),
    () => gone.fadeOut(0),
    () => gone.resample(16000),
    () => gone.toMono(),
    () => gone.toStereo(),
    () => gone.trimSilence(),
    () => gone.slice(),
    () => gone.split([]),
    () => gone.append(live),
    () => live.append(gone),
    () => gone.mix(live),
    () => live.mix(gone),
    () => gone.crossfade(live, 0),
    () => live.crossfade(gone, 0),
    () => gone.chunks(),
    () => views.next(),
  ]) {
    await voirsError(use, 'DISPOSED');
  }
});

const samples = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 300 });

check('splits what was appended, and appends what was split', () => {
  fc.assert(
    fc.property(samples, samples, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      using one = bufferOf(arena, a, { timeline: wordsAt(['a', 0, a.length / RATE]) });
      using other = bufferOf(arena, b, { timeline: wordsAt(['b', 0, b.length / RATE]) });
      using joined = one.append(other);
      const parts = joined.split([one.duration]);
      parts.forEach((part, i) => {
        const whole = [one, other][i]!;
        assert.equal(part.samples, whole.samples);
        assert.equal(timesOf(part), timesOf(whole));
      });
      const [left, right] = joined.split([joined.duration * share]) as [AudioBuffer, AudioBuffer];
      using again = left.append(right);
      assert.equal(again.samples, joined.samples);
      assert.equal(timesOf(again), timesOf(joined));
      for (const part of [...parts, left, right]) part.dispose();
    }),
    { numRuns: 150, seed: 5 },
  );
});

check('gives the samples back after a gain and its opposite', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: -60, max: 60, noNaN: true }), (values, decibels) => {
      using audio = bufferOf(arena, values);
      const before = audio.samples.slice();
      audio.gain(decibels).gain(-decibels);
      before.forEach((x, i) => {
        assert.ok(Math.abs(audio.samples[i]! - x) <= Math.abs(x) * 2e-7 + 1e-37, `${x}: ${audio.samples[i]}`);
      });
    }),
    { numRuns: 150, seed: 6 },
  );
});

check('keeps mono bit for bit through stereo and back', () => {
  fc.assert(
    fc.property(samples, (values) => {
      using mono = bufferOf(arena, values);
      using stereo = mono.toStereo();
      using again = stereo.toMono();
      assert.equal(again.samples, mono.samples);
      assert.equal([stereo.channels, stereo.duration], [2, mono.duration]);
    }),
    { numRuns: 100, seed: 7 },
  );
});

test.run();
