// If this fails, programs that edit audio all day grow, or an arena that is full once stays full.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { analyzeAudio } from '../../src/audio/analyze.js';
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { bufferOf, RATE, tone } from './made.js';

const test = suite('memory of audio operations');

test('leaves slabs and leases unchanged by 500 rounds of every operation', async () => {
  const arena = new Arena();
  for (let i = 0; i < 500; i++) {
    const a = bufferOf(arena, tone(200, 0.05 + (i % 7) / 50));
    const b = bufferOf(arena, tone(300, 0.1));
    const made = [
      a.toStereo(),
      a.toMono(),
      a.append(b, { pause: 0.1 }),
      a.mix(b, { gainDb: -6, offset: 0.02 }),
      a.crossfade(b, 0.02),
      a.trimSilence(),
      a.slice(0.01),
      ...b.split([0.02, 0.05]),
      AudioBuffer.fromWav(a.toWav(), { arena }),
    ];
    for (const one of made) one.gain(-3).normalize().fadeIn(0.01).fadeOut(0.01);
    for (const chunk of a.chunks()) chunk.fill(0);
    analyzeAudio(b);
    const { leases } = arena.stats();
    assert.is(leases, 2 + 7, 'a slice or a split is no new memory');
    // In the order in which they were made and in reverse: parts outlive their whole, and the whole its
    // parts.
    for (const one of i % 2 ? [a, b, ...made] : [...made, a, b]) one.dispose();
    const { leases: left, usedBytes, requestedBytes, slabsAllocated, fragmentation } = arena.stats();
    assert.equal([left, usedBytes, requestedBytes, slabsAllocated, fragmentation], [0, 0, 0, 1, 0]);
  }
});

test("gives the resampler's memory back after each use", async () => {
  const arena = new Arena();
  using audio = bufferOf(arena, tone(200, 0.2));
  for (let i = 0; i < 60; i++) {
    using other = await audio.resample([16000, 22050, 44100][i % 3]!);
    assert.is(arena.stats().leases, 2);
    assert.ok(other.peak() > 0.4);
  }
  assert.equal([arena.stats().leases, arena.stats().slabsAllocated], [1, 1]);
});

test('leases and changes nothing when the arena is full', async () => {
  const arena = new Arena({ capBytes: 4 * 2 ** 16 }); // 2^16 samples
  const audio = bufferOf(arena, tone(200, 4)); // a block of 2^15
  const other = bufferOf(arena, tone(200, 4)); // the other half
  const before = audio.samples.slice();
  const file = audio.toWav();
  for (const use of [
    () => audio.toMono(),
    () => audio.toStereo(),
    () => audio.resample(16000),
    () => audio.append(other),
    () => audio.mix(other),
    () => audio.crossfade(other, 1),
    () => audio.trimSilence(),
    () => AudioBuffer.fromWav(file, { arena }),
  ]) {
    await voirsError(use, 'MEMORY_ERROR');
    assert.is(arena.stats().leases, 2);
  }
  assert.equal(audio.samples, before);
  audio.slice(0, 1).dispose(); // needs no memory
  other.dispose();
  using room = audio.toMono();
  assert.equal(room.samples, before);
  audio.dispose();
});

test('gives samples as one view, without a cache that saving would drop', async () => {
  const arena = new Arena();
  using audio = bufferOf(arena, tone(200, 1));
  assert.is(audio.samples, audio.samples);
  assert.is(audio.toNdarray().data, audio.samples);
  const folder = await mkdtemp(join(tmpdir(), 'voirs-'));
  try {
    const stats = arena.stats();
    await audio.save(join(folder, 'a.wav'));
    assert.equal(arena.stats(), stats);
    using back = await AudioBuffer.load(join(folder, 'a.wav'), { arena });
    assert.is(back.samples.length, RATE);
    await voirsError(() => audio.save(join(folder, 'no', 'such', 'folder.wav')), 'IO_ERROR');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('reclaims slices that are dropped without dispose()', async () => {
  if (!globalThis.gc) {
    console.log('SKIP reclaiming forgotten slices: run with --expose-gc');
    return;
  }
  const arena = new Arena();
  const drop = () => {
    const audio = bufferOf(arena, tone(200, 1));
    audio.split([0.5]);
    audio.dispose();
  };
  drop();
  for (let i = 0; i < 50 && arena.stats().leases > 0; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.is(arena.stats().leases, 0);
});

test.run();
