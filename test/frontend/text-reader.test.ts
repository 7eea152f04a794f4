// If this fails, text is read with wrong words, or the words point at the wrong places of the caller's text.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readEnglish } from './en-us/english.js';
import { toNotation } from './en-us/normalize/notation.js';

test('gives the words of one expression one span', () => {
  const text = 'In 1999, it cost $5.';
  const { sentences } = readEnglish(text);
  const spans = sentences[0]!.words.map((word) => [word.text, text.slice(word.span[0], word.span[1])]);
  assert.equal(spans, [
    ['in', 'In'],
    ['nineteen', '1999'],
    ['ninety', '1999'],
    ['nine', '1999'],
    ['it', 'it'],
    ['cost', 'cost'],
    ['five', '$5'],
    ['dollars', '$5'],
  ]);
});

test('points spans into the original text after folding', () => {
  const text = '  “Ｎａïｖｅ” ﬁnance…\n\n☺ 3½ cafés';
  const words = readEnglish(text).sentences.flatMap((sentence) => sentence.words);
  assert.equal(
    words.map((word) => text.slice(word.span[0], word.span[1])),
    ['Ｎａïｖｅ', 'ﬁnance', '3½', '3½', '3½', '3½', 'cafés'],
  );
});

test('ends a paragraph at an empty line', () => {
  const { sentences } = readEnglish('One here. Two there.\n\nThree now');
  assert.equal(
    sentences.map((sentence) => [toNotation(sentence), sentence.end]),
    [
      ['one here.', 'sentence'],
      ['two there.', 'paragraph'],
      ['three now.', 'paragraph'],
    ],
  );
});

test.run();
