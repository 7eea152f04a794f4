// AAC-LC by FFmpeg's encoder, as the package @mediabunny/aac-encoder builds it, bare in ADTS frames or in an MP4 file. In
// files of MP4 an edit list leaves out the encoder's delay, and the last packet is as long as what is left, so that the
// audio is neither late nor longer. ADTS and streams of MP4 have no such: they begin 1,024 samples late. The index of a
// file stands at its start; with chapters, as of a book, at its end, so that the audio need not lie in memory.
import { shown, VoirsError } from '../../errors.js';
import type { AudioChapter, AudioEncoder, EncodeContext, EncodeOptions, FileEnd } from './format.js';
import { id3Tag } from './id3.js';
import { joined } from './joined.js';
import { forgetTimes, withChapters } from './mp4-chapters.js';
import { type AacPackage, encoderPackage } from './optional-encoders.js';

/** Samples of a packet, and by which the encoder delays the audio. */
const FRAME = 1024;
const BIT_RATES = { min: 8000, max: 320_000 };
/** Bits that a frame may have for each channel. */
const MOST_BITS = 6144;
/** Seconds of a fragment of a stream: what its listener waits for, at most. */
const FRAGMENT = 0.5;

/** The brand of a file with chapters, and where its first box has it. */
const AUDIOBOOK = new TextEncoder().encode('M4B ');
const BRAND_AT = 8;

/** Milliseconds for which packets are waited for: the codec needs a few. */
const MOST_WAIT_MS = 1000;

type Packet = InstanceType<AacPackage['EncodedPacket']>;
type Source = InstanceType<AacPackage['AudioSampleSource']>;

/** Samples -> packets of AAC; the codec works in a worker of its package. */
class Packets {
  private readonly output: InstanceType<AacPackage['Output']>;
  private readonly source: Source;
  private made: [packet: Packet, facts: unknown][] = [];
  private count = 0;
  private frames = 0;
  private isDone = false;
  private wake = (): void => {};

  constructor(
    private readonly media: AacPackage,
    private readonly context: EncodeContext,
    bitrate: number,
  ) {
    // A file that is never written: the codec belongs to one in this package. This one keeps no table of its packets.
    const format = new media.AdtsOutputFormat();
    this.output = new media.Output({ format, target: new media.NullTarget() });
    this.source = new media.AudioSampleSource({
      codec: 'aac',
      bitrate,
      onEncodedPacket: (packet, facts) => {
        this.made.push([packet, facts]);
        this.count++;
        this.wake();
      },
    });
    this.output.addAudioTrack(this.source);
  }

  /** Frames that came in. */
  get length(): number {
    return this.frames;
  }

  open(): Promise<void> {
    return this.output.start();
  }

  async push(samples: Float32Array): Promise<[Packet, unknown][]> {
    if (samples.length === 0) return [];
    const { sampleRate, channels: numberOfChannels } = this.context;
    const timestamp = this.frames / sampleRate;
    const form = { format: 'f32', numberOfChannels, sampleRate, timestamp } as const;
    const sample = new this.media.AudioSample({ data: samples.slice(), ...form });
    this.frames += samples.length / numberOfChannels;
    await this.source.add(sample);
    sample.close();
    await this.caughtUp();
    return this.taken();
  }

  /** Waits for the packets of whole frames, of which the codec keeps one, so that a stream is not late by a chunk. */
  private async caughtUp(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const due = Math.floor(this.frames / FRAME) - 1;
    const isMade = new Promise<void>((resolve) => {
      this.wake = () => this.count >= due && resolve();
      this.wake();
      timer = setTimeout(resolve, MOST_WAIT_MS); // a codec that keeps more, or has failed: `end` tells
    });
    await isMade;
    clearTimeout(timer);
  }

  async end(): Promise<[Packet, unknown][]> {
    this.isDone = true;
    await (this.frames > 0 ? this.output.finalize() : this.output.cancel());
    return this.taken();
  }

  /** Ends the worker of an encoding that was left. */
  [Symbol.dispose](): void {
    if (this.isDone) return;
    this.isDone = true;
    this.output.cancel().catch(() => {});
  }

  private taken(): [Packet, unknown][] {
    const packets = this.made;
    this.made = [];
    return packets;
  }
}

/** Hz, by the index of a header. */
const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const HEADER_BYTES = 7;

/** A packet behind its header (ISO/IEC 13818-7, 6.2): MPEG-4, low complexity, no checksum, one block. */
function adtsFrame(data: Uint8Array, { sampleRate, channels }: EncodeContext): Uint8Array {
  const length = HEADER_BYTES + data.length;
  const LOW_COMPLEXITY = 1;
  const header = Uint8Array.of(
    0xff,
    0xf1,
    (LOW_COMPLEXITY << 6) | (RATES.indexOf(sampleRate) << 2),
    (channels << 6) | (length >> 11),
    length >> 3,
    (length << 5) | 0x1f, // and the largest fullness, for a bit rate that varies
    0xfc,
  );
  return joined([header, data]);
}

/** Frames with a header each, behind an ID3 tag. */
class AdtsEncoder implements AudioEncoder {
  constructor(
    private readonly packets: Packets,
    private readonly context: EncodeContext,
    private head: Uint8Array,
  ) {}

  async encode(samples: Float32Array): Promise<Uint8Array> {
    return this.bytes(await this.packets.push(samples));
  }

  async finish(): Promise<{ bytes: Uint8Array }> {
    return { bytes: this.bytes(await this.packets.end()) };
  }

  [Symbol.dispose](): void {
    this.packets[Symbol.dispose]();
  }

  private bytes(packets: [Packet, unknown][]): Uint8Array {
    const bytes = joined([this.head, ...packets.map(([{ data }]) => adtsFrame(data, this.context))]);
    this.head = new Uint8Array(0);
    return bytes;
  }
}

/** What an output of the package writes: bytes at the end, and at last the length of the audio near the start. */
class Written {
  private parts: Uint8Array[] = [];
  private end = 0;
  /** The first bytes of the file, and what has been written over them. */
  private start: Uint8Array | undefined;
  readonly target: object;

  constructor(media: AacPackage) {
    const write = ({ data, position }: { data: Uint8Array; position: number }): void => {
      if (position < this.end) {
        this.start?.set(data, position);
        return;
      }
      this.parts.push(data.slice());
      this.end += data.length;
    };
    this.target = new media.StreamTarget(new WritableStream({ write }));
  }

  /** Bytes of the file so far. */
  get length(): number {
    return this.end;
  }

  /** All since the last call. */
  take(): Uint8Array {
    const bytes = joined(this.parts);
    this.parts = [];
    this.start ??= bytes.length > 0 ? bytes.slice() : undefined;
    return bytes;
  }

  /** What the first piece that was taken is in the end. */
  get header(): Uint8Array | undefined {
    return this.start;
  }
}

/** Packets in an MP4 file, or in the fragments of a stream. */
class Mp4Encoder implements AudioEncoder {
  private readonly output: InstanceType<AacPackage['Output']>;
  private readonly track: InstanceType<AacPackage['EncodedAudioPacketSource']>;
  private readonly isFile: boolean;
  private readonly written: Written;
  private readonly chapters: readonly AudioChapter[];
  /** Where the index stands in the file, once it is written. */
  private index = 0;
  private sent = 0;

  constructor(
    private readonly media: AacPackage,
    private readonly packets: Packets,
    private readonly context: EncodeContext,
    { metadata, text, chapters = [] }: EncodeOptions,
  ) {
    this.isFile = context.canRewrite === true;
    this.chapters = chapters;
    this.written = new Written(media);
    const fastStart = !this.isFile ? 'fragmented' : chapters.length > 0 ? false : 'in-memory';
    this.output = new media.Output({
      format: new media.Mp4OutputFormat({
        fastStart,
        minimumFragmentDuration: FRAGMENT,
        onMoov: (_, position) => {
          this.index = position;
        },
      }),
      target: this.written.target,
    });
    this.track = new media.EncodedAudioPacketSource('aac');
    this.output.addAudioTrack(this.track);
    const { date, cover, ...tags } = metadata ?? {};
    const day = date === undefined ? Number.NaN : Date.parse(date);
    this.output.setMetadataTags({
      ...Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined)),
      ...(Number.isNaN(day) ? {} : { date: new Date(day) }),
      ...(text === undefined ? {} : { lyrics: text }),
      ...(cover && { images: [{ data: cover.data, mimeType: cover.mediaType, kind: 'coverFront' }] }),
    });
  }

  open(): Promise<void> {
    return this.output.start();
  }

  async encode(samples: Float32Array): Promise<Uint8Array> {
    await this.add(await this.packets.push(samples));
    const bytes = this.written.take();
    if (!this.isFile) forgetTimes(bytes);
    return bytes;
  }

  async finish(): Promise<FileEnd> {
    await this.add(await this.packets.end());
    const audio = this.written.take();
    const place = this.written.length;
    await this.output.finalize();
    const rest = this.written.take();
    if (this.chapters.length === 0) {
      forgetTimes(rest);
      return { bytes: joined([audio, rest]) };
    }
    const behind = this.index - place;
    const index = rest.subarray(behind);
    forgetTimes(index);
    const { moov, titles } = withChapters(index, this.index, this.chapters);
    const { header } = this.written;
    header?.set(AUDIOBOOK, BRAND_AT);
    return { bytes: joined([audio, rest.subarray(0, behind), moov, titles]), ...(header && { header }) };
  }

  [Symbol.dispose](): void {
    this.packets[Symbol.dispose]();
  }

  private async add(packets: [Packet, unknown][]): Promise<void> {
    const { sampleRate } = this.context;
    for (const [{ data }, facts] of packets) {
      const start = this.sent * FRAME - (this.isFile ? FRAME : 0);
      this.sent++;
      const left = this.isFile ? this.packets.length - start : FRAME;
      if (left <= 0) continue; // silence that the encoder has added
      const length = Math.min(FRAME, left);
      const packet = new this.media.EncodedPacket(data, 'key', start / sampleRate, length / sampleRate);
      await this.track.add(packet, facts);
    }
  }
}

/**
 * @param container `aac`: ADTS; `m4a`: MP4.
 * @throws VoirsError ENCODER_NOT_FOUND; INVALID_OPTIONS for a rate or bit rate that AAC does not have, and for chapters
 * of a stream.
 */
export async function aacEncoder(
  container: 'aac' | 'm4a',
  context: EncodeContext,
  options: EncodeOptions,
): Promise<AudioEncoder> {
  const { sampleRate, channels, timeline } = context;
  if (!RATES.includes(sampleRate)) {
    throw new VoirsError('INVALID_OPTIONS', 'AAC has no such sample rate', {
      got: `${sampleRate} Hz`,
      wanted: RATES.join(', '),
      suggestion: 'Resample the audio first',
    });
  }
  const most = Math.min(BIT_RATES.max, Math.floor((MOST_BITS * channels * sampleRate) / FRAME));
  const { bitRate = Math.min(most, 64_000 * channels) } = options;
  if (!(Number.isInteger(bitRate) && bitRate >= BIT_RATES.min && bitRate <= most)) {
    throw new VoirsError('INVALID_OPTIONS', `AAC at ${sampleRate} Hz has no such bit rate`, {
      got: shown(bitRate),
      wanted: `an integer from ${BIT_RATES.min} to ${most}`,
    });
  }
  if (options.chapters && options.chapters.length > 0 && !context.canRewrite) {
    throw new VoirsError('INVALID_OPTIONS', 'A stream of m4a has no chapters', {
      got: `${options.chapters.length} chapters`,
      suggestion: 'Write a file: encodeFile, encode or save',
    });
  }
  const media = await encoderPackage('aac');
  media.registerAacEncoder();
  const packets = new Packets(media, context, bitRate);
  await packets.open();
  if (container === 'aac') return new AdtsEncoder(packets, context, id3Tag(options, timeline));
  const encoder = new Mp4Encoder(media, packets, context, options);
  await encoder.open();
  return encoder;
}
