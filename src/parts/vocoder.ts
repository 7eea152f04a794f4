// A vocoder by itself: mel in, audio out, for those who study, compare or replace that stage.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { type ArrayView, Mel, type MelInput, melValues } from '../audio/mel.js';
import type { MelForm } from '../audio/mel-form.js';
import { QUALITIES, type Quality, SynthesisConfig } from '../config.js';
import {
  optionNames,
  refuseNonSignal,
  refuseNonString,
  refuseOtherThan,
  refuseUnknown,
  shown,
  throwIfAborted,
  VoirsError,
} from '../errors.js';
import type { Vocoder } from '../models/model.js';
import { SpokenMel } from '../synthesis/spoken-mel.js';
import { checkedF0, vocodeAll } from '../synthesis/vocode.js';
import { checkPartOptions, LoadedPart, PART_OPTIONS, Part, type PartOptions } from './part.js';
import { type ReadVocoder, readVocoder } from './vocoder-files.js';

/** Options of `loadVocoder`. */
export interface VocoderOptions extends PartOptions {
  /**
   * What config.json holds, or where it is; default: the one in the folder, or beside the file. Without any, sizes are read
   * from the tensors, and `notes` says which.
   */
  config?: Readonly<Record<string, unknown>> | string | undefined;
  /** Any voice of the shipped set to load, where no source is given. Default: the default set. */
  voice?: string | undefined;
  /** Which of a voice's vocoders. Default medium. VOIRS_DEFAULT_QUALITY. */
  quality?: Quality | undefined;
}

/** Options of `LoadedVocoder.vocode`. */
export interface VocodeOptions {
  /**
   * [T] F0 in Hz, an array or an `ndarray`; needed by a source-driven vocoder, not read by one of mel alone. Default: that
   * of a `SpokenMel`.
   */
  f0?: ArrayLike<number> | ArrayView | undefined;
  /** Row of the speaker embedding, for a vocoder that has one; default 0. */
  speaker?: number | undefined;
  /** Stops within one chunk. */
  signal?: AbortSignal | undefined;
  /** Called as chunks get done: a share in (0, 1]. */
  onProgress?: ((done: number) => void) | undefined;
}

const LOAD_OPTIONS = [
  ...PART_OPTIONS,
  ...optionNames<Omit<VocoderOptions, keyof PartOptions>>({ config: true, voice: true, quality: true }),
];
const VOCODE_OPTIONS = optionNames<VocodeOptions>({
  f0: true,
  speaker: true,
  signal: true,
  onProgress: true,
});

/**
 * Loads a vocoder alone.
 * @param source where it is: a voice folder (model.json), a folder with config.json and weights (jik876's HiFi-GAN,
 * Hugging Face's), or a weights file with config.json beside it: a path in Node, a URL in a page; or the weights' bytes.
 * Default: the shipped voice's.
 * @throws VoirsError INVALID_OPTIONS, INVALID_WEIGHTS, IO_ERROR, DEVICE_ERROR, ABORTED. Nothing stays loaded then.
 */
export async function loadVocoder(
  source?: string | URL | Uint8Array | ArrayBuffer,
  options: VocoderOptions = {},
): Promise<LoadedVocoder> {
  checkPartOptions(options, LOAD_OPTIONS, 'loadVocoder');
  const { config, voice, quality = new SynthesisConfig().quality, ...others } = options;
  refuseNonString('voice', voice);
  refuseOtherThan(QUALITIES, quality, 'quality');
  const isConfig = config === undefined || typeof config === 'string' || isPlain(config);
  if (!isConfig) {
    throw new VoirsError('INVALID_OPTIONS', 'config is no configuration', {
      got: shown(config),
      wanted: 'an object, or the location of a JSON file',
    });
  }
  const from = checkedSource(source);
  let found: ReadVocoder | undefined;
  const read = async (): Promise<ReadVocoder> => {
    found = await readVocoder(from, { config, voice, quality });
    return found;
  };
  const part = await Part.load<Vocoder>('vocoder', read, others);
  return new LoadedVocoder(part, found!);
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws VoirsError INVALID_OPTIONS. */
export function checkedSource(
  source: string | URL | Uint8Array | ArrayBuffer | undefined,
): string | Uint8Array | undefined {
  if (source === undefined || source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (typeof source === 'string' && source !== '') return source;
  if (source instanceof URL) {
    const isFile = source.protocol === 'file:'; // a path in Node: /C:/... is C:/... there
    return isFile ? decodeURIComponent(source.pathname).replace(/^\/(?=[A-Za-z]:)/, '') : source.href;
  }
  throw new VoirsError('INVALID_OPTIONS', 'This is no model to load', {
    got: shown(source),
    wanted: 'a path, a URL, or the bytes of its weights',
  });
}

/** A vocoder on a backend. Dispose it, or declare it with `await using`; audio that it made stays valid. */
export class LoadedVocoder extends LoadedPart<Vocoder> {
  /** Its architecture: `hifigan`, or a registered type. */
  readonly type: string;
  /** Bands of the mels that it takes. */
  readonly bands: number;
  /** Samples for each frame. */
  readonly hop: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Frames on either side that reach a sample. */
  readonly contextFrames: number;
  /** Whether it needs F0 besides the mel. */
  readonly isDriven: boolean;
  /** What its files do not say and was assumed, a sentence each. */
  readonly notes: readonly string[];
  private readonly form: MelForm | undefined;

  /** @internal Use {@link loadVocoder}. */
  constructor(part: Part<Vocoder>, { type, form, sampleRate, notes }: ReadVocoder) {
    super(part);
    const { bands, hop, contextFrames, isDriven } = part.model;
    this.type = type;
    this.bands = bands;
    this.hop = hop;
    this.contextFrames = contextFrames;
    this.isDriven = isDriven;
    this.sampleRate = part.model.sampleRate ?? sampleRate;
    this.notes = notes;
    this.form = form;
  }

  /**
   * How the mels are made that it was trained on, for `melSpectrogram`.
   * @throws VoirsError INVALID_WEIGHTS where its files do not say.
   */
  get melForm(): MelForm {
    if (this.form) return this.form;
    throw new VoirsError('INVALID_WEIGHTS', 'The files of this vocoder do not say how its mels are made', {
      got: `a ${this.type} of ${this.bands} bands`,
      wanted: 'n_fft, hop_size, win_size, fmin and fmax in config.json',
      suggestion: 'State the form to melSpectrogram yourself, as the vocoder was trained',
    });
  }

  /**
   * Mel -> audio of T hop samples, raw: no gain, no fades. Chunks that fit the memory limit are made in turn, and the event
   * loop turns between them.
   * @param mel [T, bands]: a Mel, what `pipeline.mel` gives, an `ndarray`, or row-major values.
   * @throws VoirsError INVALID_OPTIONS for a mel or F0 that does not fit, or a missing F0; DISPOSED, ABORTED, MEMORY_ERROR,
   * DEVICE_ERROR.
   */
  async vocode(mel: MelInput | SpokenMel, options: VocodeOptions = {}): Promise<AudioBuffer> {
    const { part, sampleRate } = this;
    const vocoder = part.model;
    refuseUnknown(options, VOCODE_OPTIONS, 'vocode');
    const { f0, speaker, signal, onProgress } = options;
    refuseNonSignal(signal);
    throwIfAborted(signal);
    const own = mel instanceof SpokenMel ? mel : undefined;
    const values = melValues(own ? own.mel : (mel as MelInput), vocoder.bands);
    this.refuseOtherHop(own ? own.mel : mel);
    const frames = values.length / vocoder.bands;
    const hz = vocoder.isDriven ? checkedF0(this.f0Of(f0 ?? own?.f0, frames), frames, sampleRate) : undefined;
    const lease = part.arena.lease(frames * vocoder.hop);
    try {
      const input = {
        ...{ mel: values, frames, source: hz && vocoder.source(hz) },
        ...(speaker === undefined ? {} : { speaker: { index: speaker } }),
      };
      const job = (work: () => Promise<void>): Promise<void> => part.job(work, signal);
      await vocodeAll(job, vocoder, input, part.plan.chunkFrames, lease.samples, onProgress);
    } catch (error) {
      lease.release();
      throw error;
    } finally {
      await part.endCall();
    }
    return new AudioBuffer(lease, sampleRate, { words: [], marks: [] });
  }

  private f0Of(f0: VocodeOptions['f0'], frames: number): ArrayLike<number> {
    if (f0 === undefined) {
      throw new VoirsError('INVALID_OPTIONS', 'This vocoder is driven by F0, and there is none', {
        got: 'mel alone',
        wanted: `f0 [${frames}] in Hz`,
        suggestion: 'Give f0 of pipeline.mel, or what estimateF0 finds in a recording',
      });
    }
    if (!('data' in f0)) return f0;
    const { data, shape, stride = [1], offset = 0 } = f0;
    return Array.from({ length: shape[0] ?? 0 }, (_, t) => data[offset + t * stride[0]!]!);
  }

  /** A mel of another hop would be spoken at another speed. */
  private refuseOtherHop(mel: unknown): void {
    if (!(mel instanceof Mel) || !mel.form) return;
    const { hopSize, sampleRate } = mel.form;
    if (hopSize === this.hop && sampleRate === this.sampleRate) return;
    throw new VoirsError('INVALID_OPTIONS', 'The mel does not fit the vocoder', {
      got: `a hop of ${hopSize} at ${sampleRate} Hz`,
      wanted: `a hop of ${this.hop} at ${this.sampleRate} Hz`,
      suggestion: 'Make the mel in the form of the vocoder, or give mel.values to use it as it is',
    });
  }
}
