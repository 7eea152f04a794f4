// If this fails, long texts are cut short: words are missing from the speech or from its timeline.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Frontend } from '../../src/frontend/frontend.js';
import { VoirsPipeline } from '../../src/index.js';
import { defaultVoiceFolder, loadPronouncer } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('long texts');
const NOUNS = ['river', 'engine', 'morning', 'piano', 'thunderstorm', 'idea', 'garden', 'window'];

/** Sentences of varying length, one in seven without an end, up to `length` characters; and their words. */
function text(length: number): { text: string; words: string[] } {
  const words: string[] = [];
  const parts: string[] = [];
  let size = 0;
  for (let i = 0; size < length; i++) {
    const sentence = Array.from({ length: 3 + ((i * 5) % 40) }, (_, n) => NOUNS[(i * 3 + n) % NOUNS.length]!);
    words.push(...sentence);
    parts.push(`${sentence.join(' ')}${i % 7 === 6 ? '' : '.'}`);
    size += parts[i]!.length + 1;
  }
  return { text: parts.join(' '), words };
}

test('6,800 characters are spoken whole, streamed, every word once and in order', async () => {
  const long = text(6800);
  const voice = tinyVoice();
  await using pipeline = await VoirsPipeline.create({ weights: voice.folder, numThreads: 1 });
  const heard: string[] = [];
  let last = 0;
  for await (const chunk of pipeline.stream(long.text, { speakingRate: 2 })) {
    for (const word of chunk.timeline.words) {
      assert.ok(word.start >= last, `${word.text} at ${word.start} after ${last}`);
      last = word.start;
      heard.push(word.text);
    }
    chunk.dispose();
  }
  assert.equal(heard, long.words);
  assert.is(pipeline.arena.stats().leases, 0);
  voice.remove();
});

test('one megabyte goes through the frontend whole, in runs that the model was trained on', async () => {
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const { maxTrainedTokens } = files.manifest.acoustic;
  const frontend = new Frontend(await loadPronouncer(files), maxTrainedTokens);
  const long = text(2 ** 20);
  const { sentences } = frontend.analyse(long.text);
  let at = 0;
  for (const sentence of sentences) {
    assert.ok(sentence.tokens.length <= maxTrainedTokens);
    for (const word of sentence.words) {
      if (word.text !== long.words[at])
        assert.unreachable(`word ${at} is ${word.text}, not ${long.words[at]}`);
      at++;
    }
  }
  assert.is(at, long.words.length);
});

test.run();
