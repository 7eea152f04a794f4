// The result of synthesis: samples leased from the arena, their times, and the operations that programs need
// on audio.
import type { NdArray } from 'ndarray';
import { refuseUnknown, shown, VoirsError } from '../errors.js';
import type { NodeStream } from '../host/contract.js';
import { Arena, type Lease } from '../memory/arena.js';
import type { CaptionOptions } from './caption-cues.js';
import { type CaptionFormat, captions, toTextGrid } from './captions.js';
import { encodeWhole } from './formats/encode.js';
import { toNodeStream, toReadableStream } from './formats/encode-stream.js';
import {
  type AudioFormat,
  checkedEncoding,
  type EncodeContext,
  type EncodeOptions,
  encodingOfFile,
  mediaType,
} from './formats/format.js';
import { toInt16 } from './formats/pcm.js';
import { ndarrayOf } from './ndarray-view.js';
import {
  type AppendOptions,
  addInto,
  checkedFactorOf,
  chunkSize,
  crossfadeInto,
  cutsOf,
  type FadeCurve,
  type FrameGrid,
  fadeCurve,
  fadeInto,
  fadeOutOf,
  framesOf,
  type LoadOptions,
  type MixOptions,
  mixDown,
  mustMatch,
  OPTIONS,
  type PeakTarget,
  peakOf,
  rmsOf,
  scale,
  silenceLevel,
  soundingSpan,
  spread,
  type TrimOptions,
  targetPeak,
} from './operations.js';
import { resampled } from './resample.js';
import type { Timeline } from './timeline.js';
import { clippedTo, cutOut, merged, shifted } from './timeline.js';
import {
  encodeWav,
  type FileBytes,
  readAudioFile,
  readWav,
  type WavEncoding,
  writeAudioFile,
} from './wav.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** @throws VoirsError INVALID_AUDIO for anything but an AudioBuffer. */
export function mustBeAudio(audio: unknown, where: string): asserts audio is AudioBuffer {
  if (audio instanceof AudioBuffer) return;
  throw new VoirsError('INVALID_AUDIO', `${where} needs audio`, {
    got: shown(audio),
    wanted: 'an AudioBuffer',
  });
}

/** Gives back the samples of buffers that were dropped without dispose(). */
const forgotten = new FinalizationRegistry<Lease>((lease) => lease.release());

/**
 * Audio in an arena. Dispose it, or declare it with `using`: the arena then uses its samples again. A method
 * that returns another buffer leases it in the same arena and leaves this one unchanged; the caller disposes
 * both. When it fails, nothing stays leased. A method that works in place returns this buffer.
 * @throws VoirsError, from every method: DISPOSED after dispose(), INVALID_OPTIONS for options that are
 * unknown or out of range, MEMORY_ERROR when the arena is full.
 */
export class AudioBuffer implements Disposable {
  constructor(
    private readonly lease: Lease,
    /** Hz. */
    readonly sampleRate: number,
    readonly timeline: Timeline,
    /** 1 mono, 2 stereo (interleaved). */
    readonly channels = 1,
    /** Seconds from the start of the whole to the start of this buffer (streams; 0 otherwise). */
    readonly startTime = 0,
  ) {
    forgotten.register(this, lease, this);
  }

  /**
   * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 or 64, mono or stereo.
   * @param source a path, or the file's bytes.
   * @throws VoirsError INVALID_AUDIO when it is no such file or is cut off, IO_ERROR when it cannot be read,
   * INVALID_OPTIONS.
   */
  static async load(source: string | FileBytes, options: LoadOptions = {}): Promise<AudioBuffer> {
    refuseUnknown(options, OPTIONS.load, 'load');
    if (typeof source !== 'string') return AudioBuffer.fromWav(source, options);
    return AudioBuffer.fromWav(await readAudioFile(source), options);
  }

  /**
   * The same of a file in memory: the reverse of `toWav`.
   * @param file an ArrayBuffer, as `fetch` gives, or any view of one.
   * @throws VoirsError INVALID_AUDIO, INVALID_OPTIONS.
   */
  static fromWav(file: FileBytes, options: LoadOptions = {}): AudioBuffer {
    refuseUnknown(options, OPTIONS.load, 'fromWav');
    const { arena = new Arena() } = options;
    if (!(arena instanceof Arena))
      throw new VoirsError('INVALID_OPTIONS', 'Bad arena', { got: shown(arena), wanted: 'an Arena' });
    const { length, channels, sampleRate, readInto } = readWav(file);
    const lease = arena.lease(length);
    try {
      readInto(lease.samples);
    } catch (error) {
      lease.release();
      throw error;
    }
    return new AudioBuffer(lease, sampleRate, { words: [], marks: [] }, channels);
  }

  /**
   * Samples in [-1, 1] (gain may take them beyond), a view on the arena.
   * @throws VoirsError DISPOSED after dispose().
   */
  get samples(): Float32Array<ArrayBuffer> {
    return this.lease.samples as Float32Array<ArrayBuffer>; // slabs of an arena are never shared
  }

  /** Seconds. */
  get duration(): number {
    return this.samples.length / this.channels / this.sampleRate;
  }

  get isDisposed(): boolean {
    return this.lease.isReleased;
  }

  /**
   * The samples as an `ndarray`, [S] or [S, channels]: a view, sliceable without copying.
   * @throws VoirsError DEVICE_ERROR where code may not be made from strings (a Content-Security-Policy without
   * 'unsafe-eval'), which the package ndarray does. Nothing else here needs it.
   */
  toNdarray(): NdArray<Float32Array> {
    const { samples, channels } = this;
    return ndarrayOf(
      samples,
      channels === 1 ? [samples.length] : [samples.length / channels, channels],
      'toNdarray',
      'Use samples and channels instead: frame f of channel c is samples[f * channels + c]',
    );
  }

  /** A WAV file in memory. */
  toWav(encoding: WavEncoding = 'pcm16'): Uint8Array {
    return encodeWav(this.samples, this.sampleRate, this.channels, encoding);
  }

  /**
   * The audio as a file in memory.
   * @param options a format's name stands for `{ format }`; default wav.
   * @throws VoirsError INVALID_OPTIONS for what the format does not have, ENCODER_NOT_FOUND when the package
   * that writes MP3, Opus or AAC is not installed.
   */
  async encode(options: EncodeOptions | AudioFormat = {}): Promise<Uint8Array<ArrayBuffer>> {
    return encodeWhole(this.samples, this.encodeContext, checkedEncoding(options, 'encode'));
  }

  /**
   * Writes a file in the format of its extension: .wav, .flac, .mp3, .opus or .ogg, .aac, .m4a, .pcm or .raw, .ulaw, .alaw.
   * @param options a format's name stands for `{ format }`, for names without such an extension.
   * @throws VoirsError INVALID_OPTIONS for an extension that is none, or that contradicts the format;
   * ENCODER_NOT_FOUND as `encode`; IO_ERROR when the path cannot be written.
   */
  async save(path: string, options: EncodeOptions | AudioFormat = {}): Promise<void> {
    const own = encodingOfFile(path, options, 'save');
    await writeAudioFile(path, await encodeWhole(this.samples, this.encodeContext, own));
  }

  /** The samples as 16-bit integers, interleaved; those beyond [-1, 1] are clipped. A copy. */
  toPcm16(): Int16Array<ArrayBuffer> {
    return toInt16(this.samples);
  }

  /** A file in memory as a Blob with its media type, for `URL.createObjectURL`. @throws VoirsError as `encode`. */
  async toBlob(options: EncodeOptions | AudioFormat = {}): Promise<Blob> {
    const checked = checkedEncoding(options, 'toBlob');
    return new Blob([await this.encode(checked)], { type: mediaType(checked.format, this) });
  }

  /**
   * The file as a stream of the web, encoded as it is read. The stream holds the samples until its end.
   * @throws VoirsError as `encodeStream`.
   */
  toReadableStream(options: EncodeOptions | AudioFormat = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    return toReadableStream(this.seconds(), options);
  }

  /** The same as a Readable of Node. @throws VoirsError as `encodeStream`; INVALID_OPTIONS in a browser. */
  toNodeStream(options: EncodeOptions | AudioFormat = {}): NodeStream {
    return toNodeStream(this.seconds(), options);
  }

  /** Views of a second each, which hold the samples until they are disposed. */
  private seconds(): Iterable<AudioBuffer> {
    const held = this.slice();
    return (function* () {
      try {
        const { duration } = held;
        for (let at = 0; at < duration; at++) yield held.slice(at, Math.min(duration, at + 1));
      } finally {
        held.dispose();
      }
    })();
  }

  /**
   * Captions out of the times of the words.
   * @param options `text` is the text that was spoken, for its spelling and punctuation.
   * @throws VoirsError INVALID_OPTIONS.
   */
  captions(format: CaptionFormat, options: CaptionOptions = {}): string {
    const timeline = this.timelineFromStart;
    if (format !== 'textgrid') return captions(timeline, format, options);
    return toTextGrid(timeline, { ...options, duration: this.duration });
  }

  private get encodeContext(): EncodeContext {
    const { sampleRate, channels, timelineFromStart: timeline } = this;
    return { sampleRate, channels, timeline };
  }

  /** Root mean square of all samples, linear; 0 for silence. */
  rms(): number {
    return rmsOf(this.samples);
  }

  /** Largest absolute sample, linear. */
  peak(): number {
    return peakOf(this.samples);
  }

  /** Louder or quieter by `decibels`, -120 to 120, in place. Samples may then lie beyond [-1, 1]. */
  gain(decibels: number): this {
    scale(this.samples, checkedFactorOf(decibels));
    return this;
  }

  /**
   * Brings the largest sample to `peak`, linear (default 1) or `{ dBFS }`, in place. Silence stays silence.
   */
  normalize(peak: PeakTarget = 1): this {
    const target = targetPeak(peak);
    const now = this.peak();
    if (now > 0) scale(this.samples, target / now);
    return this;
  }

  /** Fades in over the first `seconds`, in place. */
  fadeIn(seconds: number, curve: FadeCurve = 'linear'): this {
    fadeInto(this.samples, this.channels, framesOf(seconds, 'fade', this.grid), fadeCurve(curve));
    return this;
  }

  /** Fades out over the last `seconds`, in place. */
  fadeOut(seconds: number, curve: FadeCurve = 'linear'): this {
    fadeOutOf(this.samples, this.channels, framesOf(seconds, 'fade', this.grid), fadeCurve(curve));
    return this;
  }

  /** A copy at another rate, whole Hz from 1,000 to 192,000; times stay as they are. */
  async resample(rate: number): Promise<AudioBuffer> {
    const lease = await resampled(this.lease, this.sampleRate, rate, this.channels);
    return new AudioBuffer(lease, rate, this.timeline, this.channels, this.startTime);
  }

  /** A copy with one channel, the mean of both. */
  toMono(): AudioBuffer {
    return this.withChannels(1, mixDown);
  }

  /** A copy with two channels, both the same where there was one. */
  toStereo(): AudioBuffer {
    return this.withChannels(2, spread);
  }

  /** A copy without the silence at both ends, timed from its new start; empty when all of it is silent. */
  trimSilence(options: TrimOptions = {}): AudioBuffer {
    refuseUnknown(options, OPTIONS.trim, 'trimSilence');
    const { thresholdDb = -50, keepSeconds = 0.05 } = options;
    const { samples, sampleRate, channels } = this;
    const keep = framesOf(keepSeconds, 'keepSeconds', { sampleRate, frames: NO_LIMIT });
    const { start, end } = soundingSpan(samples, channels, silenceLevel(thresholdDb), keep);
    const timeline = clippedTo(this.timelineFromStart, start / sampleRate, end / sampleRate);
    const kept = samples.subarray(start * channels, end * channels);
    return this.derived(kept.length, timeline, 0, (out) => out.set(kept));
  }

  /**
   * The part between two times, without a copy: a change in place to one is a change to both. It holds the
   * samples until it is disposed. It carries the words and marks that begin in it, timed from its start.
   * @param from seconds from the start of this buffer.
   * @param to seconds, not before `from`; default: the end.
   */
  slice(from = 0, to = this.duration): AudioBuffer {
    const [start, end] = cutsOf([from, to], this.grid) as [number, number];
    return this.part(start, end, end === this.grid.frames ? NO_LIMIT : end);
  }

  /** The parts between places in seconds: `slice`s, one more than places, in order. */
  split(atSeconds: readonly number[]): AudioBuffer[] {
    const cuts = cutsOf(atSeconds, this.grid);
    const { frames } = this.grid;
    return [...cuts, frames].map((end, i) =>
      this.part(cuts[i - 1] ?? 0, end, i === cuts.length ? NO_LIMIT : end),
    );
  }

  /** This buffer, a pause, then the other. @throws VoirsError INVALID_AUDIO: see `mix`. */
  append(other: AudioBuffer, options: AppendOptions = {}): AudioBuffer {
    const { samples, sampleRate } = this;
    mustBeAudio(other, 'append');
    mustMatch(this, other);
    refuseUnknown(options, OPTIONS.append, 'append');
    const { pause = 0 } = options;
    const silence = framesOf(pause, 'pause', { sampleRate, frames: NO_LIMIT });
    const at = samples.length + silence * this.channels;
    const { samples: after } = other;
    const timeline = this.timelineWith(other, this.grid.frames + silence);
    return this.derived(at + after.length, timeline, this.startTime, (out) => {
      out.set(samples);
      out.set(after, at);
    });
  }

  /**
   * Both at once; it ends with the one that ends last. Nothing is scaled down: `normalize` a sum that may be
   * too loud.
   * @throws VoirsError INVALID_AUDIO for anything but an AudioBuffer, and when rates or channels differ.
   */
  mix(other: AudioBuffer, options: MixOptions = {}): AudioBuffer {
    const { samples, sampleRate } = this;
    mustBeAudio(other, 'mix');
    mustMatch(this, other);
    refuseUnknown(options, OPTIONS.mix, 'mix');
    const { gainDb = 0, offset = 0 } = options;
    const factor = checkedFactorOf(gainDb);
    const start = framesOf(offset, 'offset', { sampleRate, frames: NO_LIMIT });
    const { samples: added } = other;
    const at = start * this.channels;
    const length = Math.max(samples.length, at + added.length);
    return this.derived(length, this.timelineWith(other, start), this.startTime, (out) => {
      out.set(samples);
      addInto(out, added, at, factor);
    });
  }

  /**
   * This buffer, which turns into the other over `seconds`, at most as long as either.
   * @throws VoirsError INVALID_AUDIO: see `mix`.
   */
  crossfade(other: AudioBuffer, seconds: number, curve: FadeCurve = 'equal-power'): AudioBuffer {
    const { samples, channels, sampleRate } = this;
    mustBeAudio(other, 'crossfade');
    mustMatch(this, other);
    const { samples: next, grid } = other;
    const frames = Math.min(this.grid.frames, grid.frames);
    const overlap = framesOf(seconds, 'crossfade', { sampleRate, frames });
    const shape = fadeCurve(curve);
    const timeline = this.timelineWith(other, this.grid.frames - overlap);
    const length = samples.length + next.length - overlap * channels;
    return this.derived(length, timeline, this.startTime, (out) =>
      crossfadeInto(out, samples, next, channels, overlap, shape),
    );
  }

  /**
   * Views of `size` frames each (the last may be shorter), in order: nothing is copied, changing them changes
   * this.
   */
  chunks(size = 1024): Generator<Float32Array, void, undefined> {
    const step = chunkSize(size) * this.channels;
    return this.views(step, this.samples.length);
  }

  private *views(step: number, length: number): Generator<Float32Array, void, undefined> {
    for (let at = 0; at < length; at += step) yield this.samples.subarray(at, at + step);
  }

  /**
   * The first frames, without a copy, with times of their own: a stream's filters cut its chunks anew with
   * it.
   */
  opening(frames: number, timeline: Timeline, startTime: number): AudioBuffer {
    const lease = this.lease.part(0, frames * this.channels);
    return new AudioBuffer(lease, this.sampleRate, timeline, this.channels, startTime);
  }

  private get grid(): FrameGrid {
    return { sampleRate: this.sampleRate, frames: this.samples.length / this.channels };
  }

  /** Times from this buffer's own start; a stream's chunks are timed from the start of the stream. */
  private get timelineFromStart(): Timeline {
    return this.startTime === 0 ? this.timeline : shifted(this.timeline, -this.startTime);
  }

  /** This timeline and that of another buffer that begins `frames` into this one. */
  private timelineWith(other: AudioBuffer, frames: number): Timeline {
    const start = this.startTime + frames / this.sampleRate;
    return merged(this.timeline, shifted(other.timelineFromStart, start));
  }

  /** Frames [start, end), with the words and marks that begin in [start, until). */
  private part(start: number, end: number, until: number): AudioBuffer {
    const { sampleRate, channels } = this;
    const timeline = cutOut(this.timelineFromStart, start, until, sampleRate);
    return new AudioBuffer(this.lease.part(start * channels, end * channels), sampleRate, timeline, channels);
  }

  private withChannels(
    channels: 1 | 2,
    convert: (from: Float32Array, to: Float32Array) => void,
  ): AudioBuffer {
    const { samples } = this;
    const lease = this.lease.sibling(this.grid.frames * channels);
    if (channels === this.channels) lease.samples.set(samples);
    else convert(samples, lease.samples);
    return new AudioBuffer(lease, this.sampleRate, this.timeline, channels, this.startTime);
  }

  /** A new buffer of `length` samples that `fill` writes. */
  private derived(
    length: number,
    timeline: Timeline,
    startTime: number,
    fill: (out: Float32Array) => void,
  ): AudioBuffer {
    const lease = this.lease.sibling(length);
    fill(lease.samples);
    return new AudioBuffer(lease, this.sampleRate, timeline, this.channels, startTime);
  }

  /** Gives the samples back; a second call has no effect. */
  dispose(): void {
    forgotten.unregister(this);
    this.lease.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
