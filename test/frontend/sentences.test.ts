// If this fails, speech stops inside a sentence, runs two together, or depends on how a stream was cut.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { englishSentences, splitEnglish } from './en-us/english.js';

/** One sentence an entry; joined by a space they must come apart again. */
const SPLITS: string[][] = [
  ['Hello there.', 'How are you?', 'Fine!'],
  ['Mr. Smith met Dr. Jones at 5 p.m. on Monday.', 'They talked.'],
  ['He arrived at 5 p.m.', 'She left.'],
  ['We saw J. R. R. Tolkien.', 'He wrote.'],
  ['The U.S. Senate voted.', 'It passed.'],
  ['He lives in the U.S.', 'She does not.'],
  ['It costs 3.50 dollars.', 'That is cheap.'],
  ['Wait... what?', 'No.'],
  ['I thought...', 'Then I knew.'],
  ['Well... I do not know.'],
  ['Visit example.com for more.', 'It is free.'],
  ['See www.example.com/a.b?c=d!e for more.', 'Done.'],
  ['"Really?" she asked.', '"Yes," he said.'],
  ['He said, "Stop!"', 'Then he ran.'],
  ['(It was late.)', 'We slept.'],
  ['Bring milk, eggs, etc.', 'Then come home.'],
  ['Fruit, e.g. Apples, is good.', 'Eat it.'],
  ['Acme Inc. said so.', 'The market fell.'],
  ['She works at Acme Inc.', 'The pay is good.'],
  ['See No. 5 on p. 3.', 'It is there.'],
  ['No.', 'I will not.'],
  ['I choose plan B.', 'It works.'],
  ['He lives on Main St.', 'The house is red.'],
  ['We flew to St. Louis.', 'It rained.'],
  ['It happened in Jan. 2020.', 'We were there.'],
  ['Version 2.0.1 is out.', 'Get it.'],
  ['i went home.', 'then i slept.'],
  ['Yahoo! is a company.', 'So is Google.'],
  ['What?!', 'You did it?!'],
  ['He has a Ph.D. in physics.', 'She has an M.D. and teaches.'],
  ['Smith et al. found it.', 'Others did not.'],
  ['It was I.', 'The others fled.'],
  ['He said no.', 'She said yes.'],
  ['Gen. Lee met Col. Sanders.', 'They ate.'],
  ['The meeting is at 3 p.m. EST today.', 'Come.'],
  ['¡Hola!', '¿Qué tal?'],
  ['It is over.', '“Is it?” he asked.'],
  ['Cats vs. dogs is old.', 'Roe v. Wade is not.'],
  ['Use approx. 5 cups.', 'Stir it.'],
  ['Done 😀.', 'Next 😀!'],
  ['The film has C. S. Lewis and J. R. R. Tolkien.', 'It is long.'],
  ['He got 12 reb. and 9 ast. in it.', 'They won.'],
  ['Dogs vs. The Cats was close.', 'They won.'],
  ['The Cal. Penal Code and Reg. (EU) 5 differ.', 'Read both.'],
  ['Pick A or B.', 'Then go on.'],
  ['I met Sam.', '17 people came.'],
  ['Read 1 Sam. 17:4 and Dan. 3:1.', 'Then rest.'],
  ['She has it on her desk in the lab.', 'He does not.'],
  ['I like it.', 'iPhone sales rose.'],
];

for (const sentences of SPLITS) {
  test(`splits ${sentences.join(' / ')}`.slice(0, 72), () => {
    assert.equal(
      splitEnglish(sentences.join(' ')).map((slice) => slice.source),
      sentences,
    );
  });
}

const LINES: [string, [string, 'sentence' | 'paragraph'][]][] = [
  [
    '# Heading\nBody starts here.',
    [
      ['# Heading', 'paragraph'],
      ['Body starts here.', 'paragraph'],
    ],
  ],
  [
    'Shopping:\n- milk\n- eggs\n\nThe end',
    [
      ['Shopping:', 'sentence'],
      ['- milk', 'sentence'],
      ['- eggs', 'paragraph'],
      ['The end', 'paragraph'],
    ],
  ],
  [
    '1. First do this.\n2. Then do that.',
    [
      ['1. First do this.', 'sentence'],
      ['2. Then do that.', 'paragraph'],
    ],
  ],
  [
    'This line was wrapped by an editor at\nseventy columns. It goes on.',
    [
      ['This line was wrapped by an editor at\nseventy columns.', 'sentence'],
      ['It goes on.', 'paragraph'],
    ],
  ],
  [
    'A Title\nThe text begins.',
    [
      ['A Title', 'sentence'],
      ['The text begins.', 'paragraph'],
    ],
  ],
  [
    'No mark at all\r\n\r\nA second paragraph',
    [
      ['No mark at all', 'paragraph'],
      ['A second paragraph', 'paragraph'],
    ],
  ],
  ['Dear John,\nThank you.', [['Dear John,\nThank you.', 'paragraph']]],
  [
    'One.\u2029Two.',
    [
      ['One.', 'paragraph'],
      ['Two.', 'paragraph'],
    ],
  ],
];

for (const [text, expected] of LINES) {
  test(`splits the lines ${JSON.stringify(text)}`.slice(0, 72), () => {
    assert.equal(
      splitEnglish(text).map((slice) => [slice.source, slice.end]),
      expected,
    );
  });
}

const PIECES = fc.oneof(
  fc.constantFrom(
    'Dr. ',
    'Smith',
    ' ',
    '. ',
    '... ',
    '? ',
    '!" ',
    '\n',
    '\n\n',
    'U.S. ',
    'a.m. ',
    '1. ',
    '- ',
    'The ',
    'the ',
    'etc. ',
    '3.5',
    'e.g. ',
    'I ',
    '“',
    ')',
    '\r\n',
    '# ',
    'x.Then',
    '😀',
    ' . . ',
    '…',
    'Inc. ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const TEXT = fc.array(PIECES, { maxLength: 40 }).map((pieces) => pieces.join(''));

test('gives the slices of the whole text for any pieces of it', () => {
  fc.assert(
    fc.property(
      TEXT,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      (text, sizes) => {
        const stream = englishSentences();
        const slices = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length]!;
          slices.push(...stream.push(text.slice(at, at + size)));
          at += size;
        }
        slices.push(...stream.end());
        assert.equal(slices, splitEnglish(text));
      },
    ),
    { numRuns: 2000, seed: 7, examples: [['Dr. \r\n1. ', [1]]] },
  );
});

test('covers a text with slices in order, but for white space', () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      let last = 0;
      for (const { source, span } of splitEnglish(text)) {
        assert.is(text.slice(last, span[0]).trim(), '');
        assert.is(text.slice(span[0], span[1]), source);
        assert.ok(source.length > 0 && source.trim() === source);
        last = span[1];
      }
      assert.is(text.slice(last).trim(), '');
    }),
    { numRuns: 1000, seed: 7 },
  );
});

test('gives a sentence as soon as the next one begins', () => {
  const stream = englishSentences();
  assert.equal(stream.push('It is done. '), []);
  assert.equal(stream.push('The'), []);
  assert.equal(
    stream.push(' rest').map((slice) => slice.source),
    ['It is done.'],
  );
  assert.equal(
    stream.push(' follows.\n\n').map((slice) => [slice.source, slice.end, slice.span]),
    [['The rest follows.', 'paragraph', [12, 29]]],
  );
  assert.equal(stream.end(), []);
});

test('refuses text after the end', () => {
  const stream = englishSentences();
  stream.end();
  assert.throws(
    () => stream.push('more'),
    (error: { code?: string }) => error.code === 'INVALID_TEXT',
  );
});

test.run();
