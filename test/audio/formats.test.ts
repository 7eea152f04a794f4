// If this fails, a file of ours plays too fast, too long or as noise, or is a WAV under the name of an MP3.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AudioBuffer } from '../../src/audio/audio-buffer.js';
import { encodeFile } from '../../src/audio/formats/encode-file.js';
import { encodeStream } from '../../src/audio/formats/encode-stream.js';
import {
  AUDIO_FORMATS,
  type AudioFormat,
  type EncodeOptions,
  extensionOf,
} from '../../src/audio/formats/format.js';
import { joined } from '../../src/audio/formats/joined.js';
import { requireEncoder, useEncoder } from '../../src/audio/formats/optional-encoders.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { random } from '../random.js';
import { decoded, decodedEach, type Encoded, HERE, probe, snr } from './ffmpeg.js';
import { bufferOf, leavingNoLease, wordsAt } from './made.js';

const test = suite('audio formats');
const arena = new Arena();
const TEXT = 'One "two" three.';
const TIMELINE = wordsAt(['one', 0.1, 0.3], ['two', 0.4, 0.6], ['three', 0.7, 1]);
TIMELINE.words.forEach((word, i) => {
  word.span = (
    [
      [0, 3],
      [5, 8],
      [10, 15],
    ] as [number, number][]
  )[i]!;
});

const CHAPTERS = [{ title: 'One', start: 0, end: 1 }];

/** The smallest picture. */
const COVER = {
  data: PNG.sync.write(new PNG({ width: 1, height: 1 })),
  mediaType: 'image/png',
} as const;

/** Gliding harmonics with a syllable's envelope: what coders make of speech. */
function voice(frames: number, rate: number): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: frames }, (_, n) => {
    const t = n / rate;
    phase += (2 * Math.PI * (120 + 30 * Math.sin(3 * t))) / rate;
    const envelope = 0.5 - 0.5 * Math.cos(2 * Math.PI * 4 * t);
    return 0.25 * envelope * (Math.sin(phase) + 0.6 * Math.sin(2 * phase) + 0.4 * Math.sin(5 * phase));
  });
}

function speech(rate: number, channels: 1 | 2, seconds = 1.237): AudioBuffer {
  const mono = voice(Math.round(seconds * rate), rate);
  if (channels === 1) return bufferOf(arena, mono, { rate, timeline: TIMELINE });
  const both = Float32Array.from({ length: 2 * mono.length }, (_, i) => mono[i >> 1]! * (i % 2 ? 0.5 : 1));
  return bufferOf(arena, both, { rate, channels, timeline: TIMELINE });
}

/** How ffmpeg is told of a format without a header. */
function described(format: AudioFormat, rate: number, channels: number): string[] {
  const name = { pcm: 's16le', mulaw: 'mulaw', alaw: 'alaw' }[format as 'pcm'];
  return name ? ['-f', name, '-ar', `${rate}`, '-ac', `${channels}`] : [];
}

const LEAST_SNR: Record<AudioFormat, number> = {
  ...{ wav: 70, flac: 70, pcm: 70, mulaw: 33, alaw: 33 },
  ...{ mp3: 18, opus: 10, aac: 18, m4a: 18 },
};
const CODECS: Partial<Record<AudioFormat, string>> = {
  ...{ wav: 'pcm_s16le', flac: 'flac', mp3: 'mp3', opus: 'opus', aac: 'aac', m4a: 'aac' },
};
/** Frames by which a file is late, and those that a decoder may give beyond its end. */
const LATE: Partial<Record<AudioFormat, number>> = { aac: 1024 };
const MORE: Partial<Record<AudioFormat, number>> = { opus: 2, aac: 2 * 1024, m4a: 1023 };
/** The same of streams. */
const LATE_STREAM: Partial<Record<AudioFormat, number>> = { aac: 1024, m4a: 1024 };
const MORE_STREAM: Partial<Record<AudioFormat, number>> = { mp3: 2 * 1152, aac: 2 * 1024, m4a: 2 * 1024 };

if (HERE) {
  for (const format of AUDIO_FORMATS) {
    // Each of AAC starts a worker, which takes its time.
    const rates =
      format === 'aac' || format === 'm4a' ? [8000, 22050, 44100] : [8000, 11025, 22050, 24000, 44100, 48000];
    for (const rate of rates) {
      test(
        `writes ${format} of ${rate} Hz that ffmpeg decodes to the frame`,
        leavingNoLease(arena, async () => {
          const files: Encoded[] = [];
          for (const channels of [1, 2] as const) {
            using audio = speech(rate, channels);
            files.push({ bytes: await audio.encode(format), input: described(format, rate, channels) });
          }
          const all = decodedEach(files, extensionOf(format));
          for (const channels of [1, 2] as const) {
            using audio = speech(rate, channels);
            const { bytes } = files[channels - 1]!;
            const got = all[channels - 1]!;
            // Opus decodes at 48 kHz.
            using wanted = format === 'opus' ? await audio.resample(48000) : audio.slice();
            const late = (LATE[format] ?? 0) * channels;
            const frames = (got.length - late - wanted.samples.length) / channels;
            assert.ok(Math.abs(frames) <= (MORE[format] ?? 0), `${frames} frames too many`);
            const quality = snr(got.subarray(late), wanted.samples);
            assert.ok(quality > LEAST_SNR[format], `${quality} dB at ${channels} channels`);
            if (!CODECS[format]) continue;
            const [stream] = probe(bytes, extensionOf(format)).streams;
            assert.equal([stream!.codec_name, stream!.channels], [CODECS[format], channels]);
            if (format !== 'opus') assert.is(stream!.sample_rate, `${rate}`);
            // What players show and stop at, where a decoder gives whole packets.
            if (format === 'm4a')
              assert.ok(Math.abs(Number(stream!.duration) - audio.duration) < 1 / rate, stream!.duration);
          }
        }),
      );
    }
    test(
      `streams ${format} in pieces that decode to the same`,
      leavingNoLease(arena, async () => {
        using audio = speech(22050, 1, 2.5);
        using wanted = format === 'opus' ? await audio.resample(48000) : audio.slice();
        const chunks = audio.split([0.1, 0.11, 0.9, 1.7]);
        const pieces: Uint8Array[] = [];
        for await (const piece of encodeStream(chunks, format)) pieces.push(piece);
        assert.ok(chunks.every((chunk) => chunk.isDisposed));
        assert.ok(pieces.length > 2, `${pieces.length} pieces`);
        const got = decoded(joined(pieces), extensionOf(format), described(format, 22050, 1));
        // Streams of AAC do not state their delay, nor do they and those of MP3 state their end.
        const late = LATE_STREAM[format] ?? 0;
        const more = got.length - late - wanted.samples.length;
        assert.ok(more >= -2 && more <= (MORE_STREAM[format] ?? 2), `${more} frames too many`);
        const quality = snr(got.subarray(late), wanted.samples);
        assert.ok(quality > LEAST_SNR[format], `${quality} dB`);
      }),
    );
  }

  test(
    'begins MP3 streams of every rate in time',
    leavingNoLease(arena, async () => {
      for (const rate of [8000, 11025, 12000, 16000, 24000, 32000, 44100, 48000]) {
        for (const channels of [1, 2] as const) {
          using audio = speech(rate, channels, 0.4);
          const pieces: Uint8Array[] = [];
          for await (const piece of encodeStream(audio.split([0.2]), 'mp3')) pieces.push(piece);
          const quality = snr(decoded(joined(pieces), 'mp3'), audio.samples);
          assert.ok(quality > LEAST_SNR.mp3, `${quality} dB at ${rate} Hz, ${channels} channels`);
        }
      }
    }),
  );

  test('decodes FLAC bit for bit, also noise, silence and 24 bits', async () => {
    const sounds = [
      random(10_000, 1),
      new Float32Array(5000),
      Float32Array.of(0.5),
      Float32Array.from({ length: 4097 }, (_, i) => (i % 2 ? 1 : -1)),
    ];
    for (const samples of sounds) {
      for (const encoding of ['pcm16', 'pcm24'] as const) {
        using audio = bufferOf(arena, samples, { rate: 22050 });
        const file = decoded(await audio.encode({ format: 'flac', encoding }), 'flac');
        assert.equal(file, decoded(await audio.encode({ format: 'wav', encoding }), 'wav'));
      }
    }
  });

  test('writes titles that ffprobe reads in each format that has them', async () => {
    using audio = speech(22050, 1);
    const metadata = { title: 'Schöne Tage 🙂', artist: 'voirs', album: 'A', date: '2026', comment: 'c' };
    for (const format of ['mp3', 'flac', 'opus', 'aac', 'm4a'] as const) {
      const bytes = await audio.encode({ format, metadata });
      const { streams, format: container } = probe(bytes, extensionOf(format));
      const tags = { ...container.tags, ...streams[0]!.tags };
      const found = Object.fromEntries(
        Object.entries(tags).map(([key, value]) => [key.toLowerCase(), value]),
      );
      assert.equal([found.title, found.artist, found.album], ['Schöne Tage 🙂', 'voirs', 'A'], format);
    }
  });

  test('writes chapters that ffprobe reads in mp3, flac, opus and m4a', async () => {
    using audio = speech(22050, 2);
    for (const begin of [0, 0.25]) {
      const chapters = [
        { title: 'Ein Anfang – 始め', start: begin, end: 0.75 },
        { title: 'The end', start: 0.75, end: 1.237 },
      ];
      for (const format of ['mp3', 'flac', 'opus', 'm4a'] as const) {
        const { chapters: found } = probe(await audio.encode({ format, chapters }), extensionOf(format));
        const read = found.map(({ start_time, tags }) => ({ title: tags?.title, start: Number(start_time) }));
        assert.equal(
          read,
          chapters.map(({ title, start }) => ({ title, start })),
          `${format} from ${begin}`,
        );
        if (format === 'm4a' && begin === 0) assert.is(Number(found[1]!.end_time), 1.237);
      }
    }
    assert.is((await audio.encode({ format: 'mp3', chapters: [] })).length > 0, true);
  });

  test('writes an audiobook of MP4 whose audio is that of one without chapters', async () => {
    using audio = speech(24000, 1, 40);
    const metadata = { title: 'A Book', artist: 'A. Writer', album: 'A Book', cover: COVER };
    const chapters = [0, 1, 2].map((n) => ({ title: `Chapter ${n}`, start: 13 * n, end: 13 * n + 13 }));
    const book = await audio.encode({ format: 'm4a', chapters, metadata });
    const { format, streams } = probe(book, 'm4b');
    assert.is(format.tags?.major_brand, 'M4B ');
    assert.equal([format.tags?.title, format.tags?.artist], ['A Book', 'A. Writer']);
    assert.equal(streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'bin_data', 'png']);
    const sound = streams.find(({ codec_name }) => codec_name === 'aac')!;
    assert.ok(Math.abs(Number(sound.duration) - 40) < 1 / 24000, sound.duration);
    const plain = decoded(await audio.encode('m4a'), 'm4a');
    assert.equal(decoded(book, 'm4b'), plain);
    assert.equal(await audio.encode({ format: 'm4a', chapters, metadata }), book);
  });

  test('writes the cover that ffprobe finds', async () => {
    using audio = speech(22050, 1);
    for (const format of ['mp3', 'flac', 'opus', 'm4a'] as const) {
      const { streams } = probe(
        await audio.encode({ format, metadata: { cover: COVER } }),
        extensionOf(format),
      );
      assert.ok(
        streams.some(({ codec_name }) => codec_name === 'png'),
        format,
      );
      assert.is(streams.length, 2, format);
    }
  });

  test('gives a stream as the file that would be saved', async () => {
    using audio = speech(22050, 1, 2.5);
    for (const format of ['wav', 'flac', 'mp3', 'opus', 'm4a'] as const) {
      const chapters = format === 'wav' ? undefined : [{ title: 'One', start: 0, end: 2.5 }];
      const pieces: Uint8Array[] = [];
      for await (const piece of encodeFile(audio.split([0.9, 1.7]), { format, chapters })) pieces.push(piece);
      assert.equal(joined(pieces), await audio.encode({ format, chapters }), format);
    }
  });

  test('stores the text and its word times as lyrics', async () => {
    using audio = speech(22050, 1);
    for (const format of ['flac', 'opus'] as const) {
      const { streams, format: container } = probe(
        await audio.encode({ format, text: TEXT }),
        extensionOf(format),
      );
      const tags = { ...container.tags, ...streams[0]!.tags };
      const { LYRICS, SYNCEDLYRICS, lyrics = LYRICS } = tags;
      assert.is(lyrics, TEXT);
      assert.is(SYNCEDLYRICS, '[00:00.10]One\n[00:00.40]two\n[00:00.70]three');
    }
    const m4a = probe(await audio.encode({ format: 'm4a', text: TEXT }), 'm4a').format;
    assert.is(m4a.tags?.lyrics, TEXT);
    const mp3 = await audio.encode({ format: 'mp3', text: TEXT });
    const found = Object.entries(probe(mp3, 'mp3').format.tags ?? {}).find(([key]) => /lyrics/i.test(key));
    assert.is(found?.[1], TEXT);
    assert.is(decoded(mp3, 'mp3').length, audio.samples.length);
  });
}

test('writes each word with its milliseconds into an MP3', async () => {
  using audio = speech(22050, 1);
  const mp3 = await audio.encode({ format: 'mp3', text: TEXT });
  const at = Buffer.from(mp3).indexOf('SYLT') + 10;
  const body = Buffer.from(mp3).subarray(at + 1 + 3 + 3);
  assert.equal([...mp3.subarray(at, at + 7)], [3, 0x65, 0x6e, 0x67, 2, 1, 0]);
  let place = 0;
  const words = ['One', ' two', ' three'].map((word) => {
    assert.is(body.subarray(place, place + word.length).toString(), word);
    place += word.length + 1;
    const time = body.readUInt32BE(place);
    place += 4;
    return time;
  });
  assert.equal(words, [100, 400, 700]);
});

test('lets a bit rate change the size', async () => {
  using audio = speech(22050, 1);
  for (const format of ['mp3', 'opus'] as const) {
    const sizes = await Promise.all(
      [16_000, 64_000].map(async (bitRate) => (await audio.encode({ format, bitRate })).length),
    );
    assert.ok(sizes[1]! > 2.5 * sizes[0]!, sizes.join(' '));
  }
});

test('saves the format of the extension', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-test-'));
  try {
    using audio = speech(22050, 1, 0.3);
    const begins: [name: string, text: string][] = [
      ['a.wav', 'RIFF'],
      ['a.WAV', 'RIFF'],
      ['a.flac', 'fLaC'],
      ['a.opus', 'OggS'],
      ['a.ogg', 'OggS'],
    ];
    for (const [name, text] of begins) {
      await audio.save(join(folder, name));
      assert.is(readFileSync(join(folder, name)).subarray(0, 4).toString(), text, name);
    }
    await audio.save(join(folder, 'a.mp3'));
    assert.is(readFileSync(join(folder, 'a.mp3')).readUInt16BE(0) & 0xffe0, 0xffe0);
    for (const [name, size] of [
      ['a.pcm', 2],
      ['a.ulaw', 1],
      ['a.al', 1],
    ] as const) {
      await audio.save(join(folder, name));
      assert.is(readFileSync(join(folder, name)).length, size * audio.samples.length, name);
    }
    await audio.save(join(folder, 'plain'), 'wav');
    const tagged = { bitRate: 64_000, metadata: { title: 'A title' }, text: 'Spoken.' };
    await audio.save(join(folder, 'tagged.mp3'), tagged);
    assert.ok(readFileSync(join(folder, 'tagged.mp3')).includes('A title'));
    for (const [name, options] of [
      ['b', {}],
      ['b.wma', {}],
      ['b.mpe', {}],
      ['b.mp3', 'wav'],
      ['b.wav', { format: 'flac' }],
      ['b.mp3', { encoding: 'pcm16' }],
      ['b.wav', { bitRate: 64_000 }],
      ['b.wav', { metadata: { title: 'x' } }],
      ['b.flac', { encoding: 'float32' }],
      ['b.mp3', { bitRate: 1 }],
      ['b.wav', { chapters: [{ title: 'x', start: 0, end: 1 }] }],
      ['b.mp3', { chapters: [{ title: 'x', start: 1, end: 1 }] }],
      ['b.mp3', { chapters: [{ title: 'x', start: 0, end: 1, name: 'y' }] }],
      ['b.mp3', { metadata: { titel: 'x' } }],
      ['b.mp3', { metadata: { cover: { data: COVER.data, mediaType: 'image/gif' } } }],
      ['b.mp3', { metadata: { cover: { data: 'x', mediaType: 'image/png' } } }],
      ['b.opus', { bitRate: '64k' }],
    ] as [string, EncodeOptions][]) {
      await voirsError(() => audio.save(join(folder, name), options), 'INVALID_OPTIONS');
      assert.not(existsSync(join(folder, name)), name);
    }
    const { suggestion } = await voirsError(() => audio.save(join(folder, 'b.flca')), 'INVALID_OPTIONS');
    assert.is(suggestion, 'Did you mean .flac?');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('gives blobs and streams of the web and of Node with the same bytes', async () => {
  using audio = speech(22050, 1, 2.2);
  for (const format of ['wav', 'flac', 'pcm', 'alaw'] as const) {
    const wanted = await audio.encode(format);
    const start = format === 'wav' || format === 'flac' ? 60 : 0; // after the lengths of a header
    const blob = await audio.toBlob(format);
    assert.equal(new Uint8Array(await blob.arrayBuffer()), wanted);
    const web = new Uint8Array(await new Response(audio.toReadableStream(format)).arrayBuffer());
    assert.equal(web.subarray(start), wanted.subarray(start), format);
    const pieces: Uint8Array[] = [];
    for await (const piece of audio.toNodeStream(format)) pieces.push(piece);
    assert.equal(joined(pieces).subarray(start), wanted.subarray(start), format);
  }
  assert.is((await audio.toBlob()).type, 'audio/wav');
  assert.is((await audio.toBlob('opus')).type, 'audio/ogg; codecs=opus');
  assert.is((await audio.toBlob('pcm')).type, 'audio/l16; rate=22050; channels=1');
  assert.equal(
    [...audio.toPcm16().subarray(0, 50)],
    [...new Int16Array((await audio.encode('pcm')).buffer, 0, 50)],
  );
});

test(
  'gives the samples back when a stream is cancelled',
  leavingNoLease(arena, async () => {
    using audio = speech(22050, 1, 3);
    const reader = audio.toReadableStream('flac').getReader();
    await reader.read();
    await reader.cancel();
  }),
);

test('says which package an encoder needs', async () => {
  using audio = speech(22050, 1, 0.1);
  const missing = () => Promise.reject(new Error("Cannot find package 'wasm-media-encoders'"));
  useEncoder('mp3', missing);
  const { suggestion } = await voirsError(() => audio.encode('mp3'), 'ENCODER_NOT_FOUND');
  assert.match(suggestion!, 'npm install wasm-media-encoders');
  useEncoder('mp3', () => Promise.resolve({ other: 1 }));
  await voirsError(() => audio.encode('mp3'), 'ENCODER_NOT_FOUND');
  useEncoder('mp3', () => import('wasm-media-encoders'));
  assert.ok((await audio.encode('mp3')).length > 0);
  await voirsError(() => useEncoder('wav' as never, missing), 'INVALID_OPTIONS');
  useEncoder('aac', missing);
  const aac = await voirsError(() => audio.encode('m4a'), 'ENCODER_NOT_FOUND');
  assert.match(aac.suggestion!, 'npm install mediabunny@1.59 @mediabunny/aac-encoder@1.59');
  await voirsError(() => requireEncoder('m4a'), 'ENCODER_NOT_FOUND');
  await requireEncoder('wav');
  useEncoder('aac', async () => ({
    ...(await import('mediabunny')),
    ...(await import('@mediabunny/aac-encoder')),
  }));
});

test('writes AAC of no samples, and leaves one half-way', async () => {
  using nothing = bufferOf(arena, new Float32Array(0), { rate: 22050 });
  using audio = speech(22050, 1, 3);
  for (const format of ['aac', 'm4a'] as const) {
    assert.instance(await nothing.encode(format), Uint8Array);
    const pieces = encodeStream(audio.split([1, 2]), format);
    assert.ok((await pieces.next()).value!.length > 0);
    await pieces.return();
  }
  await voirsError(() => audio.encode({ format: 'aac', bitRate: 1_000_000 }), 'INVALID_OPTIONS');
  assert.instance(await nothing.encode({ format: 'm4a', chapters: CHAPTERS }), Uint8Array);
  const stream = encodeStream(audio.split([1, 2]), { format: 'm4a', chapters: CHAPTERS });
  await voirsError(() => stream.next(), 'INVALID_OPTIONS');
});

test('refuses streams of what is no audio or changes its rate', async () => {
  const run = async (chunks: unknown, options: unknown = 'wav') => {
    for await (const _ of encodeStream(chunks as never, options as never));
  };
  await voirsError(() => run(5), 'INVALID_AUDIO');
  await voirsError(() => run([5]), 'INVALID_AUDIO');
  await voirsError(() => run([speech(8000, 1), speech(22050, 1)]), 'INVALID_AUDIO');
  await voirsError(() => run([], { formt: 'wav' }), 'INVALID_OPTIONS');
  await voirsError(() => run([], 'wma'), 'INVALID_OPTIONS');
});

test.run();
