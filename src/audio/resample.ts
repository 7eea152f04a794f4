// Converts audio to other sample rates with libsamplerate (band-limited sinc, "medium": 120 dB or better). It
// works on blocks with context, on a grid where both rates meet, so that streamed audio equals audio in one
// piece and memory does not grow with the length.
import { shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import type { Lease } from '../memory/arena.js';
import { resamplerLibrary } from './resampler-library.js';

/** The part of libsamplerate-js that is used. */
interface Converter {
  simple(input: Float32Array): Float32Array;
  destroy(): void;
}

/** A converter that several resamplers use: each conversion is one synchronous call that keeps nothing. */
interface Shared {
  converter: Promise<Converter>;
  holders: number;
}

/** By rates, while anything holds them: a converter takes 50 ms to make, most of a first chunk. */
const shared = new Map<string, Shared>();

function acquire(from: number, to: number): { converter: Promise<Converter>; release: () => void } {
  const key = `${from} ${to}`;
  const one = shared.get(key) ?? { converter: openConverter(from, to), holders: 0 };
  shared.set(key, one);
  one.holders++;
  const release = (): void => {
    if (--one.holders > 0) return;
    shared.delete(key);
    one.converter.then(
      (converter) => converter.destroy(),
      () => {}, // the error reaches those who wait for it
    );
  };
  return { converter: one.converter, release };
}

async function openConverter(from: number, to: number): Promise<Converter> {
  const library = await resamplerLibrary();
  return library.create(1, from, to, { converterType: library.ConverterType.SRC_SINC_MEDIUM_QUALITY });
}

/** Frames converted at a time, at most. */
const BLOCK = 16384;
/**
 * Frames the library's buffers hold, before and after conversion: it goes wrong beyond them (2^20, with room
 * left).
 */
const LIBRARY_FRAMES = 1_000_000;
/** Hz; the library's limit. */
const MAX_RATE = 192_000;
/**
 * Samples of context on either side at equal rates: the filter reaches about 100 (times the ratio going
 * down).
 */
const CONTEXT = 512;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * Converts mono or interleaved samples from one rate to another. Dispose it: the last of its rates frees a
 * WebAssembly heap.
 */
export class Resampler implements Disposable {
  private isDisposed = false;
  /** Input and output frames after which the two rates meet. */
  private readonly grid: { from: number; to: number };
  private readonly context: number;
  /** Frames converted at a time, on the grid. */
  private readonly step: number;

  /**
   * @param converter for one channel: several take turns, so that the library's buffers are large enough for
   * all.
   */
  private constructor(
    private readonly converter: Converter,
    private readonly release: () => void,
    readonly from: number,
    readonly to: number,
    readonly channels: number,
  ) {
    const common = gcd(from, to);
    this.grid = { from: from / common, to: to / common };
    const reach = CONTEXT * Math.max(1, from / to);
    this.context = Math.ceil(reach / this.grid.from) * this.grid.from;
    const fitting = LIBRARY_FRAMES * Math.min(1, from / to) - 2 * this.context;
    this.step = Math.max(1, Math.floor(Math.min(BLOCK, fitting) / this.grid.from)) * this.grid.from;
  }

  /** @throws VoirsError INVALID_OPTIONS for rates outside 1,000-192,000 Hz. */
  static async create(from: number, to: number, channels = 1): Promise<Resampler> {
    for (const rate of [from, to]) {
      if (!(Number.isInteger(rate) && rate >= 1000 && rate <= MAX_RATE)) {
        throw new VoirsError('INVALID_OPTIONS', 'Bad sample rate', {
          got: shown(rate),
          wanted: `whole Hz, 1000 to ${MAX_RATE}`,
        });
      }
    }
    const { converter, release } = acquire(from, to);
    try {
      return new Resampler(await converter, release, from, to, channels);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Frames that `frames` become. */
  outputFrames(frames: number): number {
    return Math.round((frames * this.to) / this.from);
  }

  /** Converts all of `input` into `out`, which must hold outputFrames(...) frames. */
  convert(input: Float32Array, out: Float32Array): void {
    this.convertRange(input, 0, { start: 0, end: input.length / this.channels }, out);
  }

  /** The same with a turn of the event loop between two steps, each of some milliseconds. */
  async convertInTurns(
    input: Float32Array,
    out: Float32Array,
    turn: () => Promise<void> | undefined = () => host.nextTask(),
  ): Promise<void> {
    const frames = input.length / this.channels;
    for (let start = 0; start < frames; start += this.step) {
      const end = Math.min(frames, start + this.step);
      this.convertRange(input, 0, { start, end }, out.subarray(this.outputFrames(start) * this.channels));
      if (end < frames) await turn();
    }
  }

  /**
   * Output of input frames [start, end). `start` lies on the grid, and `input` begins at frame `origin`;
   * beyond its ends it counts as silent.
   */
  range(input: Float32Array, origin: number, start: number, end: number): Float32Array {
    const frames = this.outputFrames(end) - this.outputFrames(start);
    const out = new Float32Array(frames * this.channels);
    this.convertRange(input, origin, { start, end }, out);
    return out;
  }

  private convertRange(
    input: Float32Array,
    origin: number,
    { start, end }: { start: number; end: number },
    out: Float32Array,
  ): void {
    const { channels } = this;
    for (let from = start; from < end; from += this.step) {
      const to = Math.min(end, from + this.step);
      const at = this.outputFrames(from) - this.outputFrames(start);
      for (let channel = 0; channel < channels; channel++) {
        const converted = this.block(input, origin, from, to, channel);
        for (let i = 0; i < converted.length; i++) out[(at + i) * channels + channel] = converted[i]!;
      }
    }
  }

  /** One channel of at most a step of frames; valid until the next conversion. */
  private block(
    input: Float32Array,
    origin: number,
    start: number,
    end: number,
    channel: number,
  ): Float32Array {
    const { channels, context } = this;
    const segment = new Float32Array(end - start + 2 * context);
    const first = start - context;
    const from = Math.max(first, origin);
    const to = Math.min(end + context, origin + input.length / channels);
    for (let frame = from; frame < to; frame++) {
      segment[frame - first] = input[(frame - origin) * channels + channel]!;
    }
    const converted = this.converter.simple(segment);
    const skip = (context / this.grid.from) * this.grid.to;
    return converted.subarray(skip, skip + this.outputFrames(end) - this.outputFrames(start));
  }

  /** The same for audio that arrives in pieces. */
  stream(): ResampledStream {
    return new ResampledStream(this, this.grid.from, this.context);
  }

  dispose(): void {
    if (!this.isDisposed) this.release();
    this.isDisposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Pieces in, pieces out; it holds back the samples that need context from later pieces. */
class ResampledStream {
  private held = new Float32Array(0);
  /** Frame at which `held` begins, and the next to be converted. */
  private origin = 0;
  private next = 0;

  constructor(
    private readonly resampler: Resampler,
    private readonly grid: number,
    private readonly context: number,
  ) {}

  /** The output that `input` completes; may be empty. */
  push(input: Float32Array): Float32Array {
    const joined = new Float32Array(this.held.length + input.length);
    joined.set(this.held);
    joined.set(input, this.held.length);
    this.held = joined;
    const available = this.origin + joined.length / this.resampler.channels;
    const end = Math.floor((available - this.context) / this.grid) * this.grid;
    return end > this.next ? this.take(end) : new Float32Array(0);
  }

  /** The rest. */
  end(): Float32Array {
    const end = this.origin + this.held.length / this.resampler.channels;
    return end > this.next ? this.take(end) : new Float32Array(0);
  }

  private take(end: number): Float32Array {
    const { channels } = this.resampler;
    const out = this.resampler.range(this.held, this.origin, this.next, end);
    this.next = end;
    const keepFrom = Math.max(this.origin, end - this.context);
    this.held = this.held.slice((keepFrom - this.origin) * channels);
    this.origin = keepFrom;
    return out;
  }
}

/**
 * Leased samples at another rate, as a lease in the same arena. The given one may be released meanwhile.
 * @throws VoirsError INVALID_OPTIONS for a rate out of range, MEMORY_ERROR; nothing is leased then.
 */
export async function resampled(lease: Lease, from: number, to: number, channels: number): Promise<Lease> {
  const input = lease.part(0, lease.samples.length);
  try {
    using resampler = await Resampler.create(from, to, channels);
    const frames = resampler.outputFrames(input.samples.length / channels);
    const out = input.sibling(frames * channels);
    try {
      await resampler.convertInTurns(input.samples, out.samples);
      return out;
    } catch (error) {
      out.release();
      throw error;
    }
  } finally {
    input.release();
  }
}
