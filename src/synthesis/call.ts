// One public call's options, checked once: everything after it relies on them.
import {
  type CALL_OPTIONS,
  checkCallOptions,
  gainFactor,
  type InputForm,
  type Intonation,
  inputForm,
  intonationOf,
  type ProsodyOptions,
  prosodyOptions,
  readingOptions,
  type SynthesisConfig,
  type SynthesisOptions,
} from '../config.js';
import { lexiconText } from '../frontend/lexicon/lexicon-text.js';
import type { ReadingOptions } from '../frontend/reading-options.js';
import type { Sentence } from '../frontend/utterance.js';
import { speakerOf } from '../voices/catalog.js';
import type { Speaker, VoiceManifest } from '../voices/manifest.js';

export interface Call {
  /** Who speaks sentences that name no voice. */
  readonly speaker: Speaker;
  readonly input: InputForm;
  readonly reading: ReadingOptions;
  /** Faults of SSML refuse the document. */
  readonly strictSsml: boolean;
  /** The text of the call's own lexicon. */
  readonly lexicon: string | undefined;
  readonly prosody: ProsodyOptions;
  /** Whether the pitch of questions and exclamations is bent by rule. */
  readonly intonation: Intonation;
  /** Factor on all samples. */
  readonly gain: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number) => void) | undefined;
  readonly onWarning: ((warning: string) => void) | undefined;
}

/** What an engine tells a call: its settings and who can speak. */
interface Defaults {
  readonly config: SynthesisConfig;
  readonly manifest: VoiceManifest;
  /** Id of the voice of calls that name none. */
  readonly voice: string;
}

/**
 * @param where the verb that takes the options.
 * @throws VoirsError INVALID_OPTIONS, VOICE_NOT_FOUND.
 */
export function checkedCall(
  engine: Defaults,
  options: SynthesisOptions,
  where: keyof typeof CALL_OPTIONS = 'synthesize',
): Call {
  checkCallOptions(options, where);
  const { config, manifest } = engine;
  const { strictSsml, ...reading } = readingOptions(options, config);
  return {
    speaker: speakerOf(manifest, options.voice ?? engine.voice),
    input: inputForm(options),
    reading: {
      preprocessing: config.enablePreprocessing ? 'full' : 'plain',
      ...reading,
    },
    strictSsml,
    lexicon: options.lexicon === undefined ? undefined : lexiconText(options.lexicon),
    prosody: prosodyOptions(options),
    intonation: intonationOf(options.intonation) ?? manifest.intonation,
    gain: gainFactor(options.volumeGain),
    signal: options.signal,
    onProgress: options.onProgress,
    onWarning: options.onWarning,
  };
}

/** Who speaks a sentence: the voice that it names, or the call's. @throws VoirsError VOICE_NOT_FOUND. */
export function speakerFor({ manifest }: Defaults, { speaker }: Call, { voice }: Sentence): Speaker {
  return voice === undefined || voice === speaker.id ? speaker : speakerOf(manifest, voice);
}
