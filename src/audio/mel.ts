// A mel spectrogram as the parts of the engine exchange it: frames leased from an arena, and how they were made.
import type { NdArray } from 'ndarray';
import { shown, VoirsError } from '../errors.js';
import { Arena, type Lease } from '../memory/arena.js';
import type { MelForm } from './mel-form.js';
import { ndarrayOf } from './ndarray-view.js';

/** Gives back the frames of mels that were dropped without dispose(). */
const forgotten = new FinalizationRegistry<Lease>((lease) => lease.release());

/**
 * Frames of mel [T, bands], row-major. Dispose it, or declare it with `using`: the arena then uses its memory again.
 * @throws VoirsError DISPOSED, from `values` and `toNdarray` after dispose().
 */
export class Mel implements Disposable {
  /** T. */
  readonly frames: number;

  /** @param lease holds [T, bands]; its first holder is this mel. */
  constructor(
    private readonly lease: Lease,
    readonly bands: number,
    /** How it was made, where that is known. */
    readonly form?: MelForm,
  ) {
    this.frames = lease.samples.length / bands;
    forgotten.register(this, lease, this);
  }

  /**
   * A mel of values that were made elsewhere, without a copy.
   * @param values [T, bands], row-major.
   * @throws VoirsError INVALID_OPTIONS where they are no whole frames.
   */
  static of(values: Float32Array, bands: number, form?: MelForm): Mel {
    if (!(values instanceof Float32Array) || !Number.isInteger(bands) || values.length % bands !== 0)
      throw notAMel(values, bands);
    return new Mel(new Arena().adopt(values), bands, form);
  }

  /** [T, bands], row-major; a view on the arena, which may be written to. */
  get values(): Float32Array {
    return this.lease.samples;
  }

  get isDisposed(): boolean {
    return this.lease.isReleased;
  }

  /**
   * [T, bands] as an `ndarray`: a view.
   * @throws VoirsError DEVICE_ERROR where code may not be made from strings, as `AudioBuffer.toNdarray`.
   */
  toNdarray(): NdArray<Float32Array> {
    const { values, frames, bands } = this;
    return ndarrayOf(
      values,
      [frames, bands],
      'toNdarray',
      'Use values and bands instead: band b of frame t is values[t * bands + b]',
    );
  }

  /** Gives the frames back; again, it does nothing. */
  dispose(): void {
    forgotten.unregister(this);
    this.lease.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** @throws VoirsError INVALID_OPTIONS for anything but a Mel with frames. */
export function mustBeMel(mel: unknown, where: string): asserts mel is Mel {
  if (mel instanceof Mel && mel.frames > 0) return;
  throw new VoirsError('INVALID_OPTIONS', `${where} needs a mel`, {
    got: mel instanceof Mel ? 'a mel without frames' : shown(mel),
    wanted: 'a Mel',
    suggestion: 'Make one of values with Mel.of(values, bands, form)',
  });
}

/** What of an `ndarray` is needed to read it. */
export interface ArrayView {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** Default: row-major. */
  readonly stride?: readonly number[];
  readonly offset?: number;
}

/** Mel for a model: of ours, an `ndarray` [T, bands], or values [T, bands] row-major. */
export type MelInput = Mel | ArrayView | Float32Array;

/**
 * Values [T, bands], row-major: a view where they lie so, else a copy.
 * @throws VoirsError INVALID_OPTIONS for what has not these bands; DISPOSED.
 */
export function melValues(mel: MelInput, bands: number): Float32Array {
  if (mel instanceof Float32Array) {
    if (mel.length > 0 && mel.length % bands === 0) return mel;
    throw notAMel(mel, bands);
  }
  if (mel instanceof Mel) {
    if (mel.bands === bands && mel.frames > 0) return mel.values;
    throw new VoirsError('INVALID_OPTIONS', 'The mel does not fit the model', {
      got: `[${mel.frames}, ${mel.bands}]`,
      wanted: `[T, ${bands}]`,
      suggestion: 'Make the mel in the form that the model was trained on',
    });
  }
  const { data, shape, stride, offset = 0 } = Object(mel) as Partial<ArrayView>;
  if (data === undefined || shape?.length !== 2 || shape[1] !== bands || !(shape[0]! > 0))
    throw notAMel(mel, bands);
  const [frames] = shape as [number, number];
  const [down, across] = stride ?? [bands, 1];
  if (data instanceof Float32Array && across === 1 && down === bands)
    return data.subarray(offset, offset + frames * bands);
  const values = new Float32Array(frames * bands);
  for (let t = 0; t < frames; t++)
    for (let b = 0; b < bands; b++) values[t * bands + b] = data[offset + t * down! + b * across!]!;
  return values;
}

function notAMel(got: unknown, bands: number): VoirsError {
  const { shape } = Object(got) as Partial<ArrayView>;
  const values = got instanceof Float32Array ? `${got.length} values` : shown(got);
  return new VoirsError('INVALID_OPTIONS', 'This is no mel for the model', {
    got: Array.isArray(shape) ? `shape [${shape.join(', ')}]` : values,
    wanted: `a Mel, an ndarray of shape [T, ${bands}], or a Float32Array of T * ${bands} values`,
    suggestion: 'Turn [bands, T] round with transpose(1, 0)',
  });
}
