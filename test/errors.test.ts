// If this fails, a mistaken option is ignored or crashes with a TypeError, or an error message carries
// control codes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nearestName, refuseUnknown, shown } from '../src/errors.js';
import { voirsError } from './expect.js';

const test = suite('errors');

test('shows values as they are written in code', () => {
  const values = ['a', 5, -0, Number.NaN, 1n, null, undefined, true, [1, 'a'], { a: { b: 1 } }];
  assert.equal(values.map(shown), [
    ...['"a"', '5', '0', 'NaN', '1n', 'null', 'undefined', 'true'],
    ...['[1,"a"]', '{"a":{"b":1}}'],
  ]);
  assert.is(shown(Symbol('x')), 'Symbol(x)');
  assert.is(shown(new AbortController()), 'an object of class AbortController');
  assert.is(shown(new Float32Array(1e6)), 'an object of class Float32Array');
});

test('shows at most 80 characters', () => {
  const long = ['x'.repeat(1e6), Array(1e6).fill(1), Symbol('y'.repeat(1e6)), { z: 'z'.repeat(1e6) }];
  for (const value of [...long, '\u0000'.repeat(1000), '\u{1F600}'.repeat(100), 10n ** 500n])
    assert.ok(shown(value).length <= 80, shown(value));
});

test('escapes control and format characters', () => {
  const text = '\u001b]0;pwned\u0007\u009b\u202e\u2028\ud800\u007f';
  const forms = [text, Symbol(text), { [text]: text }, [text]].map(shown);
  for (const form of forms) assert.not(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u.test(form), form);
});

test('shows values that cannot be turned into text', () => {
  const circular: unknown[] = [];
  circular.push(circular);
  const hostile = [
    Object.create(null),
    Object.create({ constructor: undefined }),
    { big: 1n },
    {
      get trap() {
        throw new Error('trap');
      },
    },
    {
      toJSON() {
        throw new Error('toJSON');
      },
    },
    circular,
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('getPrototypeOf');
        },
      },
    ),
    () => {},
  ];
  for (const value of hostile) assert.type(shown(value), 'string');
});

test('finds the nearest name', () => {
  const known = ['memory', 'performance', 'balanced'];
  assert.is(nearestName('memroy', known), 'memory');
  assert.is(nearestName('Balanced', known), 'balanced');
  assert.is(nearestName('bogus', known), undefined);
  assert.is(nearestName('constructor', known), undefined);
  assert.is(nearestName('m'.repeat(1e6), known), undefined);
});

test('refuses an unknown option with the nearest name', async () => {
  const known = ['gainDb', 'offset'];
  const { message, suggestion } = await voirsError(
    () => refuseUnknown({ gainDB: 3 }, known, 'mix'),
    'INVALID_OPTIONS',
  );
  assert.is(
    message,
    'Unknown option of mix; got "gainDB"; wanted one of gainDb, offset. Did you mean gainDb?',
  );
  assert.is(suggestion, 'Did you mean gainDb?');
});

test('looks at own options only', async () => {
  refuseUnknown({}, [], 'mix');
  refuseUnknown(Object.create({ inherited: 1 }), ['a'], 'mix');
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    await voirsError(() => refuseUnknown(JSON.parse(`{"${name}":1}`), ['a'], 'mix'), 'INVALID_OPTIONS');
});

test('refuses options that are no object', async () => {
  for (const options of [null, 5, 'wav', [], () => {}, 1n, Symbol('x')])
    await voirsError(() => refuseUnknown(options, ['a'], 'mix'), 'INVALID_OPTIONS');
});

test.run();
