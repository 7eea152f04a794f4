// If this fails, text does not become the right speech: wrong times, wrong length, options without effect.
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { VoirsPipeline } from '../../src/index.js';

const test = suite('synthesis');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 }); // what is said twice is made twice
});
test.after(() => pipeline.dispose());

const HOP = 256;
const rms = (samples: Float32Array) => Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);

test('words have their times, phones and source spans', async () => {
  const text = 'Hello, world. Two cats!';
  using audio = await pipeline.synthesize(text);
  const { words } = audio.timeline;
  assert.equal(
    words.map((word) => word.text),
    ['hello', 'world', 'two', 'cats'],
  );
  assert.equal(
    words.map((word) => text.slice(...word.span)),
    ['Hello', 'world', 'Two', 'cats'],
  );
  let last = 0;
  for (const word of words) {
    assert.ok(word.start >= last && word.end > word.start, `${word.text}: ${word.start} to ${word.end}`);
    assert.is(word.phones[0]!.start, word.start);
    assert.is(word.phones[word.phones.length - 1]!.end, word.end);
    for (const [i, phone] of word.phones.entries())
      if (i > 0) assert.is(phone.start, word.phones[i - 1]!.end);
    last = word.end;
  }
  assert.ok(last <= audio.duration);
  // Where a word is said there is sound, and the audio ends in silence.
  for (const { text, start, end } of words) {
    const said = audio.samples.subarray(Math.floor(start * 22050), Math.floor(end * 22050));
    assert.ok(rms(said) > 0.01, `"${text}" is silent (${rms(said)})`);
  }
});

test('samples are finite, in range, and exactly as many as the frames', async () => {
  using audio = await pipeline.synthesize('A quick check of samples.');
  assert.is(audio.sampleRate, 22050);
  assert.is(audio.channels, 1);
  assert.is(audio.samples.length % HOP, 0);
  assert.ok(audio.samples.every((x) => Math.abs(x) <= 1));
  assert.is(audio.duration, audio.samples.length / 22050);
});

test('the same text twice is the same audio; other text of the same length is not', async () => {
  using first = await pipeline.synthesize('The cat sat down.');
  using again = await pipeline.synthesize('The cat sat down.');
  using other = await pipeline.synthesize('The dog ran home.');
  assert.is(maxAbs(first.samples, again.samples), 0);
  const common = Math.min(first.samples.length, other.samples.length);
  const difference = first.samples.subarray(0, common).map((x, i) => x - other.samples[i]!);
  assert.ok(rms(difference) > 0.5 * rms(first.samples), 'two texts sound alike');
});

test('voices differ, and setVoice changes what is heard', async () => {
  const text = 'Good morning.';
  assert.equal(
    pipeline.listVoices().map((voice) => voice.id),
    ['hazel', 'miles'],
  );
  assert.is(pipeline.getVoice().id, 'hazel');
  using hazel = await pipeline.synthesize(text);
  using once = await pipeline.synthesize(text, { voice: 'miles' });
  assert.is(pipeline.getVoice().id, 'hazel', 'a voice for one call stays with that call');
  pipeline.setVoice('miles');
  using set = await pipeline.synthesize(text);
  pipeline.setVoice('hazel');
  assert.is(maxAbs(once.samples, set.samples), 0);
  assert.ok(maxAbs(hazel.samples, set.samples) > 0.01);
});

test('speakingRate changes the length by about its inverse', async () => {
  const text = 'This sentence is spoken slowly and then again quickly.';
  using usual = await pipeline.synthesize(text);
  using fast = await pipeline.synthesize(text, { speakingRate: 2 });
  using slow = await pipeline.synthesize(text, { speakingRate: 0.5 });
  assert.ok(Math.abs(usual.duration / fast.duration - 2) < 0.25, `${usual.duration / fast.duration}`);
  assert.ok(Math.abs(slow.duration / usual.duration - 2) < 0.25, `${slow.duration / usual.duration}`);
});

/** F0 in Hz by autocorrelation over a voiced stretch: 60-500 Hz. */
function measureHz(samples: Float32Array): number {
  let best = 0;
  let bestLag = 1;
  for (let lag = Math.floor(22050 / 500); lag < 22050 / 60; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < samples.length; i++) sum += samples[i]! * samples[i + lag]!;
    sum /= samples.length - lag;
    if (sum > best) {
      best = sum;
      bestLag = lag;
    }
  }
  return 22050 / bestLag;
}

test('pitchShift moves the fundamental by its semitones', async () => {
  const vowel = async (pitchShift: number) => {
    using audio = await pipeline.synthesize('There is no more left for all of us.', { pitchShift });
    const word = audio.timeline.words.find((one) => one.text === 'more')!;
    const phone = word.phones[1]!;
    const middle = ((phone.start + phone.end) / 2) * 22050;
    return measureHz(audio.samples.slice(middle - 600, middle + 600));
  };
  const usual = await vowel(0);
  const up = await vowel(4);
  const down = await vowel(-4);
  assert.ok(Math.abs(12 * Math.log2(up / usual) - 4) < 0.6, `up ${12 * Math.log2(up / usual)}`);
  assert.ok(Math.abs(12 * Math.log2(down / usual) + 4) < 0.6, `down ${12 * Math.log2(down / usual)}`);
});

test('volumeGain is exact', async () => {
  using usual = await pipeline.synthesize('Loud and clear.');
  using louder = await pipeline.synthesize('Loud and clear.', { volumeGain: 6 });
  const ratio = rms(louder.samples) / rms(usual.samples);
  assert.ok(Math.abs(20 * Math.log10(ratio) - 6) < 0.001);
});

test('sentences are joined with a pause, paragraphs with a longer one', async () => {
  const gap = async (text: string) => {
    using audio = await pipeline.synthesize(text);
    const [first, second] = audio.timeline.words;
    return second!.start - first!.end;
  };
  const space = await gap('One two.');
  const sentence = await gap('One. Two.');
  const paragraph = await gap('One.\n\nTwo.');
  assert.ok(
    space < 0.3 && sentence > space + 0.3 && paragraph > sentence + 0.2,
    `${[space, sentence, paragraph]}`,
  );
});

test('text longer than the model was trained on is spoken whole', async () => {
  const words = Array.from(
    { length: 120 },
    (_, i) => ['many', 'words', 'without', 'any', 'mark', 'at', 'all'][i % 7]!,
  );
  using audio = await pipeline.synthesize(words.join(' '));
  assert.equal(
    audio.timeline.words.map((word) => word.text),
    words,
  );
  assert.ok(audio.duration > 25, `${audio.duration} s`);
});

test('save writes what toWav gives, and an ndarray is a view', async () => {
  using audio = await pipeline.synthesize('Save me.');
  const path = join(tmpdir(), `voirs-save-${process.pid}.wav`);
  await audio.save(path);
  assert.equal(new Uint8Array(await readFile(path)), audio.toWav());
  await rm(path);
  const array = audio.toNdarray();
  array.set(5, 0.25);
  assert.is(audio.samples[5], 0.25);
  assert.is(array.hi(100).lo(10).get(0), audio.samples[10]);
});

test('progress rises to 1', async () => {
  const seen: number[] = [];
  using _ = await pipeline.synthesize('One. Two. Three.', { onProgress: (done) => seen.push(done) });
  assert.ok(seen.length >= 6 && seen.every((x, i) => i === 0 || x >= seen[i - 1]!));
  assert.is(seen[seen.length - 1], 1);
});

test.run();
