// If this fails, damaged or swapped weights are played instead of refused, or a good voice does not load.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { elementCount, floatTensor, type HostTensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { loadVoiceFiles, readVocoderCheckpoint } from '../../src/voices/files.js';
import { rejectsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite('voice files');
const arctic = fileURLToPath(new URL('../../weights/arctic', import.meta.url));
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'voirs-files-'));
test.after(() => rmSync(scratch, { recursive: true }));

/** A folder of its own with the shipped manifest in it. */
function folder(name: string): string {
  const path = join(scratch, name);
  mkdirSync(path);
  copyFileSync(join(arctic, 'model.json'), join(path, 'model.json'));
  return path;
}

function size(tensors: ReadonlyMap<string, HostTensor>): number {
  return [...tensors.values()].reduce((sum, tensor) => sum + elementCount(tensor.shape)!, 0);
}

test('loads the shipped voice as its manifest describes it', async () => {
  const files = await loadVoiceFiles(arctic);
  const { acoustic, vocoders } = files.manifest;
  for (const entry of [acoustic, ...vocoders.values()]) {
    const { tensors } = await files.tensors(entry);
    assert.equal([...tensors.keys()].sort(), [...entry.model.declaration().tensors.keys()].sort());
    assert.ok(size(tensors) < entry.bytes && entry.bytes < 1.2 * size(tensors), '8 bits on disk');
  }
  assert.match((await files.text('pronunciations.tsv')) ?? '', /\bAH0\b/);
  assert.is(await files.text('nothing-of-that-name.txt'), undefined);
  assert.is(await files.text('../../package.json'), undefined);
});

test('refuses a weights file that is missing, cut or changed by one bit', async () => {
  const files = await loadVoiceFiles(folder('damaged'));
  const entry = files.manifest.vocoders.get('v2')!;
  const path = join(files.folder, entry.file);
  await rejectsVoirs(files.tensors(entry), /vocoder-v2\.safetensors cannot be read; got no such file/);
  const bytes = readFileSync(join(arctic, entry.file));
  writeFileSync(path, bytes.subarray(0, -1));
  await rejectsVoirs(
    files.tensors(entry),
    new RegExp(`got ${entry.bytes - 1} bytes; wanted ${entry.bytes} bytes`),
  );
  bytes[bytes.length - 100]! ^= 1;
  writeFileSync(path, bytes);
  await rejectsVoirs(
    files.tensors(entry),
    new RegExp(`got sha256 [0-9a-f]{64}; wanted sha256 ${entry.sha256}`),
  );
  bytes[bytes.length - 100]! ^= 1;
  writeFileSync(path, bytes);
  assert.ok((await files.tensors(entry)).tensors.size > 0, 'and the next call works');
});

test('refuses a weights file that is replaced while a voice loads', async () => {
  const files = await loadVoiceFiles(folder('replaced'));
  const entry = files.manifest.vocoders.get('v2')!;
  const path = join(files.folder, entry.file);
  copyFileSync(join(arctic, entry.file), path);
  const { tensors } = await files.tensors(entry);
  assert.is(tensors.get('conv_post.bias')!.bytes.length, 2);
  rmSync(path);
  throwsVoirs(() => tensors.get('conv_post.bias')!.bytes, /cannot be read; got no such file/);
  writeFileSync(path, new Uint8Array(entry.bytes));
  throwsVoirs(() => tensors.get('conv_post.bias')!.bytes, /cannot be read; got another file than/);
});

test('refuses folders without a manifest, without naming the machine', async () => {
  await rejectsVoirs(
    loadVoiceFiles(join(scratch, 'nowhere')),
    /model\.json cannot be read; got no such file in "nowhere"/,
  );
  await rejectsVoirs(loadVoiceFiles(fixture('hifigan-v1-tiny.json')), /model\.json cannot be read/);
  const path = join(scratch, 'folder-as-file');
  mkdirSync(join(path, 'model.json'), { recursive: true });
  await rejectsVoirs(loadVoiceFiles(path), /model\.json is not a file; got a folder/);
  await loadVoiceFiles(join(scratch, 'nowhere')).catch((error: Error) =>
    assert.not.match(error.message, scratch),
  );
});

test('refuses files that are too large before it reads them', async () => {
  const path = folder('large');
  const files = await loadVoiceFiles(path);
  const grow = (name: string, bytes: number): string => {
    writeFileSync(join(path, name), '');
    truncateSync(join(path, name), bytes); // without blocks on the disk
    return join(path, name);
  };
  grow('pronunciations.tsv', 2 ** 24);
  assert.is((await files.text('pronunciations.tsv'))!.length, 2 ** 24);
  grow('pronunciations.tsv', 2 ** 24 + 1);
  await rejectsVoirs(files.text('pronunciations.tsv'), /wrong size; got 16777217 .* at most 16777216/);
  grow('model.json', 2 ** 24 + 1);
  await rejectsVoirs(loadVoiceFiles(path), /model\.json has the wrong size; got 16777217/);
  const config = fixture('hifigan-v1-tiny.json');
  const weights = grow('generator.pth', 2 ** 31);
  await rejectsVoirs(
    readVocoderCheckpoint(weights, config),
    /wrong size; got 2147483648 .* at most 2147483647/,
  );
});

test('takes the first weights of a folder from Hugging Face, and says when there are none', async () => {
  const path = join(scratch, 'generator-folder');
  mkdirSync(path);
  copyFileSync(fixture('hifigan-v3-tiny.json'), join(path, 'config.json'));
  await rejectsVoirs(
    readVocoderCheckpoint(path),
    /generator-folder holds no weights; got config\.json alone/,
  );
  copyFileSync(fixture('hifigan-v3-tiny.pth'), join(path, 'pytorch_model.bin'));
  const { source, tensors } = await readVocoderCheckpoint(path);
  assert.is(source, 'pytorch_model.bin');
  assert.ok(tensors.size > 0);
  mkdirSync(join(path, 'model.safetensors'));
  await rejectsVoirs(readVocoderCheckpoint(path), /model\.safetensors is not a file; got a folder/);
});

test('tells of each byte of weights that it reads', async () => {
  let told = 0;
  const files = await loadVoiceFiles(arctic, (bytes) => {
    told += bytes;
  });
  assert.is(told, 0);
  const entry = files.manifest.vocoders.get('v2')!;
  await files.tensors(entry);
  assert.is(told, entry.bytes);
});

test('reads the same weights from safetensors', async () => {
  const config = fixture('hifigan-v3-tiny.json');
  const torch = await readVocoderCheckpoint(fixture('hifigan-v3-tiny.pth'), config);
  const path = join(scratch, 'generator');
  const folded = [...torch.tensors].map(
    ([name, tensor]) => [name, floatTensor(toFloat32(tensor), tensor.shape)] as const,
  );
  writeFileSync(path, writeSafetensors(new Map(folded)));
  const values = ({ tensors }: typeof torch) =>
    [...tensors].map(([name, tensor]) => [name, tensor.shape, [...toFloat32(tensor)]]).sort();
  assert.equal(values(await readVocoderCheckpoint(path, config)), values(torch));
});

test('loads the full-size LJ Speech V2 generator', async () => {
  const lj = fileURLToPath(new URL('../../../shared/checkpoints/hifigan-lj-v2', import.meta.url));
  if (!existsSync(lj)) {
    console.log('SKIP LJ Speech checkpoint: ../shared is not here');
    return;
  }
  const { config, tensors } = await readVocoderCheckpoint(join(lj, 'generator_v2'), join(lj, 'config.json'));
  assert.is(size(new Map([...tensors].filter(([name]) => !name.endsWith('weight_g')))), 925_985);
  assert.is(config.sampleRate, 22_050);
});

test('refuses a file that holds no weights, with how it begins', async () => {
  const config = fixture('hifigan-v1-tiny.json');
  await rejectsVoirs(
    readVocoderCheckpoint(config, config),
    /not a weights file; got a file that begins 7b 0a 20/,
  );
  const empty = join(scratch, 'empty.pth');
  writeFileSync(empty, '');
  await rejectsVoirs(readVocoderCheckpoint(empty, config), /not a weights file; got an empty file/);
  await rejectsVoirs(
    readVocoderCheckpoint(join(scratch, 'none.pth'), config),
    /none\.pth cannot be read; got no such file/,
  );
});

test.run();
