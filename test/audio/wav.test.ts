// If this fails, players refuse our WAV files or play noise.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeWav, type WavEncoding, wavHeader } from '../../src/audio/wav.js';
import { voirsError } from '../expect.js';

const test = suite('wav');
const text = (bytes: Uint8Array, at: number, length = 4) =>
  new TextDecoder().decode(bytes.subarray(at, at + length));

test('writes a header that describes the samples', () => {
  const file = encodeWav(new Float32Array(101), 22050, 1);
  const view = new DataView(file.buffer);
  assert.equal(
    [text(file, 0), text(file, 8), text(file, 12), text(file, 36)],
    ['RIFF', 'WAVE', 'fmt ', 'data'],
  );
  assert.is(view.getUint32(4, true), file.length - 8);
  assert.is(view.getUint16(20, true), 1, 'PCM');
  assert.is(view.getUint16(22, true), 1, 'mono');
  assert.is(view.getUint32(24, true), 22050);
  assert.is(view.getUint32(28, true), 44100, 'bytes a second');
  assert.is(view.getUint32(40, true), 202);
});

for (const [encoding, bytes, step] of [
  ['pcm16', 2, 1 / 32767],
  ['pcm24', 3, 1 / 8388607],
  ['float32', 4, 0],
] as [WavEncoding, number, number][]) {
  test(`keeps samples to half a step in ${encoding}, and clips only PCM`, () => {
    const samples = Float32Array.of(0, 0.5, -0.5, 1, -1, 0.123456, 1.5, -2);
    const file = encodeWav(samples, 8000, 1, encoding);
    const view = new DataView(file.buffer, 44);
    samples.forEach((x, i) => {
      let read: number;
      if (encoding === 'float32') read = view.getFloat32(i * 4, true);
      else if (encoding === 'pcm16') read = view.getInt16(i * 2, true) / 32767;
      else read = ((view.getInt8(i * 3 + 2) << 16) | view.getUint16(i * 3, true)) / 8388607;
      const wanted = encoding === 'float32' ? x : Math.max(-1, Math.min(1, x));
      assert.ok(Math.abs(read - wanted) <= step / 2 + 1e-9, `${x} was read as ${read}`);
    });
    assert.is(new DataView(file.buffer).getUint16(34, true), bytes * 8);
  });
}

test('states sizes of every encoding, up to the largest that fits', async () => {
  for (const [encoding, tag, bytes] of [
    ['pcm16', 1, 2],
    ['pcm24', 1, 3],
    ['float32', 3, 4],
  ] as const)
    for (const channels of [1, 2]) {
      const view = new DataView(wavHeader(3, 8000, channels, encoding).buffer);
      const data = 3 * channels * bytes;
      const sizes = [4, 16, 24, 28, 40].map((at) => view.getUint32(at, true));
      assert.equal(sizes, [36 + data + (data % 2), 16, 8000, 8000 * channels * bytes, data]);
      const form = [20, 22, 32, 34].map((at) => view.getUint16(at, true));
      assert.equal(form, [tag, channels, channels * bytes, 8 * bytes]);
    }
  const most = (0xffffffff - 36) / 3;
  assert.is(new DataView(wavHeader(most, 8000, 1, 'pcm24').buffer).getUint32(40, true), 0xffffffff - 36);
  const { got } = await voirsError(() => wavHeader(most + 1, 8000, 1, 'pcm24'), 'INVALID_AUDIO');
  assert.is(got, '4294967262 bytes of samples');
  await voirsError(() => wavHeader(1, 8000, 1, 'pcm8' as never), 'INVALID_OPTIONS');
});

test('pads odd data, and counts stereo in frames', () => {
  const file = encodeWav(new Float32Array(3), 8000, 1, 'pcm24');
  assert.is(file.length % 2, 0);
  const stereo = new DataView(encodeWav(new Float32Array(8), 8000, 2).buffer);
  assert.is(stereo.getUint16(32, true), 4, 'bytes a frame');
});

test.run();
