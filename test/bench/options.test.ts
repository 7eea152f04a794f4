// If this fails, npm run bench ignores a mistyped option or value, or --help does not say what there is.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { helpOf, type Options, parseOptions } from '../../bench/lib/options.js';

const test = suite('bench options');
const options = {
  runs: { kind: 'count', default: 3, does: 'counted runs' },
  'warm-ups': { kind: 'count', least: 0, does: 'runs before' },
  limits: { kind: 'counts', default: [32, 64], does: 'limits' },
  seconds: { kind: 'number', does: 'audio' },
  backends: { kind: 'names', of: ['wasm', 'cpu'], default: ['wasm'], does: 'only these' },
  only: { kind: 'name', of: ['shapes', 'models'], does: 'one half' },
  text: { kind: 'text', default: 'Hello.', does: 'what is spoken' },
  dry: { kind: 'switch', does: 'computes nothing' },
} as const satisfies Options;

test('gives defaults where nothing is given', () => {
  const values = parseOptions(options, []);
  assert.equal(values, {
    ...{ runs: 3, 'warm-ups': undefined, limits: [32, 64], seconds: undefined, backends: ['wasm'] },
    ...{ only: undefined, text: 'Hello.', dry: false },
  });
});

test('parses each kind of value', () => {
  const args = ['--runs', '7', '--warm-ups', '0', '--limits', '16,8', '--seconds', '0.5'];
  const values = parseOptions(options, [...args, '--backends', 'cpu, wasm', '--only', 'models', '--dry']);
  assert.equal(values, {
    ...{ runs: 7, 'warm-ups': 0, limits: [16, 8], seconds: 0.5, backends: ['cpu', 'wasm'] },
    ...{ only: 'models', text: 'Hello.', dry: true },
  });
});

test('refuses an unknown name with those there are', () => {
  assert.throws(
    () => parseOptions(options, ['--backends', 'wasm,foo']),
    /--backends: no foo; there are wasm, cpu/,
  );
  assert.throws(() => parseOptions(options, ['--only', 'half']), /--only: no half; there are shapes, models/);
});

test('refuses a number that is out of range', () => {
  for (const [name, text] of [
    ...[
      ['runs', '0'],
      ['runs', '1.5'],
      ['runs', 'x'],
      ['runs', ''],
      ['warm-ups', '-1'],
      ['limits', '8,'],
    ],
    ...[
      ['seconds', '-1'],
      ['seconds', 'Infinity'],
    ],
  ])
    assert.throws(
      () => parseOptions(options, [`--${name}=${text}`]),
      new RegExp(`^--${name}: got .*; wanted a`),
    );
});

test('refuses an unknown option and a stray word', () => {
  assert.throws(() => parseOptions(options, ['--nosuch']), /Unknown option '--nosuch'; --help lists/);
  const near = Object.keys(options)[0]!;
  const misspelt = `--${near}${near.at(-1)}`;
  assert.throws(
    () => parseOptions(options, [misspelt]),
    new RegExp(`did you mean --${near}\\? --help lists`),
  );
  assert.throws(() => parseOptions(options, ['stray']), /Unexpected argument 'stray'; --help lists/);
});

test('describes every option in its help', () => {
  const lines = helpOf(options);
  assert.is(lines.length, Object.keys(options).length + 1);
  assert.match(lines[0]!, /^ {2}--runs N +counted runs \(default 3\)$/);
  assert.match(lines[4]!, /--backends NAME,NAME,\.\.\. +only these: wasm, cpu \(default wasm\)/);
  assert.match(lines.at(-1)!, /--json/);
});

test.run();
