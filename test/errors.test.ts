// If this fails, a mistaken option is ignored or crashes with a TypeError, or an error message carries
// control codes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  meantName,
  nearestName,
  refuseNonFunctions,
  refuseNonSignal,
  refuseNonString,
  refuseOtherThan,
  refuseUnknown,
  shown,
  throwIfAborted,
  VoirsError,
} from '../src/errors.js';
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
  assert.is(shown('x'.repeat(78)), `"${'x'.repeat(78)}"`);
  assert.is(shown('x'.repeat(79)), `"${'x'.repeat(76)}...`);
  assert.is(shown(Symbol('y'.repeat(200))).length, 80);
  assert.is(shown(Array(81).fill(1)), 'an array of 81');
  assert.match(shown(Array(80).fill(1)), /^\[1,1,.*\.\.\.$/);
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
  assert.equal(hostile.map(shown), [
    ...['{}', 'a value of type object', 'a value of type object', 'a value of type object'],
    ...['a value of type object', 'an array', 'a value of type object', 'a function'],
  ]);
});

test('makes one line of bounded length of any text', () => {
  assert.is(printable('plain text, ümläute'), 'plain text, ümläute');
  assert.is(printable('\u001b[31m\n\u{E0001}'), '\\u001b[31m\\u000a\\u{e0001}');
  const long = printable(`/folder/${'x'.repeat(1e6)}/name.wav`, 60);
  assert.is(long.length, 60);
  assert.is(printable('x'.repeat(320)), 'x'.repeat(320));
  assert.is(printable('x'.repeat(321)).length, 320);
  assert.is(printable(`${'a'.repeat(10)}${'\u0007'.repeat(5)}`, 15).slice(0, 5), 'aaaaa');
  assert.match(long, /^\/folder\/x+\.\.\.x+\/name\.wav$/);
  for (const text of ['\u{1F600}'.repeat(200), '\u0000'.repeat(200), `${'a'.repeat(29)}\u{1F600}`.repeat(3)])
    for (let most = 20; most < 40; most++) {
      assert.ok(printable(text, most).length <= most);
      assert.not(/\p{Cs}/u.test(printable(text, most)), `half of a character: ${printable(text, most)}`);
    }
  assert.is(escapeControls('a\tb\nc\u0007\r'), 'a\tb\nc\\u0007\\u000d');
});

test('says only what it was told, and keeps the cause', () => {
  const bare = new VoirsError('IO_ERROR', 'x');
  assert.is(bare.message, 'x');
  assert.not(Object.hasOwn(bare, 'cause'));
  assert.equal(bare.toJSON(), { code: 'IO_ERROR', message: 'x' });
  assert.equal(Object.keys(bare.toJSON()), ['code', 'message']);
  const full = new VoirsError('IO_ERROR', 'x', { got: 'a', wanted: 'b', suggestion: 'c', cause: 5 });
  assert.is(full.cause, 5);
  assert.equal(full.toJSON(), {
    ...{ code: 'IO_ERROR', message: 'x; got a; wanted b. c' },
    ...{ got: 'a', wanted: 'b', suggestion: 'c' },
  });
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
  for (const order of [
    ['abcdxx', 'abcdex'],
    ['abcdex', 'abcdxx'],
  ])
    assert.is(nearestName('abcdef', order), 'abcdex');
  assert.is(nearestName('xcap', ['cap']), 'cap');
  assert.is(nearestName('', ['a']), 'a');
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

test('refuses an option that no call has, and names none', async () => {
  assert.is(
    (await voirsError(() => refuseUnknown({ a: 1 }, [], 'mix'), 'INVALID_OPTIONS')).message,
    'Unknown option of mix; got "a"; wanted none',
  );
  const one = await voirsError(
    () => refuseUnknown({ known: 1, aaaa: 1 }, ['known'], 'mix'),
    'INVALID_OPTIONS',
  );
  assert.is(one.message, 'Unknown option of mix; got "aaaa"; wanted one of known');
});

test('knows what people call an option, and where it belongs', async () => {
  for (const [name, suggestion] of [
    ['speed', 'Did you mean speakingRate?'],
    ['Sample_Rate', 'Give it to VoirsPipeline.create'],
  ] as const) {
    const error = await voirsError(
      () => refuseUnknown({ [name]: 1 }, ['speakingRate'], 'synthesize'),
      'INVALID_OPTIONS',
    );
    assert.is(error.suggestion, suggestion);
  }
});

test('knows what a name means that is written otherwise, or that other programs have', () => {
  const formats = ['wav', 'flac', 'mp3', 'opus', 'aac', 'm4a', 'pcm', 'mulaw', 'alaw'];
  const options = ['rate', 'pitch', 'gain', 'out-dir', 'bit-rate', 'threads', 'captions', 'format'];
  for (const [name, known, meant] of [
    ['ogg', formats, 'opus'],
    ['OGA', formats, 'opus'],
    ['raw', formats, 'pcm'],
    ['pcm_s16le', formats, 'pcm'],
    ['ulaw', formats, 'mulaw'],
    ['mu-law', formats, 'mulaw'],
    ['mp4', formats, 'm4a'],
    ['flacc', formats, 'flac'],
    ['midi', formats, undefined],
    ['speed', options, 'rate'],
    ['volume_gain', options, 'gain'],
    ['bitrate', options, 'bit-rate'],
    ['outDir', options, 'out-dir'],
    ['subtitles', options, 'captions'],
    ['codec', options, 'format'],
    ['constructor', options, undefined],
    ['', options, undefined],
  ] as const)
    assert.is(meantName(name, known), meant, name);
});

test('refuses a value that is none of a list', async () => {
  refuseOtherThan(['memory', 'balanced'], 'balanced', 'preset');
  for (const [known, value, message] of [
    [['memory'], 'memroy', 'Unknown preset; got "memroy"; wanted one of memory. Did you mean memory?'],
    [['memory'], 'bogus', 'Unknown preset; got "bogus"; wanted one of memory'],
    [['memory'], 5, 'Unknown preset; got 5; wanted one of memory'],
    [['memory'], ['memory'], 'Unknown preset; got ["memory"]; wanted one of memory'],
    [[], 'x', 'Unknown preset; got "x"; wanted none'],
  ] as const) {
    const error = await voirsError(() => refuseOtherThan(known, value, 'preset'), 'INVALID_OPTIONS');
    assert.is(error.message, message);
    assert.is(Object.hasOwn(error.toJSON(), 'suggestion'), message.includes('Did you'));
  }
});

test('refuses signals, texts and callbacks of another kind', async () => {
  const { signal } = new AbortController();
  refuseNonSignal(undefined);
  refuseNonSignal(signal);
  for (const value of [
    null,
    5,
    {},
    { aborted: false },
    { addEventListener() {} },
    { aborted: 1, addEventListener() {} },
  ])
    assert.is((await voirsError(() => refuseNonSignal(value), 'INVALID_OPTIONS')).suggestion, undefined);
  const whole = await voirsError(() => refuseNonSignal(new AbortController()), 'INVALID_OPTIONS');
  assert.is(whole.suggestion, 'Pass controller.signal');
  for (const value of [undefined, '', 'text']) refuseNonString('voice', value);
  for (const value of [null, 5, {}])
    await voirsError(() => refuseNonString('voice', value), 'INVALID_OPTIONS');
  refuseNonFunctions({ a: undefined, b: () => {} });
  for (const value of [null, 5, 'f', {}])
    await voirsError(() => refuseNonFunctions({ a: () => {}, b: value }), 'INVALID_OPTIONS');
});

test('throws once a signal has fired, with its reason', async () => {
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  const { cause } = await voirsError(() => throwIfAborted(AbortSignal.abort('why')), 'ABORTED');
  assert.is(cause, 'why');
});

test.run();
