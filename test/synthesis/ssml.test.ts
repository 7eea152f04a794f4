// If this fails, markup is accepted and not heard: breaks of the wrong length, prosody on the wrong words, lost marks.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import {
  type AudioBuffer,
  type TimedMark,
  type TimedWord,
  type Utterance,
  VoirsPipeline,
} from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('SSML, heard');
const RATE = 22050;
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());

const speak = (content: string) => pipeline.synthesizeSsml(`<speak>${content}</speak>`);
const wordOf = (audio: AudioBuffer, text: string): TimedWord =>
  audio.timeline.words.find((word) => word.text === text)!;
const length = ({ start, end }: TimedWord) => end - start;
const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

/** Samples that are exactly 0 between two words: what was inserted, not what the model breathes. */
function silenceBetween(audio: AudioBuffer, before: TimedWord, after: TimedWord): number {
  const between = audio.samples.subarray(Math.round(before.end * RATE), Math.round(after.start * RATE));
  let longest = 0;
  let run = 0;
  for (const x of between) {
    run = x === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** F0 in Hz by autocorrelation in the middle of a phone: 60-500 Hz. */
function hertz(audio: AudioBuffer, { start, end }: { start: number; end: number }): number {
  const middle = Math.round(((start + end) / 2) * RATE);
  const part = audio.samples.slice(middle - 600, middle + 600);
  let best = 0;
  let bestLag = 1;
  for (let lag = Math.floor(RATE / 500); lag < RATE / 60; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < part.length; i++) sum += part[i]! * part[i + lag]!;
    sum /= part.length - lag;
    if (sum > best) {
      best = sum;
      bestLag = lag;
    }
  }
  return RATE / bestLag;
}

test('without elements it sounds as plain text does', async () => {
  const text = 'Nothing special here. Is there?';
  using plain = await pipeline.synthesize(text);
  using marked = await speak(text);
  assert.is(maxAbs(marked.samples, plain.samples), 0);
  assert.equal(
    marked.timeline.words.map(({ start, end }) => [start, end]),
    plain.timeline.words.map(({ start, end }) => [start, end]),
  );
});

test('a break is exactly its seconds of silence, where it stands and nowhere else', async () => {
  for (const seconds of [0.3, 1.25]) {
    using audio = await speak(`One two <break time="${seconds}s"/> three four.`);
    const [one, two, three, four] = audio.timeline.words;
    assert.is(silenceBetween(audio, two!, three!), Math.round(seconds * RATE));
    assert.ok(three!.start - two!.end >= seconds);
    assert.ok(silenceBetween(audio, one!, two!) < 10 && silenceBetween(audio, three!, four!) < 10);
  }
  using ends = await speak('<break time="500ms"/>One.<break strength="x-strong"/>');
  const zeros = (samples: Float32Array) => samples.findIndex((x) => x !== 0);
  assert.is(zeros(ends.samples), 0.5 * RATE);
  assert.is(zeros(ends.samples.slice().reverse()), 2 * RATE);
  using between = await speak('One. <break time="800ms"/> Two.');
  assert.is(silenceBetween(between, between.timeline.words[0]!, between.timeline.words[1]!), 0.8 * RATE);
});

test('rate acts on its own words: their lengths change, the others keep theirs', async () => {
  const content = (inside: string) => `The first part, ${inside}, and the last part.`;
  using usual = await speak(content('wonderful melodies'));
  for (const [rate, factor] of [
    ['50%', 2],
    ['x-fast', 1 / 1.5],
  ] as const) {
    using changed = await speak(content(`<prosody rate="${rate}">wonderful melodies</prosody>`));
    changed.timeline.words.forEach((word, i) => {
      const before = usual.timeline.words[i]!;
      const wanted = ['wonderful', 'melodies'].includes(word.text) ? factor : 1;
      // Frames are whole: each phone may be off by half a frame, before and after.
      const rounding = wanted === 1 ? 1e-9 : word.phones.length * 0.5 * (1 + wanted) * (256 / RATE);
      const off = length(word) - wanted * length(before);
      assert.ok(Math.abs(off) <= rounding, `${word.text}: ${off} s off`);
    });
  }
});

test('the rate of a whole document is the rate of the call', async () => {
  using inMarkup = await speak('<prosody rate="125%" pitch="+2st">Both are the same.</prosody>');
  using inOptions = await pipeline.synthesize('Both are the same.', { speakingRate: 1.25, pitchShift: 2 });
  assert.ok(maxAbs(inMarkup.samples, inOptions.samples) < 1e-5);
});

test('pitch acts on its own words, in semitones, per cent and Hz', async () => {
  const content = (attributes: string) => `More and <prosody ${attributes}>more</prosody> and more again.`;
  using usual = await speak('More and more and more again.');
  const at = (audio: AudioBuffer, i: number) => hertz(audio, audio.timeline.words[i]!.phones[1]!);
  for (const [attributes, semitones] of [
    ['pitch="+4st"', 4],
    ['pitch="-4st"', -4],
    ['pitch="+20%"', 12 * Math.log2(1.2)],
    ['pitch="x-high"', 6],
    ['pitch="+30Hz"', 12 * Math.log2((185.08 + 30) / 185.08)],
  ] as const) {
    using changed = await speak(content(attributes));
    const moved = [0, 2, 4].map((i) => 12 * Math.log2(at(changed, i) / at(usual, i)));
    assert.ok(Math.abs(moved[1]! - semitones) < 0.7, `${attributes} moved by ${moved[1]}`);
    assert.ok(Math.abs(moved[0]!) < 0.7 && Math.abs(moved[2]!) < 0.7, `${attributes} moved others: ${moved}`);
  }
});

test('volume is exact on its own words, and silence is silence', async () => {
  using usual = await speak('One loud word.');
  for (const [volume, decibels] of [
    ['-6dB', -6],
    ['x-loud', 6],
    ['silent', -100],
  ] as const) {
    using changed = await speak(`One <prosody volume="${volume}">loud</prosody> word.`);
    const [one, loud, word] = changed.timeline.words;
    const part = (audio: AudioBuffer, { start, end }: TimedWord) =>
      audio.samples.subarray(Math.round(start * RATE) + 64, Math.round(end * RATE) - 64);
    const ratio = rms(part(changed, loud!)) / rms(part(usual, loud!));
    assert.ok(Math.abs(20 * Math.log10(ratio) - decibels) < 0.01, `${volume}: ${20 * Math.log10(ratio)} dB`);
    for (const other of [one!, word!]) assert.equal(part(changed, other), part(usual, other));
  }
});

test('emphasis makes a word longer, higher and louder than the others are', async () => {
  using usual = await speak('I never said more.');
  using strong = await speak('I never said <emphasis level="strong">more</emphasis>.');
  const [more, plain] = [wordOf(strong, 'more'), wordOf(usual, 'more')];
  assert.ok(length(more) > 1.15 * length(plain));
  assert.ok(hertz(strong, more.phones[1]!) > 1.06 * hertz(usual, plain.phones[1]!));
  assert.is(length(wordOf(strong, 'never')), length(wordOf(usual, 'never')));
});

test('marks have their times', async () => {
  using audio = await speak(
    '<mark name="start"/><break time="1s"/>One <mark name="two"/>two<mark name="cut"/><break time="700ms"/> three. <mark name="four"/>Four.<break time="1s"/><mark name="end"/>',
  );
  const times = Object.fromEntries(audio.timeline.marks.map(({ name, time }) => [name, time]));
  assert.is(times.start, 0);
  assert.is(times.two, wordOf(audio, 'two').start);
  assert.ok(times.cut! >= wordOf(audio, 'two').end && times.cut! <= wordOf(audio, 'three').start - 0.7);
  assert.is(times.four, wordOf(audio, 'four').start);
  assert.ok(Math.abs(times.end! - audio.duration) < 1e-4);
  const order = audio.timeline.marks.map(({ time }) => time);
  assert.equal(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test('a voice speaks its own words', async () => {
  using both = await speak('Good morning. <voice name="miles">Good morning.</voice>');
  using miles = await pipeline.synthesize('Good morning.', { voice: 'miles' });
  using hazel = await pipeline.synthesize('Good morning.');
  assert.is(maxAbs(both.samples.subarray(0, hazel.samples.length), hazel.samples), 0);
  assert.is(maxAbs(both.samples.slice(-miles.samples.length), miles.samples), 0);
});

const DOCUMENT = `<speak>
  <break time="200ms"/><p>Hello <prosody rate="slow" volume="-4dB">there, my</prosody> friend.</p> <mark name="m"/>
  <voice name="miles">She pays <say-as interpret-as="currency">$5.20</say-as><break time="300ms"/> a <prosody pitch="+3st">day</prosody>.</voice>
  <mark name="n"/>Bye.<break time="400ms"/>
</speak>`;

test('streamed it is the same, with the same words and marks', async () => {
  const options = { input: 'ssml', volumeGain: 2, speakingRate: 1.1 } as const;
  using whole = await pipeline.synthesize(DOCUMENT, options);
  const parts: number[] = [];
  const words: TimedWord[] = [];
  const marks: TimedMark[] = [];
  let time = 0;
  for await (const chunk of pipeline.stream(DOCUMENT, options)) {
    assert.ok(Math.abs(chunk.startTime - time) < 1e-9);
    time += chunk.duration;
    for (const x of chunk.samples) parts.push(x);
    words.push(...chunk.timeline.words);
    marks.push(...chunk.timeline.marks);
    chunk.dispose();
  }
  assert.ok(maxAbs(parts, whole.samples) <= 1e-5, `${maxAbs(parts, whole.samples)}`);
  assert.equal({ words, marks }, whole.timeline);
  assert.equal(
    marks.map(({ name }) => name),
    ['m', 'n'],
  );
});

test('prepared, stored and rendered it is the same', async () => {
  using whole = await pipeline.synthesizeSsml(DOCUMENT);
  const utterance = await pipeline.prepare(DOCUMENT, { input: 'ssml' });
  using rendered = await pipeline.render(JSON.parse(JSON.stringify(utterance)) as Utterance);
  assert.is(maxAbs(rendered.samples, whole.samples), 0);
  assert.equal(rendered.timeline, whole.timeline);
});

test('the edits of a prepared utterance act on its numbers, and are checked', async () => {
  const fresh = () => pipeline.prepare('One two three.');
  using usual = await pipeline.render(await fresh());
  const edited = await fresh();
  for (const token of edited.sentences[0]!.tokens)
    if (token.word === 1) Object.assign(token, { rate: 0.5, gain: -6 });
  using slower = await pipeline.render(edited);
  assert.ok(Math.abs(length(wordOf(slower, 'two')) - 2 * length(wordOf(usual, 'two'))) < 1e-9);
  for (const [field, value] of [
    ['rate', 0],
    ['pitchShift', 99],
    ['gain', Number.NaN],
  ] as const) {
    const broken = await fresh();
    broken.sentences[0]!.tokens[1]![field] = value;
    assert.match((await voirsError(() => pipeline.render(broken), 'INVALID_TEXT')).message, field);
  }
  const broken = await fresh();
  broken.sentences[0]!.marks = [{ name: 'x', word: 9 }];
  await voirsError(() => pipeline.render(broken), 'INVALID_TEXT');
  broken.sentences[0]!.marks = [];
  broken.sentences[0]!.voice = 'hal';
  await voirsError(() => pipeline.render(broken), 'VOICE_NOT_FOUND');
});

test('duration is what was asked for, and range moves the pitch', async () => {
  for (const seconds of [2, 5]) {
    using audio = await speak(
      `<prosody duration="${seconds}s">We will see you at the station tomorrow.</prosody>`,
    );
    const { words } = audio.timeline;
    const spoken = words.at(-1)!.end - words[0]!.start;
    assert.ok(Math.abs(spoken - seconds) < 0.03, `${spoken} s, not ${seconds}`);
  }
  const spread = async (range: string) => {
    const ssml = `<speak><prosody range="${range}">Is that a question, or is it an answer?</prosody></speak>`;
    const { sentences } = await pipeline.prepare(ssml, { input: 'ssml' });
    return Math.hypot(...sentences.flatMap(({ tokens }) => tokens.map(({ pitch }) => pitch!)));
  };
  assert.ok(Math.abs((await spread('+50%')) / (await spread('default')) - 1.5) < 1e-6);
});

test('bad markup fails by name, leaves nothing behind, and the next call works', async () => {
  const tensors = engineCounts().tensors;
  const strict = { input: 'ssml', strictSsml: true } as const;
  const refuse = (ssml: string) => pipeline.synthesizeSsml(`<speak>${ssml}</speak>`, { strictSsml: true });
  await voirsError(() => refuse('<prosody>x</prosody>'), 'INVALID_SSML');
  await voirsError(() => refuse('<voice name="hal">x</voice>'), 'VOICE_NOT_FOUND');
  await voirsError(() => pipeline.stream('<speak>', strict), 'INVALID_SSML');
  await voirsError(() => pipeline.prepare('x', strict), 'INVALID_SSML');
  await voirsError(() => pipeline.synthesize('x', { input: 'html' as 'ssml' }), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.synthesizeSsml(undefined as unknown as string), 'INVALID_TEXT');
  assert.is(pipeline.arena.stats().leases, 0);
  using audio = await speak('Still here.');
  assert.ok(audio.duration > 0.3);
  assert.is(engineCounts().tensors, tensors);
});

test.run();
