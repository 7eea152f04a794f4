// FLAC (RFC 9639): lossless, in every player, and small with the fixed predictors that speech needs. Written
// here: the WebAssembly builds of libFLAC on npm weigh megabytes and write no comments. What decodes is equal
// bit for bit to the 16 or 24 bits given.
import type { WavEncoding } from '../wav.js';
import type { AudioEncoder, EncodeContext, EncodeOptions } from './format.js';
import { joined } from './joined.js';
import { pictureBlock } from './picture.js';
import { vorbisComment } from './vorbis-comment.js';

/** Frames of a block: 12 in the code of block sizes. */
const BLOCK = 4096;
const BLOCK_CODE = 12;
/** Sample rates that a frame header names; others stand in the header of the file alone. */
const RATE_CODES: Readonly<Record<number, number>> = {
  8000: 4,
  16000: 5,
  22050: 6,
  24000: 7,
  32000: 8,
  44100: 9,
  48000: 10,
  96000: 11,
};
const MOST_PARTITIONS = 6;

/** Bits, the highest first. */
class BitWriter {
  private bytes = new Uint8Array(1 << 14);
  private length = 0;
  private pending = 0;
  private filled = 0;

  /** @param count 0 to 24. */
  put(value: number, count: number): void {
    this.pending = (this.pending << count) | (value & ((1 << count) - 1));
    this.filled += count;
    while (this.filled >= 8) {
      this.filled -= 8;
      this.byte(this.pending >>> this.filled);
    }
    this.pending &= (1 << this.filled) - 1;
  }

  /** A signed or unsigned number of up to 32 bits. */
  long(value: number, count: number): void {
    if (count > 16) this.put((value >> 16) & 0xffff, count - 16);
    this.put(value & 0xffff, Math.min(16, count));
  }

  /** `quotient` zeros and a one. */
  unary(quotient: number): void {
    let zeros = quotient;
    for (; zeros >= 16; zeros -= 16) this.put(0, 16);
    this.put(1, zeros + 1);
  }

  align(): void {
    if (this.filled > 0) this.put(0, 8 - this.filled);
  }

  written(from = 0): Uint8Array {
    return this.bytes.subarray(from, this.length);
  }

  get size(): number {
    return this.length;
  }

  private byte(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = value;
  }
}

function crc(bytes: Uint8Array, polynomial: number, bits: 8 | 16): number {
  const top = 1 << (bits - 1);
  const mask = bits === 8 ? 0xff : 0xffff;
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (bits - 8);
    for (let i = 0; i < 8; i++) value = (value & top ? (value << 1) ^ polynomial : value << 1) & mask;
  }
  return value;
}

/** Differences of the order that leaves the smallest residual. */
function bestResidual(samples: Int32Array): { order: number; residual: Int32Array } {
  let current = Int32Array.from(samples);
  let best = { order: 0, residual: current, sum: Number.POSITIVE_INFINITY };
  for (let order = 0; order <= 4 && order < samples.length; order++) {
    if (order > 0) {
      const next = new Int32Array(current.length);
      for (let i = order; i < next.length; i++) next[i] = current[i]! - current[i - 1]!;
      current = next;
    }
    let sum = 0;
    for (let i = order; i < current.length; i++) sum += Math.abs(current[i]!);
    if (sum < best.sum) best = { order, residual: current, sum };
  }
  return best;
}

/** Parameters of Rice's code for each of 2^order parts, and the bits that they take. */
function ricePlan(residual: Int32Array, skip: number, order: number): { parameters: number[]; bits: number } {
  const parts = 1 << order;
  const size = residual.length / parts;
  const parameters: number[] = [];
  let bits = 0;
  for (let part = 0; part < parts; part++) {
    const from = part === 0 ? skip : part * size;
    const to = (part + 1) * size;
    const count = to - from;
    let sum = 0;
    for (let i = from; i < to; i++) sum += 2 * Math.abs(residual[i]!);
    const mean = count > 0 ? sum / count : 0;
    const parameter = mean < 1 ? 0 : Math.min(30, Math.floor(Math.log2(mean)));
    parameters.push(parameter);
    bits += 5 + count * (parameter + 1) + sum / 2 ** parameter;
  }
  return { parameters, bits };
}

function bestPlan(residual: Int32Array, skip: number): { order: number; parameters: number[]; bits: number } {
  let best = { order: 0, ...ricePlan(residual, skip, 0) };
  for (let order = 1; order <= MOST_PARTITIONS; order++) {
    if (residual.length % (1 << order) !== 0 || residual.length >> order <= skip) break;
    const plan = ricePlan(residual, skip, order);
    if (plan.bits < best.bits) best = { order, ...plan };
  }
  return best;
}

function subframe(out: BitWriter, samples: Int32Array, bits: number): void {
  const first = samples[0]!;
  if (samples.every((sample) => sample === first)) {
    out.put(0, 8); // constant
    out.long(first, bits);
    return;
  }
  const { order, residual } = bestResidual(samples);
  const plan = bestPlan(residual, order);
  if (plan.bits >= samples.length * bits) {
    out.put(1 << 1, 8); // verbatim
    for (const sample of samples) out.long(sample, bits);
    return;
  }
  out.put((8 | order) << 1, 8);
  for (let i = 0; i < order; i++) out.long(samples[i]!, bits);
  out.put(1, 2); // parameters of 5 bits
  out.put(plan.order, 4);
  const size = residual.length >> plan.order;
  plan.parameters.forEach((parameter, part) => {
    out.put(parameter, 5);
    for (let i = part === 0 ? order : part * size; i < (part + 1) * size; i++) {
      const value = residual[i]!;
      const folded = value >= 0 ? value * 2 : -value * 2 - 1;
      out.unary(Math.floor(folded / 2 ** parameter));
      out.long(folded, parameter);
    }
  });
}

/** A number as UTF-8 would write it. */
function coded(out: BitWriter, number: number): void {
  if (number < 0x80) {
    out.put(number, 8);
    return;
  }
  let extra = 1;
  while (number >= 2 ** (5 * extra + 6)) extra++;
  out.put(((0xff00 >> (extra + 1)) & 0xff) | Math.floor(number / 2 ** (6 * extra)), 8);
  for (let i = extra - 1; i >= 0; i--) out.put(0x80 | (Math.floor(number / 2 ** (6 * i)) & 0x3f), 8);
}

class FlacEncoder implements AudioEncoder {
  private readonly bits: 16 | 24;
  private readonly full: number;
  private readonly comment: Uint8Array;
  private readonly picture: Uint8Array | undefined;
  /** Interleaved samples of the unfinished block. */
  private rest = new Int32Array(0);
  private frames = 0;
  private blocks = 0;
  private isBegun = false;

  constructor(
    private readonly context: EncodeContext,
    options: EncodeOptions,
  ) {
    const encoding: WavEncoding = options.encoding ?? 'pcm16';
    this.bits = encoding === 'pcm24' ? 24 : 16;
    this.full = encoding === 'pcm24' ? 0x7fffff : 0x7fff;
    this.comment = vorbisComment(options, context.timeline);
    const cover = options.metadata?.cover;
    this.picture = cover && pictureBlock(cover);
  }

  encode(samples: Float32Array): Uint8Array {
    const { channels } = this.context;
    const all = new Int32Array(this.rest.length + samples.length);
    all.set(this.rest);
    for (let i = 0; i < samples.length; i++)
      all[this.rest.length + i] = Math.round(Math.min(1, Math.max(-1, samples[i]!)) * this.full);
    const step = BLOCK * channels;
    const whole = all.length - (all.length % step);
    const parts = this.begin();
    for (let at = 0; at < whole; at += step) parts.push(this.frame(all.subarray(at, at + step)));
    this.rest = all.slice(whole);
    return joined(parts);
  }

  finish(): { bytes: Uint8Array; header: Uint8Array } {
    const parts = this.begin();
    if (this.rest.length > 0) parts.push(this.frame(this.rest));
    this.rest = new Int32Array(0);
    return { bytes: joined(parts), header: this.header(this.frames) };
  }

  [Symbol.dispose](): void {}

  private begin(): Uint8Array[] {
    if (this.isBegun) return [];
    this.isBegun = true;
    return [this.header(0)]; // 0: the length is not known
  }

  /** The signature, STREAMINFO without a checksum of the samples, the comments, and a cover if there is one. */
  private header(frames: number): Uint8Array {
    const { sampleRate, channels } = this.context;
    const out = new BitWriter();
    for (const character of 'fLaC') out.put(character.charCodeAt(0), 8);
    out.long(34, 32); // type 0: STREAMINFO
    out.put(BLOCK, 16);
    out.put(BLOCK, 16);
    out.put(0, 24);
    out.put(0, 24);
    out.put(sampleRate, 20);
    out.put(channels - 1, 3);
    out.put(this.bits - 1, 5);
    out.put(Math.floor(frames / 2 ** 32) & 15, 4);
    out.long(frames | 0, 32);
    for (let i = 0; i < 16; i++) out.put(0, 8);
    const COMMENTS = 4;
    const PICTURE = 6;
    const LAST = 0x80;
    const headOf = (type: number, { length }: Uint8Array): Uint8Array =>
      Uint8Array.of(type, length >> 16, length >> 8, length);
    const { comment, picture } = this;
    const blocks = picture
      ? [headOf(COMMENTS, comment), comment, headOf(PICTURE | LAST, picture), picture]
      : [headOf(COMMENTS | LAST, comment), comment];
    return joined([out.written(), ...blocks]);
  }

  private frame(block: Int32Array): Uint8Array {
    const { sampleRate, channels } = this.context;
    const size = block.length / channels;
    const out = new BitWriter();
    out.put(0xfff8, 16); // blocks of one size
    out.put(size === BLOCK ? BLOCK_CODE : 7, 4);
    out.put(RATE_CODES[sampleRate] ?? 0, 4);
    out.put(channels - 1, 4);
    out.put(this.bits === 16 ? 4 : 6, 3);
    out.put(0, 1);
    coded(out, this.blocks);
    if (size !== BLOCK) out.put(size - 1, 16);
    out.put(crc(out.written(), 0x07, 8), 8);
    for (let channel = 0; channel < channels; channel++)
      subframe(
        out,
        Int32Array.from({ length: size }, (_, i) => block[i * channels + channel]!),
        this.bits,
      );
    out.align();
    out.put(crc(out.written(), 0x8005, 16), 16);
    this.blocks++;
    this.frames += size;
    return out.written();
  }
}

export function flacEncoder(context: EncodeContext, options: EncodeOptions): AudioEncoder {
  return new FlacEncoder(context, options);
}
