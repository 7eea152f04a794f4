// If this fails, an option of reading is ignored for plain text, for text in pieces or for SSML.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFrontend, openVoice } from '../../src/cli/voice-options.js';
import type { ReadingOptions } from '../../src/frontend/reading-options.js';
import { ssmlVoices } from '../../src/voices/catalog.js';
import { voirsError } from '../expect.js';

const voice = await openVoice(undefined);
const frontend = await loadFrontend(voice);
const voices = ssmlVoices(voice.manifest);

/** What a way of reading makes of a text: its words, and what it left out. */
type Reading = (text: string, options: ReadingOptions) => { words: string; warnings: string[] };

const words = (sentences: readonly { words: { text: string }[] }[]) =>
  sentences.flatMap((sentence) => sentence.words.map(({ text }) => text)).join(' ');

const READINGS: Record<string, Reading> = {
  'plain text': (text, options) => {
    const { sentences, warnings } = frontend.analyse(text, options);
    return { words: words(sentences), warnings };
  },
  'text in pieces': (text, options) => {
    const reader = frontend.open(options);
    const steps = [...text].flatMap((piece) => [...reader.push(piece)]);
    const sentences = [...steps, ...reader.end()].filter((sentence) => sentence !== undefined);
    return { words: words(sentences), warnings: reader.warnings() };
  },
  SSML: (text, options) => {
    const ssml = `<speak>${text}</speak>`;
    const { sentences, warnings } = frontend.analyseSsml(ssml, { ...options, voices, voice: voices[0]!.id });
    return { words: words(sentences), warnings };
  },
};

const test = suite('reading options');

for (const [name, read] of Object.entries(READINGS)) {
  test(`refuses an unsupported script in ${name} where asked`, async () => {
    const error = await voirsError(
      () => read('Say Привет now.', { unsupported: 'error' }),
      'UNSUPPORTED_TEXT',
    );
    assert.match(error.suggestion!, "unsupported to 'skip'");
    assert.is(error.got, '"Привет"');
  });

  test(`skips an unsupported script in ${name} by default`, () => {
    const { words, warnings } = read('Say שלום now. It is 東京.', {});
    assert.is(words, 'say now it is');
    assert.is(warnings.length, 1);
    assert.match(warnings[0]!, /^left out, in a script this voice cannot read: "שלום" at \d+-\d+, "東京" at/);
  });

  test(`names an unsupported script in ${name}`, () => {
    const { words, warnings } = read('Say שלום now. It is 東京.', { unsupported: 'name' });
    assert.is(words, 'say hebrew letters now it is chinese characters');
    assert.equal(warnings, []);
  });

  test(`transliterates Greek and Cyrillic in ${name} with a warning`, () => {
    const { words, warnings } = read('Say Привет now. It is λόγος.', {});
    assert.is(words, 'say privet now it is logos');
    assert.match(warnings[0]!, /^read in Latin letters, from another alphabet: "Привет" at \d+-\d+, "λόγος"/);
  });

  test(`leaves addresses out of ${name} where asked`, () => {
    const text = 'Go to https://a.example/b or mail me@a.example now.';
    assert.is(read(text, { leaveOut: ['addresses'] }).words, 'go to or mail now');
    assert.match(read(text, { leaveOut: ['addresses'] }).warnings[0]!, /^left out, an address: "https/);
  });

  test(`skips emoji in ${name} by default`, () => {
    const { words, warnings } = read('Hi 😀 there.', {});
    assert.is(words, 'hi there');
    assert.match(warnings[0]!, /^left out, an emoji: "😀" at/);
  });

  test(`names emoji in ${name}`, () => {
    const { words, warnings } = read('Hi 😀 there.', { emoji: 'name' });
    assert.is(words, 'hi grinning face there');
    assert.equal(warnings, []);
  });

  test(`reads numbers in ${name} with preprocessing only`, () => {
    assert.is(read('It is 5 now.', {}).words, 'it is five now');
    const { words, warnings } = read('It is 5 now.', { preprocessing: 'plain' });
    assert.is(words, 'it is now');
    assert.match(warnings[0]!, /^not read, preprocessing is off: "5" at/);
  });
}

test('gives the spans of named emoji in the markup', () => {
  const ssml = '<speak>Hi <emphasis>&#128512;</emphasis></speak>';
  const { sentences } = frontend.analyseSsml(ssml, { emoji: 'name', voices, voice: voices[0]!.id });
  const named = sentences[0]!.words.slice(1);
  assert.equal(
    named.map(({ text, span }) => [text, ssml.slice(...span)]),
    [
      ['grinning', '&#128512;'],
      ['face', '&#128512;'],
    ],
  );
});

test.run();
