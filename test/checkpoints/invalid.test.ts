// If this fails, a hostile weights file can fill a log or act on the terminal that its refusal is shown on.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { invalidWeights, printed, refusal } from '../../src/checkpoints/invalid.js';
import { JsonReader } from '../../src/checkpoints/json-reader.js';
import { throwsVoirs } from './expect-error.js';

const test = suite('refusals of weights');

test('prints small JSON values as JSON', () => {
  for (const value of [null, true, -1.5, 'a"b', [], {}, [1, [2]], { a: [1, 'x'], b: { c: null } }]) {
    assert.is(printed(value), JSON.stringify(value));
  }
  assert.is(printed(undefined), 'nothing');
  assert.is(printed(2n ** 70n), '1180591620717411303424');
  assert.is(printed([NaN, new Map()]), '[NaN,another value]');
});

test('prints at most 80 characters of any value', () => {
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const value of [
    'x'.repeat(1e6),
    new Array(1e6).fill(0),
    JSON.parse(nested),
    { ['y'.repeat(1e6)]: 1 },
  ]) {
    assert.is(printed(value).length, 80);
    assert.match(printed(value), /\.\.\.$/);
  }
  assert.is(printed('x'.repeat(78)), `"${'x'.repeat(78)}"`);
});

test('prints a list that holds itself, or doubles at each level', () => {
  const self: unknown[] = [];
  self.push(self);
  assert.is(printed(self).length, 80);
  let doubled: unknown = [];
  for (let level = 0; level < 60; level++) doubled = [doubled, doubled];
  assert.is(printed(doubled).length, 80);
});

test('escapes what acts on a terminal in each part of an error', () => {
  const bad = '\u001b]0;x\u0007\u202e\u2028';
  const shown = '\\u001b]0;x\\u0007\\u202e\\u2028';
  const error = refusal(`a${bad}`, 'Fetch it again.')(`b${bad}`, `c${bad}`, `d${bad}`);
  assert.is(error.message, `a${shown}: b${shown}; got c${shown}; wanted d${shown}. Fetch it again.`);
  assert.is(error.got, `c${shown}`);
  assert.is(error.wanted, `d${shown}`);
  assert.is(error.code, 'INVALID_WEIGHTS');
});

test('cuts each part of an error', () => {
  const long = 'é'.repeat(100_000);
  const error = invalidWeights(long, { got: long, wanted: long, suggestion: 'Fetch it again.' });
  assert.ok(error.message.length < 1000, `${error.message.length}`);
  assert.is(error.got!.length, 320);
});

test('reads a list of any length, unless it is told one', () => {
  const list = (length: number) => JsonReader.parse(`{"a":[${Array(length).fill(0)}]}`, 'x').field('a');
  for (const length of [0, 1, 5]) assert.is(list(length).items().length, length);
  assert.is(list(2).items({ length: 2 }).length, 2);
  for (const bounds of [{ length: 1 }, { length: 3 }, { min: 3 }, { max: 1 }])
    assert.throws(() => list(2).items(bounds), /a/);
});

test('says which numbers and lists it takes, up to their bounds', () => {
  const of = (value: unknown) => JsonReader.parse(JSON.stringify({ a: value }), 'x').field('a');
  for (const value of [1, 3]) {
    assert.is(of(value).number({ min: 1, max: 3 }), value);
    assert.is(of(value).integer({ min: 1, max: 3 }), value);
  }
  for (const [read, wanted] of [
    [(a: JsonReader) => a.number({ min: 1, max: 3 }), 'a number from 1 to 3'],
    [(a: JsonReader) => a.number({ min: 1 }), 'a number of at least 1'],
    [(a: JsonReader) => a.number({ max: 3 }), 'a number of at most 3'],
    [(a: JsonReader) => a.number(), 'a number'],
    [(a: JsonReader) => a.integer({ min: -5, max: 1e15 }), 'an integer from -5 to 1000000000000000'],
    [(a: JsonReader) => a.integer({ min: -1e15, max: 3 }), 'an integer from -1000000000000000 to 3'],
    [(a: JsonReader) => a.items(), 'a list of at least 0'],
    [(a: JsonReader) => a.items({ length: 2 }), 'a list of 2'],
    [(a: JsonReader) => a.items({ min: 1, max: 2 }), 'a list from 1 to 2'],
  ] as const)
    throwsVoirs(() => read(of('text')), new RegExp(`; wanted ${wanted}(\\.|$)`));
});

test('prints the separators of a list, up to the last character', () => {
  assert.is(printed(Array(38).fill(1)), `[${Array(38).fill(1)}]`);
  assert.is(printed(['x'.repeat(76)]), `["${'x'.repeat(76)}"]`);
  assert.is(printed(['x'.repeat(77)]), `["${'x'.repeat(75)}...`);
});

test.run();
