// If this fails, checkpoints of one Python version or another are misread: names, sizes or weights.

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type PickleHandlers,
  PickleTuple,
  type PickleValue,
  unpickle,
} from '../../src/checkpoints/pickle.js';
import { throwsVoirs } from './expect-error.js';
import * as torch from './torch-save.js';

const test = suite('pickle');

/** What Python's pickle.dumps made of the same values, by protocol, in base64. */
const FROM_PYTHON: Record<string, string> = JSON.parse(
  readFileSync(new URL('../fixtures/python-pickles.json', import.meta.url), 'utf8'),
);

const handlers: PickleHandlers = {
  calls: new Map(),
  names: new Set(['torch FloatStorage']),
  load: (id) => id,
  source: 'test.pkl',
};

function read(...pieces: Parameters<typeof torch.pickle>): PickleValue {
  return unpickle(torch.pickle(...pieces), handlers).value;
}

for (const [protocol, base64] of Object.entries(FROM_PYTHON)) {
  test(`reads protocol ${protocol} as Python writes it`, () => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    const { value, end } = unpickle(bytes, handlers);
    assert.is(end, bytes.length);
    assert.instance(value, Map);
    const dict = value as Map<string, PickleValue>;
    const ints = [0, 1, -1, 255, 256, 65_535, 65_536, -(2 ** 31), 2 ** 31, 2 ** 52, 1n - 2n ** 70n];
    assert.equal(dict.get('ints'), ints);
    const tuples = [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map((items) => new PickleTuple(items));
    assert.equal(dict.get('tuples'), tuples);
    assert.equal(dict.get('mixed'), [null, true, false, 2.5, -1e300]);
    assert.is(dict.get('text'), `é "x" \u2028${'long '.repeat(60)}`);
    const nested = new Map<PickleValue, PickleValue>([
      ['a', new Map([['b', new Map()]])],
      [3, []],
    ]);
    assert.equal(dict.get('nested'), nested);
    const shared = dict.get('shared') as PickleValue[];
    assert.is(shared[0], dict.get('nested'), 'the same object, not a copy');
    assert.is(shared[1], dict.get('nested'));
    if (Number(protocol) >= 3) assert.equal([...(dict.get('bytes') as Uint8Array)], [0, 255, 0, 255]);
  });
}

test('reads a string of Python 2 as text', () => {
  assert.is(read(torch.PROTO, 'U', 3, 'abc', '.'), 'abc');
  assert.is(read(torch.PROTO, 'T', 3, 0, 0, 0, 'abc', '.'), 'abc');
});

test('reads a pickle from any offset and gives its end', () => {
  const bytes = torch.pickle('xx', torch.PROTO, 'N.', 'yy');
  assert.equal(unpickle(bytes, handlers, 2), { value: null, end: 6 });
});

test('reads the opcodes that no Python wrote into the goldens', () => {
  assert.equal(read('N(NN1.'), null); // POP_MARK
  assert.equal(read('K', 7, '2', 0x86, '.'), new PickleTuple([7, 7])); // DUP
  assert.equal([...(read('B', 2, 0, 0, 0, 1, 2, '.') as Uint8Array)], [1, 2]); // BINBYTES
  assert.is(read(0x95, 2, 0, 0, 0, 0, 0, 0, 0, 'N.'), null); // FRAME to the end
  assert.is(read(0x8b, 16, 0, 0, 0, new Uint8Array(15), 1, '.'), 2n ** 120n);
  assert.equal(read('(K', 1, 't.'), new PickleTuple([1])); // a mark at the bottom
});

const WRONG: [name: string, pieces: Parameters<typeof torch.pickle>, pattern: RegExp][] = [
  ['an empty pickle', [], /ends too early/],
  ['a pickle without STOP', [torch.PROTO, 'N'], /ends too early/],
  ['text beyond the end', ['X', 255, 255, 255, 255, 'abc'], /a text is too long/],
  ['text just beyond the end', ['X', 4, 0, 0, 0, 'abc.'.slice(0, 3)], /ends too early/],
  ['bytes beyond the end', [0x8e, 255, 255, 255, 255, 255, 255, 255, 255], /ends too early/],
  ['a frame beyond the end', [torch.PROTO, 0x95, 255, 0, 0, 0, 0, 0, 0, 0, 'N.'], /ends too early/],
  [
    'an integer of 17 bytes',
    [0x8b, 17, 0, 0, 0, new Uint8Array(17), '.'],
    /integer is too long; got 17 bytes/,
  ],
  ['a global that is never closed', ['ctorch'], /ends too early/],
  ['protocol 1', [0x80, 1, 'N.'], /protocol is unknown; got 1/],
  ['protocol 6', [0x80, 6, 'N.'], /protocol is unknown; got 6/],
  ['a space for an opcode', [' '], /opcode 0x20 {2}at 0/],
  ['a DEL for an opcode', [0x7f], /opcode 0x7f {2}at 0/],
  ['an opcode that is !', ['!'], /opcode 0x21 '!' at 0/],
  ['an opcode that is ~', ['~'], /opcode 0x7e '~' at 0/],
  ['a line that begins with its end', ['c\nx'], /ends too early/],
  ['a frame just beyond the end', [0x95, 3, 0, 0, 0, 0, 0, 0, 0, 'N.'], /ends too early/],
  ['protocol 9', [0x80, 9, 'N.'], /protocol is unknown; got 9/],
  ['a STOP on an empty stack', ['.'], /does not end with one value; got 0 values/],
  ['a STOP on two values', ['NN.'], /does not end with one value; got 2 values/],
  ['a mark for a value', ['(.'], /from an empty stack/],
  ['POP of nothing', ['0'], /from an empty stack/],
  ['TUPLE without a mark', ['Nt.'], /from an empty stack/],
  ['TUPLE2 across a mark', ['N(N', 0x86, '.'], /from an empty stack/],
  ['a memo never stored', ['h', 7, '.'], /never stored; got memo 7/],
  ['items set on a list', [']NNs.'], /not a dictionary/],
  ['half an item', ['}(Nu.'], /not a dictionary/],
  ['items appended to a dictionary', ['}Na.'], /not a list/],
  ['attributes of a number', ['K', 1, 'Nb.'], /attributes are set on a plain value/],
  ['a global named by numbers', ['K', 1, 'K', 2, 0x93, '.'], /a global has no name/],
  ['a global of a module 1', ['K', 1, torch.text('x'), 0x93, '.'], /a global has no name; got number/],
  ['a global named 1', [torch.text('x'), 'K', 1, 0x93, '.'], /a global has no name/],
];

for (const [name, pieces, pattern] of WRONG) {
  test(`refuses ${name}`, () => throwsVoirs(() => read(...pieces), pattern));
}

test('refuses a text of more than 65,536 bytes', () => {
  const text = (length: number): Parameters<typeof torch.pickle> => [
    'X',
    new Uint8Array(Uint32Array.of(length).buffer),
  ];
  const letters = new Uint8Array(65_537).fill(0x61);
  assert.is(read(text(65_536), letters.subarray(1), '.'), 'a'.repeat(65_536));
  throwsVoirs(() => read(text(65_537), letters, '.'), /a text is too long; got 65537 bytes/);
  throwsVoirs(() => read('c', letters, '\nx\n.'), /a text is too long; got 65537 bytes/);
});

test('stops a pickle of over 2,000,000 steps', () => {
  throwsVoirs(() => read(new Uint8Array(2_000_001).fill(0x28)), /too many steps/);
});

test.run();
