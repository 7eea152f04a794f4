// If this fails, bad input crashes, is swallowed, or poisons the calls after it.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineCounts } from '../../src/backends/engine.js';
import { VoirsPipeline } from '../../src/index.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { voirsError } from '../expect.js';

const test = suite('bad input');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());
test.after.each(async () => {
  // Whatever was refused, the next call works and nothing is left behind.
  const tensors = engineCounts().tensors;
  using audio = await pipeline.synthesize('Fine.');
  assert.ok(audio.duration > 0.2);
  assert.is(engineCounts().tensors, tensors);
});

for (const text of ['', '   \n', '😀🎉', '...', '"()"']) {
  test(`nothing to speak in ${JSON.stringify(text)}`, async () => {
    const error = await voirsError(() => pipeline.synthesize(text), 'INVALID_TEXT');
    assert.ok(error.got && error.wanted);
  });
}

test('text that is not a string', async () => {
  await voirsError(() => pipeline.synthesize(undefined as unknown as string), 'INVALID_TEXT');
});

test('an unknown voice names those there are', async () => {
  const error = await voirsError(() => pipeline.synthesize('Hello.', { voice: 'hal' }), 'VOICE_NOT_FOUND');
  assert.match(error.message, 'hazel, miles');
  await voirsError(() => pipeline.setVoice('hal'), 'VOICE_NOT_FOUND');
  await voirsError(() => VoirsPipeline.create({ voice: 'hal' }), 'VOICE_NOT_FOUND');
});

for (const options of [
  { speakingRate: 0.4 },
  { speakingRate: Number.NaN },
  { pitchShift: 13 },
  { volumeGain: 21 },
]) {
  test(`${JSON.stringify(options)} is out of range`, async () => {
    const error = await voirsError(() => pipeline.synthesize('Hello.', options), 'INVALID_OPTIONS');
    assert.match(error.message, Object.keys(options)[0]!);
  });
}

test('an unknown backend names those there are', async () => {
  const error = await voirsError(() => VoirsPipeline.create({ backend: 'abacus' }), 'DEVICE_ERROR');
  assert.match(error.message, 'wasm');
});

test('a path that cannot be written', async () => {
  using audio = await pipeline.synthesize('Hello.');
  await voirsError(() => audio.save(join(tmpdir(), 'no', 'such', 'folder', 'x.wav')), 'IO_ERROR');
  const error = await voirsError(() => audio.save('x.wma'), 'INVALID_OPTIONS');
  assert.match(error.message, 'an extension of .wav');
});

test('a disposed buffer and a disposed pipeline', async () => {
  const audio = await pipeline.synthesize('Hello.');
  audio.dispose();
  audio.dispose();
  await voirsError(() => audio.samples, 'DISPOSED');
  await voirsError(() => audio.toWav(), 'DISPOSED');
  const other = await VoirsPipeline.create({ numThreads: 1 });
  const held = await other.synthesize('I outlive my maker.');
  await other.dispose();
  await other.dispose();
  for (const call of [
    () => other.synthesize('Hello.'),
    () => other.stream('Hello.'),
    () => other.prepare('Hello.'),
    () => other.setVoice('miles'),
    () => other.reset(),
  ]) {
    await voirsError(call, 'DISPOSED');
  }
  assert.ok(
    held.samples.some((x) => x !== 0),
    'audio survives its pipeline',
  );
  held.dispose();
});

test('dispose in the middle of a synthesis fails that call by name', async () => {
  const other = await VoirsPipeline.create({ numThreads: 1 });
  let disposed: Promise<void> | undefined;
  const onProgress = () => {
    disposed ??= other.dispose();
  };
  await voirsError(() => other.synthesize('One. Two. Three.', { onProgress }), 'DISPOSED');
  await disposed;
});

test('weights: missing, cut short, one bit flipped, manifest of another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'voirs-weights-'));
  const create = () => VoirsPipeline.create({ weights: folder, numThreads: 1 });
  try {
    await voirsError(create, 'INVALID_WEIGHTS');
    await cp(defaultVoiceFolder(), folder, { recursive: true });
    const file = join(folder, 'vocoder-v2.safetensors');
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 100));
    assert.match((await voirsError(create, 'INVALID_WEIGHTS')).message, 'bytes');
    bytes[bytes.length - 7]! ^= 1;
    await writeFile(file, bytes);
    assert.match((await voirsError(create, 'INVALID_WEIGHTS')).message, 'sha256');
    await rm(file);
    assert.match((await voirsError(create, 'INVALID_WEIGHTS')).message, 'vocoder-v2.safetensors');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
