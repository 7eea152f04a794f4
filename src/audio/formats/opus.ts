// Opus in Ogg (RFC 7845) by libopus: the format of the web and of messengers. Players leave out the encoder's
// delay (pre-skip) and what the last frame has too much (the last page's granule position), so that the audio
// is as long as it was.
import { shown, VoirsError } from '../../errors.js';
import { Resampler } from '../resample.js';
import type { AudioEncoder, EncodeContext, EncodeOptions } from './format.js';
import { joined } from './joined.js';
import { OggPages } from './ogg.js';
import { encoderPackage, type OpusPackage } from './optional-encoders.js';
import { pictureComment } from './picture.js';
import { vorbisComment } from './vorbis-comment.js';

/** Hz that the codec takes. */
const RATES = [8000, 12000, 16000, 24000, 48000];
/** Rate of all times in the file. */
const CLOCK = 48000;
/** libopus' mode for any sound, rather than for calls. */
const AUDIO = 2049;
const VOICE = 3001;
/** Packets of 20 ms on a page: what a listener to a stream waits for, at most. */
const PACKETS_PER_PAGE = 10;
/** Number of the stream in its file: there is one, and equal audio gives equal files. */
const SERIAL = 0x766f6972;
const BIT_RATES = { min: 6000, max: 256_000 };

type Libopus = Awaited<ReturnType<OpusPackage['createEncoder']>>;
type ResamplerStream = ReturnType<Resampler['stream']>;

class OpusEncoder implements AudioEncoder {
  private readonly pages = new OggPages(SERIAL);
  private readonly stream: ResamplerStream | undefined;
  private readonly preSkip: number;
  /** Samples of the unfinished frame. */
  private rest = new Float32Array(0);
  private waiting: Uint8Array[] = [];
  /** At the codec's rate: frames that came in, and that went out as packets. */
  private received = 0;
  private sent = 0;
  private isBegun = false;

  constructor(
    private readonly libopus: Libopus,
    private readonly rate: number,
    private readonly context: EncodeContext,
    private readonly resampler: Resampler | undefined,
    private readonly comment: Uint8Array,
  ) {
    this.stream = resampler?.stream();
    this.preSkip = (libopus.getLookahead() * CLOCK) / rate;
  }

  encode(samples: Float32Array): Uint8Array {
    const converted = this.stream ? this.stream.push(samples) : samples;
    return joined([...this.begin(), ...this.packed(converted)]);
  }

  finish(): { bytes: Uint8Array } {
    const parts = this.begin();
    if (this.stream) parts.push(...this.packed(this.stream.end()));
    const end = this.preSkip + (this.received * CLOCK) / this.rate;
    const { channels } = this.context;
    while ((this.sent * CLOCK) / this.rate < end || this.waiting.length === 0) {
      const silence = new Float32Array(this.libopus.frameSize * channels - this.rest.length);
      parts.push(...this.packed(silence, { isPadding: true }));
    }
    parts.push(this.pages.page(this.waiting, Math.round(end), { isLast: true }));
    this.waiting = [];
    return { bytes: joined(parts) };
  }

  [Symbol.dispose](): void {
    this.libopus.free();
    this.resampler?.[Symbol.dispose]();
  }

  private begin(): Uint8Array[] {
    if (this.isBegun) return [];
    this.isBegun = true;
    const head = new Uint8Array(19);
    const view = new DataView(head.buffer);
    head.set(new TextEncoder().encode('OpusHead'));
    head[8] = 1;
    head[9] = this.context.channels;
    view.setUint16(10, this.preSkip, true);
    view.setUint32(12, this.context.sampleRate, true);
    const tags = joined([new TextEncoder().encode('OpusTags'), this.comment]);
    return [this.pages.page([head], 0), ...this.pages.alone(tags, 0)];
  }

  /** The pages that these samples fill. One packet is always kept: the last page has to be marked. */
  private packed(samples: Float32Array, { isPadding = false } = {}): Uint8Array[] {
    const { channels } = this.context;
    if (!isPadding) this.received += samples.length / channels;
    const all = new Float32Array(this.rest.length + samples.length);
    all.set(this.rest);
    all.set(samples, this.rest.length);
    const step = this.libopus.frameSize * channels;
    const parts: Uint8Array[] = [];
    let at = 0;
    for (; at + step <= all.length; at += step) {
      const packet = this.libopus.encodeFloat(all.subarray(at, at + step)).slice();
      if (this.waiting.length === PACKETS_PER_PAGE || !OggPages.fits(this.waiting, packet)) {
        parts.push(this.pages.page(this.waiting, (this.sent * CLOCK) / this.rate));
        this.waiting = [];
      }
      this.waiting.push(packet);
      this.sent += this.libopus.frameSize;
    }
    this.rest = all.slice(at);
    return parts;
  }
}

/** @throws VoirsError ENCODER_NOT_FOUND, INVALID_OPTIONS. */
export async function opusEncoder(context: EncodeContext, options: EncodeOptions): Promise<AudioEncoder> {
  const { sampleRate, channels, timeline } = context;
  const { bitRate = 32_000 * channels } = options;
  if (!(Number.isInteger(bitRate) && bitRate >= BIT_RATES.min && bitRate <= BIT_RATES.max)) {
    throw new VoirsError('INVALID_OPTIONS', 'Opus has no such bit rate', {
      got: shown(bitRate),
      wanted: `an integer from ${BIT_RATES.min} to ${BIT_RATES.max}`,
    });
  }
  const { createEncoder } = await encoderPackage('opus');
  const rate = RATES.find((one) => one >= sampleRate) ?? CLOCK;
  const resampler = rate === sampleRate ? undefined : await Resampler.create(sampleRate, rate, channels);
  try {
    const libopus = await createEncoder({ sampleRate: rate, channels, application: AUDIO, bitrate: bitRate });
    libopus.setSignal(VOICE);
    const cover = options.metadata?.cover;
    const comment = vorbisComment(options, timeline, cover ? [pictureComment(cover)] : []);
    return new OpusEncoder(libopus, rate, context, resampler, comment);
  } catch (error) {
    resampler?.[Symbol.dispose]();
    throw error;
  }
}
