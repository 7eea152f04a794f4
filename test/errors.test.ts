// If this fails, a mistaken option is ignored or crashes with a TypeError, or an error message carries
// control codes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nearestName, refuseUnknown, shown, VoirsError } from '../src/errors.js';
import { Log } from '../src/log.js';
import { escapeControls, printable } from '../src/printable.js';
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

test('makes one line of bounded length of any text', () => {
  assert.is(printable('plain text, ümläute'), 'plain text, ümläute');
  assert.is(printable('\u001b[31m\n\u{E0001}'), '\\u001b[31m\\u000a\\u{e0001}');
  const long = printable(`/folder/${'x'.repeat(1e6)}/name.wav`, 60);
  assert.is(long.length, 60);
  assert.match(long, /^\/folder\/x+\.\.\.x+\/name\.wav$/);
  for (const text of ['\u{1F600}'.repeat(200), '\u0000'.repeat(200), `${'a'.repeat(29)}\u{1F600}`.repeat(3)])
    for (let most = 20; most < 40; most++) {
      assert.ok(printable(text, most).length <= most);
      assert.not(/\p{Cs}/u.test(printable(text, most)), `half of a character: ${printable(text, most)}`);
    }
  assert.is(escapeControls('a\tb\nc\u0007\r'), 'a\tb\nc\\u0007\\u000d');
});

test('keeps every part of an error printable and bounded', () => {
  const bad = '\u001b]0;x\u0007\n\u202e';
  const error = new VoirsError('IO_ERROR', bad, { got: bad, wanted: bad, suggestion: bad });
  const json = error.toJSON();
  for (const text of [error.message, ...Object.values(json)]) assert.not(/[\p{Cc}\p{Cf}]/u.test(text), text);
  assert.is(json.got, '\\u001b]0;x\\u0007\\u000a\\u202e');
  const long = 'x'.repeat(1e6);
  const { message } = new VoirsError('IO_ERROR', long, { got: long, wanted: long, suggestion: long });
  assert.ok(message.length < 4100, `${message.length}`);
});

test('writes a log line without control characters', () => {
  const before = console.error;
  const lines: string[] = [];
  console.error = (line: string) => lines.push(line);
  try {
    new Log('warn').warn(`a\u001b[31m\n${'x'.repeat(1e5)}`);
  } finally {
    console.error = before;
  }
  assert.is(lines.length, 1);
  assert.match(lines[0]!, /^voirs warn: a\\u001b\[31m\\u000ax/);
  assert.ok(lines[0]!.length < 2100);
});

test('finds the nearest name', () => {
  const known = ['memory', 'performance', 'balanced'];
  assert.is(nearestName('memroy', known), 'memory');
  assert.is(nearestName('Balanced', known), 'balanced');
  assert.is(nearestName('bogus', known), undefined);
  for (const slip of ['memoryy', 'xmemory', 'mmory', 'mennory'])
    assert.is(nearestName(slip, known), 'memory');
  assert.is(nearestName('ab', ['abcd']), 'abcd');
  assert.is(nearestName('a', ['abcd']), undefined);
  assert.is(nearestName('xxcd', ['abcd']), 'abcd');
  assert.is(nearestName('xbxx', ['abcd']), undefined);
  for (const far of ['memoryabcd', 'abcdmemory', 'mry', 'memabcory'])
    assert.is(nearestName(far, known), undefined);
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
