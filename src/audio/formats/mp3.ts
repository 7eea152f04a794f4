// MP3 by LAME. Its frames are preceded by an info frame (as LAME's program writes it), from which players learn how
// many samples of silence to leave out at both ends, so that the audio is neither late nor longer. That of a stream
// tells the delay alone: the length is not known when it is written.
import { shown, VoirsError } from '../../errors.js';
import type { AudioEncoder, EncodeContext, EncodeOptions } from './format.js';
import { id3Tag } from './id3.js';
import { joined } from './joined.js';
import { encoderPackage, type Mp3Package } from './optional-encoders.js';

/** Kilobits a second by the index in a header: layer III of MPEG-1, and of MPEG-2 and 2.5. */
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/** Sample rates, and the version and index that stand for them in a header. */
const RATES: Readonly<Record<number, { version: 0 | 2 | 3; index: number }>> = {
  44100: { version: 3, index: 0 },
  48000: { version: 3, index: 1 },
  32000: { version: 3, index: 2 },
  22050: { version: 2, index: 0 },
  24000: { version: 2, index: 1 },
  16000: { version: 2, index: 2 },
  11025: { version: 0, index: 0 },
  12000: { version: 0, index: 1 },
  8000: { version: 0, index: 2 },
};
/** Samples by which LAME delays the audio; decoders add 529 of their own, which players know. */
const DELAY = 576;
/** The info frame without its audio: header, side information (at most 32), and the tags. */
const INFO_BYTES = 4 + 32 + 120 + 36;
/** Rate above which a frame of MPEG-2.5 is not defined in LAME's builds. */
const MOST_KBITS_LOW = 64;

interface Mp3Form {
  sampleRate: number;
  channels: number;
  kbits: number;
}

/** @throws VoirsError INVALID_OPTIONS for a rate or a bit rate that MP3 does not have. */
function checkedForm({ sampleRate, channels }: EncodeContext, bitRate: number | undefined): Mp3Form {
  const rate = RATES[sampleRate];
  if (!rate) {
    throw new VoirsError('INVALID_OPTIONS', 'MP3 has no such sample rate', {
      got: `${sampleRate} Hz`,
      wanted: Object.keys(RATES).join(', '),
      suggestion: 'Resample the audio first',
    });
  }
  const table = rate.version === 3 ? KBITS_1 : KBITS_2;
  const known = table.filter(
    (kbits) => kbits > 0 && kbits !== 144 && (rate.version > 0 || kbits <= MOST_KBITS_LOW),
  );
  if (bitRate === undefined) {
    const usual = channels * (rate.version === 3 ? 96 : rate.version === 2 ? 64 : 32);
    return { sampleRate, channels, kbits: known.find((kbits) => kbits >= usual) ?? known.at(-1)! };
  }
  const kbits = bitRate / 1000;
  if (typeof bitRate === 'number' && known.includes(kbits)) return { sampleRate, channels, kbits };
  throw new VoirsError('INVALID_OPTIONS', `MP3 at ${sampleRate} Hz has no such bit rate`, {
    got: shown(bitRate),
    wanted: `one of ${known.map((one) => one * 1000).join(', ')}`,
  });
}

const samplesPerFrame = (version: number): number => (version === 3 ? 1152 : 576);

function frameBytes(version: number, kbits: number, sampleRate: number, padding: number): number {
  return Math.floor(((version === 3 ? 144 : 72) * kbits * 1000) / sampleRate) + padding;
}

/** Counts the frames in bytes that come in any pieces. */
class FrameCounter {
  frames = 0;
  bytes = 0;
  private skip = 0;
  private head: number[] = [];

  constructor(private readonly sampleRate: number) {}

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const passed = Math.min(this.skip, bytes.length - at);
      this.skip -= passed;
      at += passed;
      while (this.skip === 0 && at < bytes.length && this.head.length < 4) this.head.push(bytes[at++]!);
      if (this.head.length < 4) continue;
      const version = (this.head[1]! >> 3) & 3;
      const kbits = (version === 3 ? KBITS_1 : KBITS_2)[this.head[2]! >> 4]!;
      this.skip = frameBytes(version, kbits, this.sampleRate, (this.head[2]! >> 1) & 1) - 4;
      this.head = [];
      this.frames++;
    }
  }
}

/** What the info frame states at the end; absent where it is written first: to be replaced, or in a stream. */
interface Known {
  frames: number;
  bytes: number;
  padding: number;
}

/**
 * The length of a stream, as that of WAV's: the greatest. FFmpeg, and Chromium with it, reads the delay only beside a
 * length; without one it also plays the frame.
 */
const UNKNOWN_BYTES = 0xffff_ffff;

/** A frame of silence that older players play and others read. */
function infoFrame({ sampleRate, channels, kbits }: Mp3Form, known: Known | undefined): Uint8Array {
  const { version, index } = RATES[sampleRate]!;
  const table = version === 3 ? KBITS_1 : KBITS_2;
  const large = table.findIndex(
    (one) => one >= kbits && frameBytes(version, one, sampleRate, 0) >= INFO_BYTES,
  );
  const out = new Uint8Array(frameBytes(version, table[large]!, sampleRate, 0));
  const view = new DataView(out.buffer);
  // Synchronisation, layer III, no checksum; one channel, or stereo.
  out.set([0xff, 0xe3 | (version << 3), (large << 4) | (index << 2), channels === 1 ? 0xc4 : 0x44]);
  let at = 4 + (version === 3 ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17);
  const text = (value: string): void => {
    for (const character of value) out[at++] = character.charCodeAt(0);
  };
  text('Info');
  view.setUint32(at, known ? 7 : 2); // frames, bytes, table of places; or bytes
  at += 4;
  if (known) {
    view.setUint32(at, known.frames);
    view.setUint32(at + 4, known.bytes + out.length);
    for (let i = 0; i < 100; i++) out[at + 8 + i] = Math.floor((i * 256) / 100); // constant bit rate
    at += 108;
  } else {
    view.setUint32(at, UNKNOWN_BYTES);
    at += 4;
  }
  text('LAME3.100');
  out[at++] = 1; // revision 0, constant bit rate
  at += 10;
  out[at++] = Math.min(255, kbits);
  const padding = Math.min(4095, known?.padding ?? 0);
  out.set([DELAY >> 4, ((DELAY & 15) << 4) | (padding >> 8), padding & 255], at);
  return out;
}

type LameEncoder = Awaited<ReturnType<Mp3Package['createMp3Encoder']>>;

class Mp3Encoder implements AudioEncoder {
  private readonly counter: FrameCounter;
  private frames = 0;
  private isBegun = false;

  constructor(
    private readonly lame: LameEncoder,
    private readonly form: Mp3Form,
    private readonly tag: Uint8Array,
    private readonly canRewrite: boolean,
  ) {
    this.counter = new FrameCounter(form.sampleRate);
    const { sampleRate, channels, kbits } = form;
    const stereo = channels as 1 | 2;
    lame.configure({ sampleRate, channels: stereo, bitrate: kbits, outputSampleRate: sampleRate });
  }

  encode(samples: Float32Array): Uint8Array {
    const { channels } = this.form;
    const frames = samples.length / channels;
    this.frames += frames;
    const planes = Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length: frames }, (_, i) =>
        Math.min(1, Math.max(-1, samples[i * channels + channel]!)),
      ),
    );
    const bytes = frames === 0 ? new Uint8Array(0) : this.lame.encode(planes).slice();
    this.counter.add(bytes);
    return joined([...this.begin(), bytes]);
  }

  finish(): { bytes: Uint8Array; header?: Uint8Array } {
    const last = this.lame.finalize().slice();
    this.counter.add(last);
    const bytes = joined([...this.begin(), last]);
    if (!this.canRewrite) return { bytes };
    const total = this.counter.frames * samplesPerFrame(RATES[this.form.sampleRate]!.version);
    const known = {
      frames: this.counter.frames,
      bytes: this.counter.bytes,
      padding: Math.max(0, total - DELAY - this.frames),
    };
    return { bytes, header: joined([this.tag, infoFrame(this.form, known)]) };
  }

  [Symbol.dispose](): void {} // its memory is the instance's, and goes with it

  private begin(): Uint8Array[] {
    if (this.isBegun) return [];
    this.isBegun = true;
    return [this.tag, infoFrame(this.form, undefined)];
  }
}

/** @throws VoirsError ENCODER_NOT_FOUND, INVALID_OPTIONS. */
export async function mp3Encoder(context: EncodeContext, options: EncodeOptions): Promise<AudioEncoder> {
  const form = checkedForm(context, options.bitRate);
  const { createMp3Encoder } = await encoderPackage('mp3');
  const tag = id3Tag(options, context.timeline);
  return new Mp3Encoder(await createMp3Encoder(), form, tag, context.canRewrite === true);
}
