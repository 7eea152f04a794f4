// What synthesis returns: samples leased from the arena, with everything a program asks of audio around them.
import { writeFile } from 'node:fs/promises';
import ndarray, { type NdArray } from 'ndarray';
import { VoirsError } from '../errors.js';
import type { Lease } from '../memory/arena.js';
import type { Timeline } from './timeline.js';
import { encodeWav, WAV_ENCODINGS, type WavEncoding } from './wav.js';

/** Formats that `save` writes. */
export type AudioFormat = 'wav';

export interface SaveOptions {
  format?: AudioFormat;
  encoding?: WavEncoding;
}

/** Gives back the samples of buffers that were dropped without dispose(). */
const forgotten = new FinalizationRegistry<Lease>((lease) => lease.release());

/** Audio in an arena. Dispose it (or declare it with `using`) and its samples are used again. */
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

  /** Samples in [-1, 1] (gain may take them beyond), a view on the arena. @throws VoirsError DISPOSED after dispose(). */
  get samples(): Float32Array {
    return this.lease.samples;
  }

  /** Seconds. */
  get duration(): number {
    return this.samples.length / this.channels / this.sampleRate;
  }

  get isDisposed(): boolean {
    return this.lease.isReleased;
  }

  /** The samples as an `ndarray`, [S] or [S, channels]: a view, sliceable without copying. */
  toNdarray(): NdArray<Float32Array> {
    const { samples, channels } = this;
    return channels === 1 ? ndarray(samples) : ndarray(samples, [samples.length / channels, channels]);
  }

  /** A WAV file in memory. */
  toWav(encoding: WavEncoding = 'pcm16'): Uint8Array {
    if (!WAV_ENCODINGS.includes(encoding)) {
      throw new VoirsError('INVALID_OPTIONS', 'Unknown WAV encoding', {
        got: String(encoding),
        wanted: WAV_ENCODINGS.join(', '),
      });
    }
    return encodeWav(this.samples, this.sampleRate, this.channels, encoding);
  }

  /**
   * Writes a file.
   * @throws VoirsError INVALID_OPTIONS for a format without an encoder, IO_ERROR when the path cannot be written.
   */
  async save(path: string, options: SaveOptions | AudioFormat = {}): Promise<void> {
    const { format = 'wav', encoding } =
      typeof options === 'string' ? { format: options, encoding: undefined } : options;
    if (format !== 'wav') {
      throw new VoirsError('INVALID_OPTIONS', 'Unsupported audio format', {
        got: String(format),
        wanted: 'wav',
        suggestion: 'Save as wav and convert it with a tool of your choice',
      });
    }
    const file = this.toWav(encoding);
    try {
      await writeFile(path, file);
    } catch (cause) {
      throw new VoirsError('IO_ERROR', `The audio could not be written to ${path}`, {
        got: (cause as Error).message,
        suggestion: 'Check that the folder exists and can be written to',
        cause,
      });
    }
  }

  /** Gives the samples back; calling it again is harmless. */
  dispose(): void {
    forgotten.unregister(this);
    this.lease.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
