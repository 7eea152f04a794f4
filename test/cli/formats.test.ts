// If this fails, the command line writes a WAV under another name, captions that do not fit, or cannot be piped.
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { intTensor } from '../../src/checkpoints/tensor.js';
import { decoded, HERE } from '../audio/ffmpeg.js';
import { tinyVoice } from '../tiny-voice.js';
import { finish, readTensors, readWav, runCli, scratch, startCli, tensorFile } from './run-cli.js';

const test = suite('formats of the command line');
const THREAD = ['--threads', '1'];
// What files hold is the same with a voice of a few kilobytes.
const voice = tinyVoice();
const ONE = [...THREAD, '--weights', voice.folder];
test.after(() => voice.remove());

test('writes the format of the extension', async () => {
  using folder = scratch();
  const wav = await runCli(['say', 'Two words.', '-o', folder.path('a.wav'), ...ONE]);
  assert.is(wav.code, 0, wav.stderr);
  const { samples } = readWav(readFileSync(folder.path('a.wav')));
  for (const [name, begin] of [
    ['a.mp3', 'ID3'],
    ['a.flac', 'fLaC'],
    ['a.opus', 'OggS'],
  ] as const) {
    const path = folder.path(name);
    const run = await runCli(['say', 'Two words.', '-o', path, '--title', 'Two', '--json', ...ONE]);
    assert.is(run.code, 0, run.stderr);
    const file = readFileSync(path);
    assert.is(file.subarray(0, begin.length).toString(), begin);
    assert.is(JSON.parse(run.stdout.toString()).bytes, file.length);
    if (!HERE) continue;
    const length = decoded(file, name.slice(2)).length;
    const wanted = name === 'a.opus' ? (samples.length * 48000) / 22050 : samples.length;
    assert.ok(Math.abs(length - wanted) <= (name === 'a.opus' ? 2 : 0), `${name}: ${length}`);
  }
  const ulaw = await runCli([
    'say',
    'Two words.',
    '-o',
    '-',
    '--format',
    'mulaw',
    '--sample-rate',
    '8000',
    ...ONE,
  ]);
  assert.is(ulaw.code, 0, ulaw.stderr);
  assert.ok(Math.abs(ulaw.stdout.length / 8000 - samples.length / 22050) < 0.001);
});

test('refuses names that are no format or contradict it', async () => {
  using folder = scratch();
  for (const args of [
    ['-o', folder.path('a.wma')],
    ['-o', folder.path('a.mp3'), '--format', 'wav'],
    ['-o', folder.path('a.wav'), '--bit-rate', '64000'],
    ['-o', folder.path('a.wav'), '--title', 'x'],
    ['-o', folder.path('a.wav'), '--captions', folder.path('a.sub')],
    ['-o', folder.path('a.wav'), '--caption-words'],
  ]) {
    const run = await runCli(['say', 'Two words.', ...args]);
    assert.is(run.code, 2, args.join(' '));
  }
  assert.equal(readdirSync(folder.path()), []);
});

test('writes captions with the spelling of the text', async () => {
  using folder = scratch();
  const text = 'Dr. Smith paid $5. He left in 1999!';
  const args = ['say', text, '-o', folder.path('a.wav'), '--captions'];
  const run = await runCli([...args, folder.path('a.srt'), ...ONE]);
  assert.is(run.code, 0, run.stderr);
  const blocks = readFileSync(folder.path('a.srt'), 'utf8').trimEnd().split('\n\n');
  assert.equal(
    blocks.map((block) => block.split('\n').slice(2).join(' ')),
    ['Dr. Smith paid $5.', 'He left in 1999!'],
  );
  const ssml = '<speak>Tom <emphasis>and</emphasis> Ann &amp; Bob.</speak>';
  const markup = await runCli([
    'say',
    ssml,
    '--ssml',
    '-o',
    folder.path('b.wav'),
    '--captions',
    folder.path('b.vtt'),
    ...ONE,
  ]);
  assert.is(markup.code, 0, markup.stderr);
  assert.match(readFileSync(folder.path('b.vtt'), 'utf8'), 'Tom and Ann &amp; Bob.');
});

test('stores the text with the times of its words', async () => {
  using folder = scratch();
  const tags = ['--title', 'Two', '--album', 'A', '--lyrics'];
  const path = folder.path('a.mp3');
  const said = await runCli(['say', 'Two <b>words</b>.', '-o', path, ...tags, '--json', ...ONE]);
  assert.is(said.code, 0, said.stderr);
  const { words, duration } = JSON.parse(said.stdout.toString());
  const mp3 = readFileSync(path);
  const at = mp3.indexOf('SYLT') + 17;
  const second = at + 'Two'.length + 1 + 4;
  assert.is(mp3.subarray(at, at + 3).toString(), 'Two');
  assert.is(mp3.readUInt32BE(at + 4), Math.round(words[0].start * 1000));
  assert.is(mp3.subarray(second, second + 6).toString(), ' words');
  writeFileSync(folder.path('in.txt'), 'Two words.');
  const out = ['--out-dir', folder.path('out'), '--format', 'flac'];
  const batch = await runCli(['batch', folder.path('in.txt'), ...out, ...tags, ...ONE]);
  assert.is(batch.code, 0, batch.stderr);
  const flac = readFileSync(folder.path('out', '0001.flac'));
  assert.ok(
    flac.includes('SYNCEDLYRICS=[00:00.') && flac.includes('ALBUM=A') && flac.includes('LYRICS=Two words.'),
  );
  if (HERE) assert.ok(Math.abs(decoded(mp3, 'mp3').length / 22050 - duration) < 1e-4);
  const live = await runCli(['say', 'Two.', '-o', '-', '--format', 'mp3', '--live', '--lyrics']);
  assert.is(live.code, 2);
});

test('writes captions and formats of a batch', async () => {
  using folder = scratch();
  writeFileSync(folder.path('in.txt'), 'One.\nTwo!\n');
  const args = ['batch', folder.path('in.txt'), '--out-dir', folder.path('out'), '--format', 'flac'];
  const run = await runCli([...args, '--captions', 'vtt', ...ONE]);
  assert.is(run.code, 0, run.stderr);
  assert.equal(readdirSync(folder.path('out')).sort(), [
    ...['0001.flac', '0001.vtt', '0002.flac', '0002.vtt', 'batch.jsonl'],
  ]);
  assert.match(readFileSync(folder.path('out', '0002.vtt'), 'utf8'), 'Two!');
  const check = await runCli([...args, '--verify']);
  assert.is(check.code, 0, check.stdout.toString());
  const piped = await runCli(['batch', '-', '--out-dir', folder.path('piped'), ...ONE], { input: 'One.\n' });
  assert.is(piped.code, 0, piped.stderr);
  assert.ok(existsSync(folder.path('piped', '0001.wav')));
});

test('pipes token ids through both models to a WAV', async () => {
  using folder = scratch();
  const text = await runCli(['text', 'Tea. And more.', '--json']);
  assert.is(text.code, 0, text.stderr);
  const { tokens, tokenIds, sentences, words } = JSON.parse(text.stdout.toString());
  assert.is(tokenIds.length, tokens.length);
  assert.equal(
    sentences.map(({ source }: { source: [number, number] }) => source),
    [
      [0, 3],
      [5, 13],
    ],
  );
  assert.equal(sentences.at(-1).words, [1, words.length]);
  assert.equal(sentences.at(-1).tokens[1], tokens.length);
  assert.ok(sentences[0].pauseAfter > 0 && sentences[1].pauseAfter === 0);
  const first = tokenIds.slice(...sentences[0].tokens);
  const input = Buffer.from(
    tensorFile({
      tokens: intTensor(Int32Array.from(first), [first.length]),
      speaker: intTensor(Int32Array.of(0), [1]),
    }),
  );
  const model = await new Promise<Buffer>((resolve, reject) => {
    const child = startCli(['acoustic', '-', '-o', '-', ...THREAD]);
    child.stdin!.end(input);
    finish(child).then(({ code, stdout, stderr }) =>
      code === 0 ? resolve(stdout) : reject(new Error(stderr)),
    );
  });
  writeFileSync(folder.path('mel.safetensors'), model);
  const frames = readTensors(folder.path('mel.safetensors')).get('mel')!.shape[0]!;
  const child = startCli(['vocode', '-', '-o', folder.path('y.wav'), ...THREAD]);
  child.stdin!.end(model);
  const run = await finish(child);
  assert.is(run.code, 0, run.stderr);
  const { sampleRate, samples } = readWav(readFileSync(folder.path('y.wav')));
  assert.equal([sampleRate, samples.length], [22050, frames * 256]);
  assert.ok(samples.some((x) => Math.abs(x) > 1000));
});

test('reads UTF-16 as Windows writes it', async () => {
  using folder = scratch();
  const text = 'Hello there, world.';
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const bytes of [
    little,
    big,
    Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
  ]) {
    writeFileSync(folder.path('t.txt'), bytes);
    const run = await runCli(['text', '--file', folder.path('t.txt'), '--json']);
    assert.is(JSON.parse(run.stdout.toString()).normalised, 'hello there, world.');
  }
});

test('plays through a program of the system, or says which it needs', async () => {
  using folder = scratch();
  const path = folder.path('aplay');
  writeFileSync(path, `#!/bin/sh\nexec /bin/cat > "${folder.path('heard.wav')}"\n`);
  chmodSync(path, 0o755);
  // In a folder of its own: the README's first command leaves an out.wav where it runs.
  const [cwd, env] = [folder.path(), { PATH: folder.path() }];
  const run = await runCli(['say', 'Two words.', '--play', ...ONE], { env, cwd });
  assert.is(run.code, 0, run.stderr);
  const heard = readFileSync(folder.path('heard.wav'));
  assert.is(heard.subarray(0, 4).toString(), 'RIFF');
  assert.ok(heard.length > 10_000);
  assert.match(run.stdout.toString(), 'aplay');
  assert.not(existsSync(folder.path('out.wav')));
  writeFileSync(path, '#!/bin/sh\n/bin/cat > /dev/null\necho "no sound card" >&2\nexit 3\n');
  const broken = await runCli(['say', 'Two words.', '--play', ...ONE], { env: { PATH: folder.path() } });
  assert.is(broken.code, 1);
  assert.match(broken.stderr, 'no sound card');
  const none = await runCli(['say', 'Two words.', '--play'], { env: { PATH: folder.path('nowhere') } });
  assert.is(none.code, 1);
  assert.match(none.stderr, /IO_ERROR: There is no program that plays audio; wanted .*aplay/);
});

test.run();
