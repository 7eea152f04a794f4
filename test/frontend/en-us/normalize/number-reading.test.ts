// If this fails, a caller's choice of how numbers are read is ignored, or changes what it should not.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { NumberReading } from '../../../../src/frontend/reading-options.js';
import { readEnglish } from '../english.js';
import { toNotation } from './notation.js';

const said = (text: string, numbers: NumberReading): string =>
  readEnglish(text, { numbers }).sentences.map(toNotation).join(' | ');

const CASES: [text: string, numbers: NumberReading, spoken: string][] = [
  ['The code is 4821.', { digits: true }, 'the code is four eight two one.'],
  ['Take 7 of 1,204.', { digits: true }, 'take seven of one two zero four.'],
  [
    'It is $405 and 405.5.',
    { digits: true },
    'it is four hundred five dollars and four hundred five point five.',
  ],
  ['Flight 4210', { digits: 'pairs' }, 'flight forty two ten.'],
  ['Bus 123, 2006, 90210', { digits: 'pairs' }, 'bus one twenty three, twenty oh six, nine oh two ten.'],
  ['Room 405', { digits: true, zero: 'oh' }, 'room four oh five.'],
  ['Room 405', { digits: true, zero: 'zero' }, 'room four zero five.'],
  ['In 1984', { year: false }, 'in one thousand nine hundred eighty four.'],
  ['We sold 1984 chairs', { year: true }, 'we sold nineteen eighty four chairs.'],
  ['We sold 1984', { digits: false, year: false }, 'we sold one thousand nine hundred eighty four.'],
  ['At 10:05', { zero: 'zero' }, 'at ten zero five.'],
  ['In 1905', { zero: 'zero' }, 'in nineteen zero five.'],
  ['0 apples and 0.5', { zero: 'oh' }, 'zero apples and zero point five.'],
  ['0.05 of it', { zero: 'oh' }, 'zero point oh five of it.'],
  ['On 3/4/2025', { dates: 'day-first' }, 'on april third, twenty twenty five.'],
  ['On 3/4/2025', { dates: 'month-first' }, 'on march fourth, twenty twenty five.'],
  ['Due 5/12', { dates: 'day-first' }, 'due december fifth.'],
  ['12/31/1999', { dates: 'day-first' }, 'december thirty first, nineteen ninety nine.'],
  ['May 24', { digits: true }, 'may twenty fourth.'],
];

const test = suite('numbers as the caller wants them');

for (const [text, numbers, spoken] of CASES) {
  test(`reads ${JSON.stringify(text)} with ${JSON.stringify(numbers)}`.slice(0, 72), () => {
    assert.is(said(text, numbers), spoken);
  });
}

test('reads a text without numbers as ever', () => {
  const options: NumberReading = { digits: true, year: true, zero: 'oh', dates: 'day-first' };
  const text = "Oh, the word zero isn't a number; nor is one oh or two.";
  assert.is(said(text, { ...options, zero: undefined }), said(text, {}));
});

const numbers = fc.record(
  {
    digits: fc.constantFrom(true, false, 'pairs' as const),
    year: fc.boolean(),
    zero: fc.constantFrom('oh' as const, 'zero' as const),
    dates: fc.constantFrom('month-first' as const, 'day-first' as const),
  },
  { requiredKeys: [] },
);

test('survives any choice for any digits and signs', () => {
  const text = fc.array(fc.constantFrom(...'0123456789 /-.,:$%a', '2024', '0000', ' on '), { maxLength: 16 });
  fc.assert(
    fc.property(text, numbers, (pieces, choice) => {
      assert.type(said(pieces.join(''), choice as NumberReading), 'string');
    }),
    { numRuns: 800 },
  );
});

test.run();
