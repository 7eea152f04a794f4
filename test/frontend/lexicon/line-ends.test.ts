// If this fails, a word that a PDF cut at a line's end is read in two, or a compound is read as one word.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFrontend, openVoice } from '../../../src/cli/voice-options.js';

const frontend = await loadFrontend(await openVoice(undefined));
const test = suite('words cut at line ends');

const words = (text: string): string =>
  frontend
    .analyse(text)
    .sentences.flatMap((sentence) => sentence.words.map((word) => word.text))
    .join(' ');

const CUT: [string, string][] = [
  ['nega-\ntive', 'negative'],
  ['infor-\nmation', 'information'],
  ['re-\nduce', 'reduce'],
  ['emo\uFFFEtional', 'emotional'],
  ['emo\uFFFE\ntional', 'emotional'],
  ['trans-\nformer', 'transformer'],
  ['morning-\nafter', 'morning after'],
  ['well-\nknown', 'well known'],
  ['shoulder-\nlength', 'shoulder length'],
  ['a stone-\ncold fact', 'a stone cold fact'],
  ['frob-\nnicator', 'frobnicator'],
  ['the gover\u00AD\nnor', 'the governor'],
];

for (const [text, spoken] of CUT) {
  test(`reads ${JSON.stringify(text)}`, () => assert.is(words(text), spoken));
}

test('gives a word that was cut one span', () => {
  const { sentences } = frontend.analyse('so nega-\ntive!');
  assert.equal(sentences[0]!.words[1]!.span, [3, 13]);
});

test.run();
