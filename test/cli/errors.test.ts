// If this fails, a mistake gives a stack trace, a wrong exit code or a broken file instead of one line.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCommand } from '../../src/cli/catalog.js';
import { parseCommandLine } from '../../src/cli/command.js';
import { voirsError } from '../expect.js';
import { type Run, runCli, scratch } from './run-cli.js';

const test = suite('voirs errors');

/** The run failed as promised: the exit code, one line on stderr, nothing on stdout. */
function failed(run: Run, exitCode: number, code: string, message: RegExp): void {
  assert.is(run.code, exitCode, run.stderr);
  assert.match(run.stderr, new RegExp(`^voirs: ${code}: [^\\n]*\\n$`));
  assert.match(run.stderr, message);
  assert.is(run.stdout.toString(), '');
}

const CASES: { name: string; args: string[]; exitCode: number; code: string; message: RegExp }[] = [
  {
    name: 'an unknown command',
    args: ['sing'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /say, studio, batch/,
  },
  {
    name: 'an unknown option',
    args: ['say', 'x', '--loud'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /--loud/,
  },
  {
    name: 'a format by another name',
    args: ['say', 'x', '--format', 'ogg'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /Did you mean opus\?/,
  },
  { name: 'no text', args: ['say'], exitCode: 2, code: 'INVALID_OPTIONS', message: /no text/ },
  {
    name: 'two texts',
    args: ['say', 'x', '--file', 'y'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /two texts/,
  },
  {
    name: 'an option without its value',
    args: ['say', 'x', '--rate'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /--rate/,
  },
  {
    name: 'a rate out of range',
    args: ['say', 'x', '--rate', '9'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /got 9; wanted .*0\.5 to 2/,
  },
  {
    name: 'a rate that is no number',
    args: ['say', 'x', '--rate', 'fast'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /"fast"/,
  },
  {
    name: 'a pitch out of range',
    args: ['say', 'x', '--pitch', '-13'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /-13/,
  },
  {
    name: 'an unknown encoding',
    args: ['say', 'x', '--encoding', 'mp3'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /pcm16, pcm24, float32/,
  },
  {
    name: 'too many threads',
    args: ['say', 'x', '--threads', '99'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /1 to 32/,
  },
  {
    name: '--live into a file',
    args: ['say', 'x', '--live'],
    exitCode: 2,
    code: 'INVALID_OPTIONS',
    message: /--live/,
  },
  { name: 'an empty text', args: ['say', ''], exitCode: 1, code: 'INVALID_TEXT', message: /empty text/ },
  {
    name: 'emoji only',
    args: ['say', '🎉🎉'],
    exitCode: 1,
    code: 'INVALID_TEXT',
    message: /nothing to speak/,
  },
  {
    name: 'an unknown voice',
    args: ['say', 'x', '--voice', 'nobody'],
    exitCode: 1,
    code: 'VOICE_NOT_FOUND',
    message: /got "nobody"; wanted .*hazel/,
  },
  {
    name: 'an unknown backend',
    args: ['say', 'x', '--backend', 'abacus'],
    exitCode: 1,
    code: 'DEVICE_ERROR',
    message: /abacus.*wasm/,
  },
  {
    name: 'a text file that is missing',
    args: ['say', '--file', 'no-such-file.txt'],
    exitCode: 1,
    code: 'IO_ERROR',
    message: /no-such-file\.txt cannot be read/,
  },
  {
    name: 'a voice folder that is missing',
    args: ['say', 'x', '--weights', 'no-such-folder'],
    exitCode: 1,
    code: 'INVALID_WEIGHTS',
    message: /model\.json/,
  },
];

/** What people type, and what the answer names. */
const MEANT: [args: string[], meant: string][] = [
  [['say', 'x', '--speed', '2'], '--rate'],
  [['say', 'x', '--voise', 'bdl'], '--voice'],
  [['say', 'x', '--bitrate=64000'], '--bit-rate'],
  [['batch', 'x.csv', '--outdir', 'out'], '--out-dir'],
  [['serve', '--prot', '80'], '--port'],
  [['vocode', 'x', '--layuot', 'x'], '--layout'],
  [['speak', 'x'], 'voirs say'],
  [['vioces'], 'voirs voices'],
];

test('names what is meant by a misspelt option or command, and nothing where none is near', async () => {
  const parsed = async ([name, ...args]: string[]) => parseCommandLine(name!, await loadCommand(name!), args);
  for (const [args, meant] of MEANT) {
    const { suggestion } = await voirsError(() => parsed(args), 'INVALID_OPTIONS');
    assert.match(suggestion!, `Did you mean ${meant}?`);
  }
  for (const option of ['--qqqqqqqq', '-x']) {
    const { suggestion } = await voirsError(() => parsed(['say', 'x', option]), 'INVALID_OPTIONS');
    assert.is(suggestion, 'See voirs say --help');
  }
});

for (const { name, args, exitCode, code, message } of CASES) {
  test(`answers ${name} with ${code} and exit code ${exitCode}`, async () => {
    using folder = scratch();
    const output = args[0] === 'say' ? ['-o', folder.path('out.wav')] : [];
    // Options come first so that a missing value is the last thing on the line.
    failed(await runCli([args[0]!, ...output, ...args.slice(1)]), exitCode, code, message);
    assert.equal(readdirSync(folder.path()), []);
  });
}

test('refuses a path that cannot be written before it loads anything', async () => {
  using folder = scratch();
  mkdirSync(folder.path('folder'));
  writeFileSync(folder.path('file'), 'x');
  for (const path of [folder.path('missing', 'x.wav'), folder.path('folder'), folder.path('file', 'x.wav')]) {
    // The voice folder is missing too, and is not what is complained of: nothing has been loaded yet.
    const run = await runCli(['say', 'Hi.', '-o', path, '--weights', folder.path('no-voice')]);
    failed(run, 1, 'IO_ERROR', /cannot be written/);
  }
  assert.equal(readdirSync(folder.path()).sort(), ['file', 'folder']);
  assert.equal(readdirSync(folder.path('folder')), []);
});

test('prints the error as an object without a stack for --json', async () => {
  const run = await runCli(['say', '--json', 'x', '--voice', 'nobody', '-o', '/dev/null/x.wav']);
  const { error } = JSON.parse(run.stdout.toString());
  assert.is(error.code, 'IO_ERROR');
  using folder = scratch();
  const voice = await runCli(['say', '--json', 'x', '--voice', 'nobody', '-o', folder.path('x.wav')]);
  assert.is(voice.code, 1);
  const { code, got, wanted, stack } = JSON.parse(voice.stdout.toString()).error;
  assert.equal([code, got, stack], ['VOICE_NOT_FOUND', '"nobody"', undefined]);
  assert.ok(wanted.includes('hazel'));
});

test('refuses a text file that is not UTF-8', async () => {
  using folder = scratch();
  writeFileSync(folder.path('latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
  const run = await runCli(['say', '--file', folder.path('latin1.txt'), '-o', folder.path('x.wav')]);
  failed(run, 1, 'INVALID_TEXT', /UTF-8/);
});

test('names a bad environment variable', async () => {
  const run = await runCli(['say', 'x', '-o', '-'], { env: { VOIRS_NUM_THREADS: 'many' } });
  failed(run, 2, 'INVALID_OPTIONS', /VOIRS_NUM_THREADS/);
});

test('prints help and exits with 2 without a command', async () => {
  const run = await runCli([]);
  assert.is(run.code, 2);
  assert.match(run.stdout.toString(), /Usage: voirs COMMAND/);
});

test.run();
