// If this fails, a listener waits while a language model pauses after a sentence, or hears one cut at an abbreviation.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boundaryAt } from '../../../src/frontend/en-us/sentence-boundary.js';
import { SentenceStream } from '../../../src/frontend/sentences.js';

const test = suite('sentences of a text that pauses');

/** What is spoken of a text while its source pauses, and what follows. */
function paused(text: string): { spoken: string[]; rest: string[] } {
  const stream = new SentenceStream(boundaryAt);
  const slices = [...stream.push(text), ...stream.settle()];
  const spoken = slices.map(({ source }) => source);
  for (const { span, source } of slices) assert.is(text.slice(...span), source);
  const rest = [...stream.push(' and more.'), ...stream.end()].map(({ source }) => source);
  return { spoken, rest };
}

const ENDED = [
  ...[
    'Hello there. ',
    'Let me look.',
    'He ate it. ',
    'Is it you?',
    'Stop! ',
    'It is so.\n',
    'and then i slept. ',
  ],
  ...['He said: "Go!" ', '- One item. ', 'It is “done.”\n', 'We left the harbour\u2026\n'],
];
for (const text of ENDED) {
  test(`speaks ${JSON.stringify(text)}`, () => {
    assert.equal(paused(text), { spoken: [text.trim()], rest: ['and more.'] });
  });
}

const OPEN = [
  ...[
    'Call Dr. ',
    'Call Dr.',
    'At 5 p.m. ',
    'See No. ',
    'It takes approx. ',
    'By J. ',
    'In the U.S. ',
    'Elm St. ',
  ],
  ...[
    'It costs $5.',
    'It is 3. ',
    '1. ',
    'e.g. ',
    'I read Matt. ',
    'Look at https://example.',
    'v2.',
    'Wait... ',
  ],
  ...['Hello there', 'Hello there, ', ''],
];
for (const text of OPEN) {
  test(`waits for more after ${JSON.stringify(text)}`, () => {
    const { spoken, rest } = paused(text);
    assert.equal(spoken, []);
    assert.is(rest[0]!.slice(0, text.trim().length), text.trim());
  });
}

test('speaks the sentences before a doubtful end once', () => {
  assert.equal(paused('It is late. Call Dr.'), { spoken: ['It is late.'], rest: ['Call Dr. and more.'] });
  assert.equal(paused('It is late. Go now.'), { spoken: ['It is late.', 'Go now.'], rest: ['and more.'] });
});

test.run();
