// If this fails, audio that users load is noise, cut short, or brings the process down.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import { encodeWav, type WavEncoding } from '../../src/audio/wav.js';
import { VoirsError } from '../../src/errors.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';

const test = suite('wav reader');

/** A RIFF chunk, padded to even length. */
function chunk(id: string, body: Uint8Array, declared = body.length): Uint8Array {
  const out = new Uint8Array(8 + body.length + (body.length % 2));
  out.set(new TextEncoder().encode(id));
  new DataView(out.buffer).setUint32(4, declared, true);
  out.set(body, 8);
  return out;
}

function wav(...chunks: Uint8Array[]): Uint8Array {
  const body = Uint8Array.from([...new TextEncoder().encode('WAVE'), ...chunks.flatMap((one) => [...one])]);
  return chunk('RIFF', body);
}

interface Format {
  tag?: number;
  channels?: number;
  rate?: number;
  bits: number;
  blockAlign?: number;
  extensible?: boolean;
}

function fmt({
  tag = 1,
  channels = 1,
  rate = 8000,
  bits,
  blockAlign,
  extensible = false,
}: Format): Uint8Array {
  const view = new DataView(new ArrayBuffer(extensible ? 40 : 16));
  view.setUint16(0, extensible ? 0xfffe : tag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint16(12, blockAlign ?? (channels * bits) / 8, true);
  view.setUint16(14, bits, true);
  if (extensible) {
    view.setUint16(16, 22, true);
    view.setUint16(18, bits, true);
    const guid = [tag, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];
    guid.forEach((byte, i) => {
      view.setUint8(24 + i, byte);
    });
  }
  return chunk('fmt ', new Uint8Array(view.buffer));
}

const bytes = (length: number, write: (view: DataView) => void) => {
  const view = new DataView(new ArrayBuffer(length));
  write(view);
  return new Uint8Array(view.buffer);
};
const samplesOf = (file: Uint8Array) => [...AudioBuffer.fromWav(file).samples];
const near = (got: number[], wanted: number[]) => {
  assert.is(got.length, wanted.length);
  got.forEach((x, i) => {
    assert.ok(Math.abs(x - wanted[i]!) < 1e-6, `${got} instead of ${wanted}`);
  });
};

test('reads half and full scale of either sign in every encoding', () => {
  near(samplesOf(wav(fmt({ bits: 8 }), chunk('data', Uint8Array.of(128, 255, 1, 192)))), [
    0,
    1,
    -1,
    64 / 127,
  ]);
  const pcm16 = bytes(4, (view) => {
    view.setInt16(0, 32767, true);
    view.setInt16(2, -16384, true);
  });
  near(samplesOf(wav(fmt({ bits: 16 }), chunk('data', pcm16))), [1, -16384 / 32767]);
  const pcm24 = Uint8Array.of(0xff, 0xff, 0x7f, 0x01, 0x00, 0x80);
  near(samplesOf(wav(fmt({ bits: 24 }), chunk('data', pcm24))), [1, -1]);
  const pcm32 = bytes(8, (view) => {
    view.setInt32(0, 2 ** 30, true);
    view.setInt32(4, -(2 ** 31) + 1, true);
  });
  near(samplesOf(wav(fmt({ bits: 32 }), chunk('data', pcm32))), [0.5, -1]);
  const float32 = bytes(8, (view) => {
    view.setFloat32(0, 0.25, true);
    view.setFloat32(4, -1.5, true);
  });
  near(samplesOf(wav(fmt({ tag: 3, bits: 32 }), chunk('data', float32))), [0.25, -1.5]);
  const float64 = bytes(8, (view) => view.setFloat64(0, -0.125, true));
  near(samplesOf(wav(fmt({ tag: 3, bits: 64 }), chunk('data', float64))), [-0.125]);
});

test('reads the extensible header among chunks of odd length', () => {
  const data = chunk('data', Uint8Array.of(0xff, 0x7f, 0, 0));
  const list = chunk('LIST', Uint8Array.of(1, 2, 3));
  const file = wav(list, fmt({ bits: 16, channels: 2, extensible: true }), list, data, list);
  const moved = new Uint8Array(file.length + 3);
  moved.set(file, 3);
  const audio = AudioBuffer.fromWav(moved.subarray(3));
  assert.equal([...audio.samples], [1, 0]);
  assert.equal([audio.channels, audio.sampleRate, audio.duration], [2, 8000, 1 / 8000]);
});

test('reads a stream of unknown length to its end', () => {
  const data = chunk('data', Uint8Array.of(0xff, 0x7f, 0, 0), 0xffffffff);
  assert.equal(samplesOf(wav(fmt({ bits: 16 }), data)), [1, 0]);
});

test('states how much is missing from a file that is cut off', async () => {
  const file = encodeWav(new Float32Array(100), 8000, 1);
  const error = await voirsError(() => AudioBuffer.fromWav(file.subarray(0, 144)), 'INVALID_AUDIO');
  assert.match(error.got!, /100 bytes/);
  assert.match(error.wanted!, /200 bytes/);
  for (let length = 0; length < file.length; length++)
    await voirsError(() => AudioBuffer.fromWav(file.subarray(0, length)), 'INVALID_AUDIO');
});

test('names what it cannot read, and leases nothing', async () => {
  const data = chunk('data', new Uint8Array(12));
  const notANumber = chunk(
    'data',
    bytes(4, (view) => view.setFloat32(0, Number.NaN, true)),
  );
  const unfinished = encodeWav(new Float32Array(10), 8000, 1);
  new DataView(unfinished.buffer).setUint32(4, 36, true);
  new DataView(unfinished.buffer).setUint32(40, 0, true);
  const foreign = fmt({ bits: 16, extensible: true });
  foreign[8 + 30] = 7;
  const arena = new Arena();
  for (const [file, message] of [
    [new Uint8Array(0), /Not a WAV/],
    [new TextEncoder().encode('ID3 and then an MP3, which is no WAV'), /Not a WAV/],
    [wav(), /no samples/],
    [wav(fmt({ bits: 16 })), /no samples/],
    [wav(data, fmt({ bits: 16 })), /no format before/],
    [wav(fmt({ tag: 2, bits: 4 }), data), /Unsupported WAV encoding/],
    [wav(fmt({ bits: 12, blockAlign: 2 }), data), /Unsupported WAV encoding/],
    [wav(foreign, data), /sub-format/],
    [wav(chunk('fmt ', new Uint8Array(8)), data), /header is too short/],
    [wav(fmt({ bits: 16, channels: 6 }), data), /channels/],
    [wav(fmt({ bits: 16, channels: 0 }), data), /channels/],
    [wav(fmt({ bits: 16, rate: 7 }), data), /sample rate/],
    [wav(fmt({ bits: 16, blockAlign: 3 }), data), /contradicts itself/],
    [wav(fmt({ bits: 16, channels: 2 }), chunk('data', new Uint8Array(6))), /cut off/],
    [wav(fmt({ tag: 3, bits: 32 }), notANumber), /cannot be played/],
    [unfinished, /never finished/],
  ] as const) {
    const error = await voirsError(() => AudioBuffer.fromWav(file, { arena }), 'INVALID_AUDIO');
    assert.match(error.message, message);
  }
  assert.is(arena.stats().leases, 0);
});

test('reads up to the bounds of rates, chunks and headers', async () => {
  const data = chunk('data', new Uint8Array(4));
  for (const rate of [1000, 192_000]) assert.is(samplesOf(wav(fmt({ bits: 16, rate }), data)).length, 2);
  for (const rate of [999, 192_001])
    await voirsError(() => AudioBuffer.fromWav(wav(fmt({ bits: 16, rate }), data)), 'INVALID_AUDIO');
  // The first format counts, a data chunk of none is one, and what follows it is not looked at.
  const empty = chunk('data', new Uint8Array(0));
  assert.equal(samplesOf(wav(fmt({ bits: 16 }), fmt({ bits: 8 }), data)), [0, 0]);
  assert.equal(samplesOf(wav(fmt({ bits: 16 }), empty)), []);
  assert.equal(samplesOf(wav(fmt({ bits: 16 }), empty, chunk('LIST', new Uint8Array(4)))), []);
  const extensible = (length: number) => fmt({ bits: 16, extensible: true }).slice(8, 8 + length);
  assert.is(samplesOf(wav(chunk('fmt ', extensible(40)), data)).length, 2);
  for (const [header, got] of [
    [extensible(39), '39 bytes'],
    [fmt({ bits: 16 }).slice(8, 23), '15 bytes'],
  ] as const) {
    const error = await voirsError(
      () => AudioBuffer.fromWav(wav(chunk('fmt ', header), data)),
      'INVALID_AUDIO',
    );
    assert.is(error.got, got);
  }
  const guid = fmt({ bits: 16, extensible: true });
  guid[8 + 39] = 0x0b;
  const sub = await voirsError(() => AudioBuffer.fromWav(wav(guid, data)), 'INVALID_AUDIO');
  assert.is(sub.got, '000000001000800000aa00389b0b');
});

test('says what a file is that is no WAV', async () => {
  for (const [bytes, got] of [
    [new Uint8Array(11), '11 bytes'],
    [new Uint8Array(12), '????....????'],
    [new TextEncoder().encode('RIFF____AVI '), 'RIFF....AVI '],
    [new TextEncoder().encode('RIFX____WAVE'), 'RIFX....WAVE'],
  ] as const) {
    const error = await voirsError(() => AudioBuffer.fromWav(bytes), 'INVALID_AUDIO');
    assert.is(error.got, got);
    assert.match(error.suggestion!, /Convert/);
  }
  const none = await voirsError(() => AudioBuffer.fromWav(wav(fmt({ bits: 16 }))), 'INVALID_AUDIO');
  assert.is(none.got, '36 bytes without a "data" chunk');
  assert.is(none.suggestion, undefined);
  const one = await voirsError(
    () =>
      AudioBuffer.fromWav(
        wav(fmt({ bits: 16, channels: 2, blockAlign: 2 }), chunk('data', new Uint8Array(4))),
      ),
    'INVALID_AUDIO',
  );
  assert.equal([one.got, one.wanted], ['2 bytes a frame', '4']);
});

test('reads an ArrayBuffer and every view of one', () => {
  const file = encodeWav(Float32Array.of(0.5, -0.5), 22050, 1, 'float32');
  const { buffer } = Uint8Array.from(file);
  const shared = new Uint8Array(new SharedArrayBuffer(file.length));
  shared.set(file);
  const foreign = runInNewContext('Uint8Array.from(file).buffer', { file }) as ArrayBuffer;
  for (const bytes of [buffer, new DataView(buffer), Buffer.from(file), shared.buffer, foreign]) {
    using audio = AudioBuffer.fromWav(bytes);
    assert.equal([...audio.samples], [0.5, -0.5]);
  }
});

test('refuses what holds no bytes', async () => {
  for (const file of [
    null,
    undefined,
    5,
    {},
    [82, 73, 70, 70],
    new Blob([]),
    Object.create(null),
    1n,
    'RIFF',
  ])
    await voirsError(() => AudioBuffer.fromWav(file as never), 'INVALID_AUDIO');
  for (const source of [null, 5, new URL('file:///none.wav')])
    await voirsError(() => AudioBuffer.load(source as never), 'INVALID_AUDIO');
});

test('loads a path or bytes, and throws IO_ERROR for a missing file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'voirs-'));
  try {
    const arena = new Arena();
    const path = join(folder, 'tone.wav');
    const file = encodeWav(Float32Array.of(0.5, -0.5), 16000, 2, 'float32');
    await writeFile(path, file);
    for (const source of [path, file]) {
      using audio = await AudioBuffer.load(source, { arena });
      assert.equal([[...audio.samples], audio.sampleRate, audio.channels], [[0.5, -0.5], 16000, 2]);
      assert.is(arena.stats().leases, 1);
    }
    await voirsError(() => AudioBuffer.load(join(folder, 'nothing.wav')), 'IO_ERROR');
    await voirsError(() => AudioBuffer.load(file, { arena: new Arena({ capBytes: 100 }) }), 'MEMORY_ERROR');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('reads back what toWav writes, and writes it again bit for bit', () => {
  const samples = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 200 });
  const steps: [WavEncoding, number][] = [
    ['pcm16', 1 / 32767],
    ['pcm24', 1 / 8388607],
    ['float32', 0],
  ];
  fc.assert(
    fc.property(
      samples,
      fc.constantFrom(...steps),
      fc.constantFrom(1, 2),
      (values, [encoding, step], channels) => {
        const given = Float32Array.from(channels === 2 ? values.flatMap((x) => [x, -x]) : values);
        const file = encodeWav(given, 22050, channels, encoding);
        using audio = AudioBuffer.fromWav(file);
        assert.equal([audio.channels, audio.samples.length], [channels, given.length]);
        given.forEach((x, i) => {
          assert.ok(
            Math.abs(x - audio.samples[i]!) <= step / 2 + 1e-7,
            `${x} came back as ${audio.samples[i]}`,
          );
        });
        assert.equal(audio.toWav(encoding), file);
      },
    ),
    { numRuns: 200, seed: 1 },
  );
});

test('gives audio or a VoirsError for any damaged file', () => {
  const good = [
    wav(
      chunk('LIST', Uint8Array.of(1)),
      fmt({ bits: 16, channels: 2, extensible: true }),
      chunk('data', new Uint8Array(40)),
    ),
    encodeWav(new Float32Array(20), 8000, 1, 'float32'),
  ];
  const damage = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { minLength: 1, maxLength: 6 });
  const arena = new Arena();
  const attempt = (file: Uint8Array) => {
    try {
      using audio = AudioBuffer.fromWav(file, { arena });
      assert.ok(audio.samples.length <= file.length);
      assert.ok(audio.samples.every(Number.isFinite));
    } catch (error) {
      assert.instance(error, VoirsError, String(error));
      assert.is((error as VoirsError).code, 'INVALID_AUDIO');
    }
  };
  fc.assert(
    fc.property(fc.constantFrom(...good), damage, fc.nat(130), (file, changes, length) => {
      const damaged = file.slice(0, changes.length > 4 ? length : undefined);
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value;
      attempt(damaged);
    }),
    { numRuns: 3000, seed: 3 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 1000, seed: 4 });
  assert.is(arena.stats().leases, 0);
});

test.run();
