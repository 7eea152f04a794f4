// If this fails, `voirs say` makes no audio, audio that players cannot read, or leaves partial files behind.
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finish, readWav, runCli, scratch, startCli } from './run-cli.js';

const test = suite('voirs say');
const ONE_THREAD = ['--threads', '1'];
const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length) / 0x7fff;

test('writes a whole WAV to a file and reports path, speed, words, memory', async () => {
  using folder = scratch();
  const path = folder.path('hello.wav');
  const run = await runCli(['say', 'Hello, world.', '-o', path, ...ONE_THREAD]);
  assert.is(run.code, 0, run.stderr);
  assert.is(run.stderr, '');
  const { sampleRate, channels, samples } = readWav(readFileSync(path));
  assert.equal([sampleRate, channels], [22050, 1]);
  assert.ok(samples.length > 0.5 * 22050 && samples.length < 4 * 22050, `${samples.length} samples`);
  assert.ok(rms(samples) > 0.01, `${rms(samples)} is silence`);
  const report = run.stdout.toString();
  for (const part of [path, 'real-time factor', 'RSS', 'WASM heap', 'arena', 'hello', 'world']) {
    assert.ok(report.includes(part), `the report lacks ${part}:\n${report}`);
  }
  assert.equal(readdirSync(folder.path()), ['hello.wav']);
});

test('writes the same WAV to stdout and the report to stderr', async () => {
  using folder = scratch();
  const [toFile, toStdout] = [
    await runCli(['say', 'Two words.', '-o', folder.path('a.wav'), ...ONE_THREAD]),
    await runCli(['say', '-', '-o', '-', '--json', ...ONE_THREAD], { input: 'Two words.' }),
  ];
  assert.equal([toFile.code, toStdout.code], [0, 0], toStdout.stderr);
  assert.ok(toStdout.stdout.equals(readFileSync(folder.path('a.wav'))), 'stdout differs from the file');
  assert.is(JSON.parse(toStdout.stderr).path, '-');
});

test('writes a header of unknown length and the same samples for --live', async () => {
  const [whole, live] = [
    await runCli(['say', 'Two words.', '-o', '-', ...ONE_THREAD]),
    await runCli(['say', 'Two words.', '-o', '-', '--live', ...ONE_THREAD]),
  ];
  assert.is(live.code, 0, live.stderr);
  assert.is(live.stdout.readUInt32LE(40), 0xffffffff);
  assert.ok(live.stdout.subarray(44).equals(whole.stdout.subarray(44)));
});

test('holds one chunk of audio at a time and prints one object for --json', async () => {
  using folder = scratch();
  const text = 'The old clock in the hall struck seven, and nobody answered. '.repeat(6).trim();
  writeFileSync(folder.path('text.txt'), `\ufeff${text}\n`);
  const path = folder.path('long.wav');
  const run = await runCli(['say', '--file', folder.path('text.txt'), '-o', path, '--json']);
  assert.is(run.code, 0, run.stderr);
  const report = JSON.parse(run.stdout.toString());
  const { samples } = readWav(readFileSync(path));
  assert.is(report.samples, samples.length);
  assert.is(report.bytes, readFileSync(path).length);
  assert.ok(Math.abs(report.duration - samples.length / 22050) < 1e-9);
  assert.ok(Math.abs(report.realTimeFactor - report.computeSeconds / report.duration) < 1e-9);
  assert.equal(
    report.words.map((word: { text: string }) => word.text),
    text.toLowerCase().replace(/[.,]/g, '').split(' '),
  );
  let last = 0;
  for (const { text: spoken, span, start, end, phones } of report.words) {
    assert.is(text.slice(...(span as [number, number])).toLowerCase(), spoken);
    assert.ok(start >= last && end >= start && phones.length > 0, `${spoken} ${start}-${end}`);
    last = start;
  }
  assert.ok(last < report.duration);
  const { rssBytes, wasmHeapBytes, arena } = report.memory;
  assert.ok(rssBytes > 2 ** 20 && wasmHeapBytes > 2 ** 20);
  // The block of one chunk (some 128 frames and up to 26 more), whatever the length of the text.
  assert.ok(arena.peakBytes <= 2 ** 19, `${arena.peakBytes} bytes held for ${samples.length * 4}`);
  assert.ok(samples.length * 4 > 3 * 2 ** 19, 'the text is too short to tell');
});

test('applies voice, rate, pitch, gain and encoding to the audio', async () => {
  using folder = scratch();
  const said = async (...options: string[]): Promise<Buffer> => {
    const run = await runCli(['say', 'Good morning.', '-o', folder.path('x.wav'), ...ONE_THREAD, ...options]);
    assert.is(run.code, 0, run.stderr);
    return readFileSync(folder.path('x.wav'));
  };
  const plain = readWav(await said()).samples;
  assert.ok(readWav(await said('--rate', '2')).samples.length < plain.length * 0.75);
  const quiet = readWav(await said('--gain', '-20')).samples;
  assert.ok(Math.abs(rms(quiet) / rms(plain) - 0.1) < 0.01, `${rms(quiet)} of ${rms(plain)}`);
  const shifted = readWav(await said('--pitch', '-3')).samples;
  assert.is(shifted.length, plain.length);
  assert.ok(shifted.some((x, i) => Math.abs(x - plain[i]!) > 300));
  assert.not.equal(readWav(await said('--voice', 'miles')).samples, plain);
  assert.is((await said('--encoding', 'float32')).readUInt16LE(20), 3);
});

test('replaces the target of a symbolic link and keeps the link', async () => {
  using folder = scratch();
  writeFileSync(folder.path('real.wav'), 'old');
  symlinkSync(folder.path('real.wav'), folder.path('link.wav'));
  const run = await runCli(['say', 'Hi.', '-o', folder.path('link.wav'), ...ONE_THREAD]);
  assert.is(run.code, 0, run.stderr);
  assert.is(readWav(readFileSync(folder.path('real.wav'))).sampleRate, 22050);
  assert.equal(readdirSync(folder.path()).sort(), ['link.wav', 'real.wav']);
});

test('keeps the old file and leaves nothing else when interrupted', async () => {
  using folder = scratch();
  writeFileSync(folder.path('long.wav'), 'old');
  const text = 'Every machine in the workshop was older than the people who knew it. '.repeat(200);
  const child = startCli(['say', text, '-o', folder.path('long.wav')]);
  const ended = finish(child);
  for (let i = 0; i < 300 && readdirSync(folder.path()).length < 2; i++) await sleep(20);
  await sleep(1000); // it is loading or speaking now: either must stop
  child.kill('SIGINT');
  const { code, stderr, stdout } = await ended;
  assert.is(code, 130);
  assert.match(stderr, /^voirs: ABORTED: [^\n]*\n$/);
  assert.is(stdout.length, 0);
  assert.is(readFileSync(folder.path('long.wav'), 'utf8'), 'old');
  assert.equal(readdirSync(folder.path()), ['long.wav']);
});

test('ends without an error when the reader of stdout closes it', async () => {
  const text = 'Light travels from the sun to the earth in a little more than eight minutes. '.repeat(100);
  const child = startCli(['say', text, '-o', '-', '--live', ...ONE_THREAD]);
  child.stdout!.once('data', () => child.stdout!.destroy());
  const { code, stderr } = await finish(child);
  assert.is(code, 0);
  assert.is(stderr, '');
});

test.run();
