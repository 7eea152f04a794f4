// An acoustic model by itself: tokens and a speaker in, mel out, with every number between them open to change.
import { framesFromLogDurations, framesOf } from '../acoustic/fastspeech2.js';
import type { MelForm } from '../audio/mel-form.js';
import type { RowRange } from '../backends/ops.js';
import { prosodyOptions } from '../config.js';
import { optionNames, refuseNonSignal, refuseUnknown, shown, throwIfAborted, VoirsError } from '../errors.js';
import { Vocabulary } from '../frontend/phonemes.js';
import type { AcousticModel, TokenProsody } from '../models/model.js';
import { throwIfFixed } from '../synthesis/fixed-pitch.js';
import { voiceMelForm } from '../synthesis/mel-of-text.js';
import { pitchMoves } from '../synthesis/prosody.js';
import { joinedMel, type SpokenMel } from '../synthesis/spoken-mel.js';
import { namedVoiceFiles, speakerOf } from '../voices/catalog.js';
import { loadVoiceFiles } from '../voices/files.js';
import type { Speaker, VoiceManifest } from '../voices/manifest.js';
import { checkedRange, checkPartOptions, LoadedPart, PART_OPTIONS, Part, type PartOptions } from './part.js';
import { checkedSource } from './vocoder.js';

/** Options of `loadAcoustic`. */
export interface AcousticOptions extends PartOptions {
  /** Any voice of the shipped set to load, where no source is given. Default: the default set. */
  voice?: string | undefined;
}

/** Options of `LoadedAcoustic.mel`. */
export interface AcousticMelOptions {
  /** Id of a speaker, or its row of the embedding. Default: the set's default speaker. */
  speaker?: string | number | undefined;
  /** 0.5-2, default 1; acts on predicted durations. */
  speakingRate?: number | undefined;
  /** [N] frames, whole and up to 5000, in place of the predicted ones. */
  durations?: ArrayLike<number> | undefined;
  /** [N] z-scores of log F0, -20 to 20, in place of the predicted ones; F0 follows them exactly. */
  pitches?: ArrayLike<number> | undefined;
  /** [N] z-scores of log energy, -20 to 20. */
  energies?: ArrayLike<number> | undefined;
  /** Frames to make, half-open; default all. `durations` of the result are those of the whole. */
  frames?: RowRange | undefined;
  /** Stops before the next run of the model. */
  signal?: AbortSignal | undefined;
}

const LOAD_OPTIONS = [
  ...PART_OPTIONS,
  ...optionNames<Omit<AcousticOptions, keyof PartOptions>>({ voice: true }),
];
const MEL_OPTIONS = optionNames<AcousticMelOptions>({
  ...{ speaker: true, speakingRate: true, durations: true, pitches: true, energies: true },
  ...{ frames: true, signal: true },
});

/**
 * Loads the acoustic model of a voice alone.
 * @param source a voice folder (model.json), a Hugging Face folder, or a Piper voice's ONNX file: a path in Node, a URL in a
 * page. Default: the shipped voice.
 * @throws VoirsError INVALID_OPTIONS, VOICE_NOT_FOUND, INVALID_WEIGHTS, IO_ERROR, DEVICE_ERROR, ABORTED.
 */
export async function loadAcoustic(
  source?: string | URL,
  options: AcousticOptions = {},
): Promise<LoadedAcoustic> {
  checkPartOptions(options, LOAD_OPTIONS, 'loadAcoustic');
  const { voice, ...others } = options;
  const from = checkedSource(source);
  if (from instanceof Uint8Array) {
    throw new VoirsError('INVALID_OPTIONS', 'An acoustic model is not loaded from bytes alone', {
      got: 'bytes',
      wanted: 'a path or a URL of a voice folder',
      suggestion: 'Its tokens and speakers stand in model.json: put the weights beside one',
    });
  }
  let manifest: VoiceManifest | undefined;
  const read = async () => {
    const files = await (from === undefined ? namedVoiceFiles(voice) : loadVoiceFiles(from));
    manifest = files.manifest;
    const { acoustic } = manifest;
    speakerOf(manifest, voice);
    const { tensors } = await files.tensors(acoustic);
    return { model: acoustic.model, tensors, source: acoustic.file };
  };
  const part = await Part.load<AcousticModel>('acoustic model', read, others);
  return new LoadedAcoustic(part, manifest!, voice);
}

/** An acoustic model on a backend. Dispose it, or declare it with `await using`; mels that it made stay valid. */
export class LoadedAcoustic extends LoadedPart<AcousticModel> {
  /** Its architecture: `fastspeech2`, `fastspeech2-conv`, or another's. */
  readonly type: string;
  /** Bands of its mels. */
  readonly bands: number;
  /** Frames on either side that a frame depends on; Infinity where all do. */
  readonly contextFrames: number;
  /** The vocabulary: a token's id is its place. */
  readonly tokens: readonly string[];
  /** Who speaks, in the order of the manifest. */
  readonly speakers: readonly Speaker[];
  /** How its mels are made; undefined for frames that are no natural-log mel. */
  readonly melForm: MelForm | undefined;
  private readonly vocabulary: Vocabulary;
  private readonly defaultSpeaker: string;

  /** @internal Use {@link loadAcoustic}. */
  constructor(part: Part<AcousticModel>, manifest: VoiceManifest, voice: string | undefined) {
    super(part);
    const { bands, contextFrames } = part.model;
    this.type = manifest.acoustic.type;
    this.bands = bands;
    this.contextFrames = contextFrames;
    this.tokens = manifest.tokens;
    this.speakers = manifest.speakers;
    this.melForm = voiceMelForm(manifest);
    this.vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);
    this.defaultSpeaker = speakerOf(manifest, voice).id;
  }

  /**
   * Tokens [N] -> mel [T, bands], F0 [T], and the numbers per token [N]. The caller disposes the result.
   * @param tokens symbols of the vocabulary, tokens of an utterance (their symbols count), or ids.
   * @throws VoirsError INVALID_TEXT for an unknown symbol, VOICE_NOT_FOUND, INVALID_OPTIONS, SYNTHESIS_FAILED when all
   * durations are 0, DISPOSED, ABORTED, MEMORY_ERROR, DEVICE_ERROR.
   */
  async mel(
    tokens: readonly (string | { readonly symbol: string })[] | Int32Array,
    options: AcousticMelOptions = {},
  ): Promise<SpokenMel> {
    const { part, arena, bands, melForm: form } = this;
    const { model } = part;
    refuseUnknown(options, MEL_OPTIONS, 'mel');
    const { speakingRate, signal, frames: given } = options;
    refuseNonSignal(signal);
    throwIfAborted(signal);
    const { speakingRate: rate } = prosodyOptions({ speakingRate });
    const ids = this.idsOf(tokens);
    const speaker = this.speakerOf(options.speaker);
    try {
      return await part.job(async () => {
        const encoded = await model.encode(ids, speaker.index);
        try {
          const { predicted } = encoded;
          const prosody = withNumbers(predicted, rate, options);
          throwIfFixed(predicted, prosody);
          const range = checkedRange(given, Math.max(1, framesOf(prosody.durations)));
          const { mel, logF0 } = await model.decode(encoded, prosody, range);
          // As in synthesis: F0 is the model's curve for its own pitches, moved by what was edited.
          const isEdited = prosody.pitch.some((z, n) => z !== predicted.pitch[n]);
          const own = isEdited
            ? (await model.decode(encoded, { ...prosody, pitch: predicted.pitch }, range)).logF0
            : logF0;
          const moves = pitchMoves(predicted.pitch, prosody);
          const { mean, std } = speaker.logF0;
          const hz = Float64Array.from(own, (z, t) => Math.exp(mean + std * (z + moves[range.from + t]!)));
          const symbols = Array.from(ids, (id) => this.tokens[id]!);
          const tells = model.tellsF0 !== false;
          const one = { symbols, prosody, mel, hz: tells ? hz : undefined, before: 0, after: 0 };
          return joinedMel([one], { bands, form, arena });
        } finally {
          encoded.dispose();
        }
      }, signal);
    } finally {
      await part.endCall();
    }
  }

  private idsOf(tokens: readonly (string | { readonly symbol: string })[] | Int32Array): Int32Array {
    if (tokens instanceof Int32Array && tokens.length > 0) return tokens;
    if (Array.isArray(tokens) && tokens.length > 0)
      return Int32Array.from(tokens as (string | { symbol: string })[], (token) =>
        this.vocabulary.id(typeof token === 'string' ? token : token.symbol),
      );
    throw new VoirsError('INVALID_OPTIONS', 'There are no tokens to speak', {
      got: shown(tokens),
      wanted: 'symbols of the vocabulary, tokens of an utterance, or an Int32Array of ids',
    });
  }

  private speakerOf(speaker: string | number | undefined): Speaker {
    if (typeof speaker !== 'number')
      return speakerOf({ speakers: this.speakers, defaultSpeaker: this.defaultSpeaker }, speaker);
    const found = this.speakers.find(({ index }) => index === speaker);
    if (found) return found;
    throw new VoirsError('VOICE_NOT_FOUND', 'There is no such speaker', {
      got: shown(speaker),
      wanted: this.speakers.map(({ index, id }) => `${index} (${id})`).join(', '),
    });
  }
}

/** Most frames of one token: a minute of one phone is an error in the caller's arithmetic. */
const MOST_FRAMES = 5000;
const MOST_Z = 20;

/** The model's numbers with those that the caller gives in their place. */
function withNumbers(
  predicted: TokenProsody,
  rate: number,
  { durations, pitches, energies }: AcousticMelOptions,
): TokenProsody {
  const count = predicted.pitch.length;
  const checked = (
    name: string,
    values: ArrayLike<number>,
    wanted: string,
    isRight: (value: number) => boolean,
  ): ArrayLike<number> => {
    const wrong = Array.from(values).findIndex((value) => !isRight(value));
    if (values.length === count && wrong === -1) return values;
    throw new VoirsError('INVALID_OPTIONS', `${name} do not fit the tokens`, {
      got: values.length === count ? `${shown(values[wrong])} for token ${wrong}` : `${values.length} values`,
      wanted: `[${count}] ${wanted}`,
    });
  };
  const z = (name: string, values: ArrayLike<number>): Float32Array =>
    Float32Array.from(
      checked(name, values, `z-scores, -${MOST_Z} to ${MOST_Z}`, (value) => Math.abs(value) <= MOST_Z),
    );
  const isFrames = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= MOST_FRAMES;
  return {
    ...predicted,
    durations: durations
      ? Int32Array.from(checked('durations', durations, `whole frames, 0 to ${MOST_FRAMES}`, isFrames))
      : framesFromLogDurations(predicted.logDurations, rate),
    pitch: pitches ? z('pitches', pitches) : predicted.pitch,
    energy: energies ? z('energies', energies) : predicted.energy,
  };
}
