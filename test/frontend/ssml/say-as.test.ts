// If this fails, a number or a date that its author marked up is read as something else.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { voirsError } from '../../expect.js';
import { read, readStrictly, said, sources } from './read.js';

const test = suite('say-as');

const CASES: [interpretAs: string, format: string, content: string, said: string][] = [
  ['cardinal', '', '1,204', 'one thousand two hundred four.'],
  ['cardinal', '', '1999', 'one thousand nine hundred ninety nine.'],
  ['cardinal', '', '-3.5', 'minus three point five.'],
  ['cardinal', '', '007', 'seven.'],
  ['number', '', '12', 'twelve.'],
  ['number', 'ordinal', '5', 'fifth.'],
  ['number', 'digits', '42', 'four two.'],
  ['ordinal', '', '21', 'twenty first.'],
  ['ordinal', '', '1,000th', 'one thousandth.'],
  ['digits', '', '1905', 'one nine zero five.'],
  ['digits', '', '12-34', 'one two, three four.'],
  ['characters', '', 'W3C!', 'w three c exclamation point.'],
  ['characters', '', 'a-b', 'a dash b.'],
  ['spell-out', '', 'NASA', 'n a s a.'],
  ['spell-out', '', 'ab cd', 'a b, c d.'],
  ['date', 'mdy', '12/31/1999', 'december thirty first, nineteen ninety nine.'],
  ['date', 'dmy', '3.4.2005', 'april third, two thousand five.'],
  ['date', 'mdy', '3.4.2005', 'march fourth, two thousand five.'],
  ['date', 'ymd', '2024-02-29', 'february twenty ninth, twenty twenty four.'],
  ['date', 'md', '5/12', 'may twelfth.'],
  ['date', 'dm', '5/12', 'december fifth.'],
  ['date', 'my', '5/1999', 'may nineteen ninety nine.'],
  ['date', 'y', '1905', 'nineteen oh five.'],
  ['date', 'd', '22', 'twenty second.'],
  ['date', 'm', '7', 'july.'],
  ['date', '', 'May 5th, 2024', 'may fifth, twenty twenty four.'],
  ['time', '', '3:05pm', 'three oh five p m.'],
  ['time', 'hms24', '17:30', 'seventeen thirty.'],
  ['time', 'hms12', '2:30:15', 'two thirty and fifteen seconds.'],
  ['time', '', '0:00', 'midnight.'],
  ['telephone', '', '(212) 555-0187', 'two one two, five five five, zero one eight seven.'],
  ['telephone', '', '555 0187 x12', 'five five five, zero one eight seven, extension one two.'],
  ['currency', '', '$5.20', 'five dollars and twenty cents.'],
  ['currency', '', '5.20 EUR', 'five euros and twenty cents.'],
  ['currency', '', '£1', 'one pound.'],
  ['fraction', '', '2/3', 'two thirds.'],
  ['fraction', '', '24/7', 'twenty four sevenths.'],
  ['fraction', '', '1+1/2', 'one and a half.'],
  ['unit', '', '10 km', 'ten kilometers.'],
  ['unit', '', '1 lb', 'one pound.'],
  ['expletive', '', 'damn', 'bleep.'],
];

for (const [interpretAs, format, content, wanted] of CASES) {
  test(`reads ${content} as ${interpretAs} ${format}`.trimEnd(), () => {
    const attributes = `interpret-as="${interpretAs}"${format && ` format="${format}"`}`;
    const utterance = read(`<say-as ${attributes}>${content}</say-as>`);
    assert.is(said(utterance), wanted);
    for (const [word, source] of sources(utterance)) assert.is(source, content, word);
  });
}

test('reads say-as in a sentence with its punctuation', () => {
  const utterance = read(
    'It is <say-as interpret-as="ordinal">3</say-as>, or (<say-as interpret-as="characters">IV</say-as>)! Yes.',
  );
  assert.is(said(utterance), 'it is third, or, i v! yes.');
  assert.is(utterance.sentences.length, 2);
  const letters = utterance.sentences[0]!.words.slice(-2).map(({ phones }) => phones.join(' '));
  assert.equal(letters, ['AY1', 'V IY1']);
});

for (const [interpretAs, format, content] of [
  ['cardinal', '', 'abc'],
  ['ordinal', '', '3.5'],
  ['digits', '', 'x'],
  ['date', 'ymd', '2024-02-30'],
  ['date', 'mdy', '13/1/2024'],
  ['date', 'xyz', '1/1/2024'],
  ['time', '', '25:00'],
  ['time', 'hms12', '13:00'],
  ['telephone', '', 'none'],
  ['currency', '', '5'],
  ['fraction', '', '1/0'],
  ['unit', '', '5 foo'],
  ['cardinal', '', ''],
  ['digits', '', '1'.repeat(500)],
  ['weird', '', 'x'],
  ['constructor', '', 'x'],
] as const) {
  test(`refuses ${JSON.stringify(content.slice(0, 10))} as ${interpretAs} ${format}`.trimEnd(), async () => {
    const attributes = `interpret-as="${interpretAs}"${format && ` format="${format}"`}`;
    const error = await voirsError(
      () => readStrictly(`<speak>a <say-as ${attributes}>${content}</say-as></speak>`),
      'INVALID_SSML',
    );
    assert.match(error.message, /^SSML, line 1, column 10, <say-as>: /);
    assert.ok(error.got && error.wanted, error.message);
  });
}

test.run();
