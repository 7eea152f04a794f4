// If this fails, single stages give other numbers than PyTorch, or tensors of the wrong shape.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { floatTensor, intTensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { maxDifference, readTensors, runCli, scratch, tensorFile } from './run-cli.js';

const test = suite('voirs acoustic and vocode');
const TOLERANCE = 1e-4;
const fixture = (name: string): string => new URL(`../fixtures/${name}`, import.meta.url).pathname;
const shared = process.env.VOIRS_SHARED ?? new URL('../../../shared', import.meta.url).pathname;
const goldens = `${shared}/voices/aspen/golden`;

async function works(args: string[]): Promise<void> {
  const run = await runCli(args);
  assert.is(run.code, 0, run.stderr);
  assert.is(run.stderr, '');
  assert.is(run.stdout.length, 0);
}

async function refuses(args: string[], message: RegExp, exitCode = 2): Promise<void> {
  const run = await runCli(args);
  assert.is(run.code, exitCode, run.stderr);
  assert.match(run.stderr, message);
  assert.is(run.stderr.split('\n').length, 2);
}

const plain = (name: string): string[] => [
  '--model',
  fixture(`${name}.pth`),
  '--config',
  fixture(`${name}.json`),
];

for (const name of ['hifigan-v1-tiny', 'hifigan-v2-tiny', 'hifigan-v3-tiny', 'hifigan-odd-tiny']) {
  test(`vocodes with ${name}.pth as PyTorch does, in either layout`, async () => {
    using folder = scratch();
    const golden = readTensors(fixture(`${name}.golden.safetensors`));
    const given = fixture(`${name}.golden.safetensors`);
    await works(['vocode', given, '-o', folder.path('a.safetensors'), ...plain(name), '--threads', '1']);
    assert.ok(
      maxDifference(readTensors(folder.path('a.safetensors')).get('audio'), golden.get('audio')) <= TOLERANCE,
    );

    const bandsFirst = golden.get('mel')!;
    const [bands, frames] = bandsFirst.shape as [number, number];
    const from = toFloat32(bandsFirst);
    const turned = Float32Array.from(
      { length: from.length },
      (_, i) => from[(i % bands) * frames + Math.floor(i / bands)]!,
    );
    writeFileSync(folder.path('t.safetensors'), tensorFile({ mel: floatTensor(turned, [frames, bands]) }));
    await works([
      'vocode',
      folder.path('t.safetensors'),
      '-o',
      folder.path('b.safetensors'),
      ...plain(name),
      '--threads',
      '1',
      '--layout',
      'frames-first',
    ]);
    assert.is(
      maxDifference(
        readTensors(folder.path('b.safetensors')).get('audio'),
        readTensors(folder.path('a.safetensors')).get('audio'),
      ),
      0,
    );
  });
}

test('vocodes an input of several chunks alike on both backends', async () => {
  using folder = scratch();
  const frames = 410; // more than three chunks of 128
  const mel = Float32Array.from({ length: frames * 80 }, (_, i) => Math.sin(i * 0.37) * 2 - 4);
  writeFileSync(folder.path('in.safetensors'), tensorFile({ mel: floatTensor(mel, [frames, 80]) }));
  for (const backend of ['wasm', 'cpu']) {
    await works([
      'vocode',
      folder.path('in.safetensors'),
      '-o',
      folder.path(backend),
      ...plain('hifigan-odd-tiny'),
      '--backend',
      backend,
    ]);
  }
  const [wasm, cpu] = ['wasm', 'cpu'].map((backend) => readTensors(folder.path(backend)).get('audio')!);
  assert.equal(wasm!.shape, [frames * 32]);
  assert.ok(maxDifference(wasm, cpu) <= TOLERANCE);
});

for (const name of ['short']) {
  test(`gives PyTorch's numbers for ${name} in both models`, async () => {
    const given = `${goldens}/${name}.safetensors`;
    if (!existsSync(given)) return console.log(`SKIP ${name}: shared/voices/aspen/golden is missing`);
    using folder = scratch();
    const golden = readTensors(given);
    const { speaker: _, ...rest } = Object.fromEntries(golden);
    const input = { tokens: rest.tokens!, speaker: golden.get('speaker')!, durations: rest.durations! };
    writeFileSync(folder.path('tokens'), tensorFile(input));
    const voice = ['--weights', `${shared}/voices/aspen`]; // in 16 bits, as the golden was made
    await works(['acoustic', folder.path('tokens'), '-o', folder.path('mel'), ...voice]);
    const mel = readTensors(folder.path('mel'));
    for (const tensor of ['log_durations', 'pitch', 'energy', 'mel', 'log_f0']) {
      assert.ok(maxDifference(mel.get(tensor), golden.get(tensor)) <= TOLERANCE, tensor);
      assert.is(mel.get(tensor)!.dtype, 'F32');
    }
    assert.is(maxDifference(mel.get('durations'), golden.get('durations')), 0);

    // With the golden's own source, and with one made from log F0: both must give the golden's audio.
    writeFileSync(folder.path('source'), tensorFile({ mel: rest.mel!, source: rest.source! }));
    await works(['vocode', folder.path('source'), '-o', folder.path('a'), ...voice]);
    await works(['vocode', folder.path('mel'), '-o', folder.path('b'), ...voice]);
    assert.ok(maxDifference(readTensors(folder.path('a')).get('audio'), golden.get('audio')) <= TOLERANCE);
    // The phase of a source accumulates every rounding of its F0: 2e-6 here, and the bound allows no more.
    assert.ok(maxDifference(readTensors(folder.path('b')).get('audio'), golden.get('audio')) <= 5e-4);
  });
}

test('applies --rate, unless the durations are given', async () => {
  using folder = scratch();
  const tokens = intTensor([1, 62, 18, 66, 45, 5, 2], [7], 'I64');
  const speaker = intTensor([0], []);
  writeFileSync(folder.path('in'), tensorFile({ tokens, speaker }));
  const frames = async (...options: string[]): Promise<number> => {
    await works(['acoustic', folder.path('in'), '-o', folder.path('out'), '--threads', '1', ...options]);
    return readTensors(folder.path('out')).get('mel')!.shape[0]!;
  };
  const usual = await frames();
  assert.ok((await frames('--rate', '2')) < usual);
  writeFileSync(
    folder.path('in'),
    tensorFile({ tokens, speaker, durations: intTensor([1, 2, 3, 4, 5, 6, 0], [7]) }),
  );
  assert.is(await frames(), 21);
});

test('refuses inputs of the wrong shape and writes nothing', async () => {
  using folder = scratch();
  const input = folder.path('in');
  const write = (tensors: Parameters<typeof tensorFile>[0]): void =>
    writeFileSync(input, tensorFile(tensors));
  const out = ['-o', folder.path('out')];
  const floats = (...shape: number[]) =>
    floatTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const tiny = plain('hifigan-odd-tiny');

  write({ mel: floats(80, 80) });
  await refuses(['vocode', input, ...out, ...tiny], /ambiguous.*--layout/);
  write({ mel: floats(79, 20) });
  await refuses(['vocode', input, ...out, ...tiny], /got \[79, 20\]; wanted \[T, 80\] or \[80, T\]/);
  write({ mel: floats(20, 80) });
  await refuses(['vocode', input, ...out, ...tiny, '--layout', 'bands-first'], /wanted \[80, T\]/);
  await refuses(['vocode', input, ...out], /source \[2, 5120\], or log_f0 \[20\] and speaker/);
  await refuses(['vocode', input, ...out, '--model', fixture('hifigan-odd-tiny.pth')], /--config/);
  await refuses(['vocode', input], /no output/);
  write({ mel: floats(20, 80), source: floats(2, 100) });
  await refuses(['vocode', input, ...out], /got \[2, 100\]; wanted \[2, 5120\]/);
  write({ mel: floats(20, 80), log_f0: floats(20), speaker: intTensor([99], [1]) });
  await refuses(['vocode', input, ...out], /no such speaker; got 99/, 1);
  write({ mel: floatTensor(new Float32Array(1600).fill(Number.NaN), [20, 80]) });
  await refuses(['vocode', input, ...out, ...tiny], /not a number/);
  write({ speaker: intTensor([0], [1]) });
  await refuses(['acoustic', input, ...out], /lacks the tensor tokens/);
  write({ tokens: intTensor([1, 9999, 2], [3]), speaker: intTensor([0], [1]) });
  await refuses(['acoustic', input, ...out], /Token 1 is not in the vocabulary/);
  write({ tokens: intTensor([1, 5, 2], [3]), speaker: intTensor([0], [1]), durations: intTensor([1], [1]) });
  await refuses(['acoustic', input, ...out], /wanted 3 durations/);
  writeFileSync(input, 'no tensors at all');
  await refuses(['acoustic', input, ...out], /INVALID_WEIGHTS/, 1);
  assert.equal(readdirSync(folder.path()), ['in']);
});

test.run();
