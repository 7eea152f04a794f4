// What the calls of a pipeline are made of: text read into sentences, and the voice, models and settings that each sentence
// is spoken with.
import { MelLoudness } from './audio/mel-loudness.js';
import type { SynthesisConfig } from './config.js';
import type { Sentence, Utterance } from './frontend/utterance.js';
import type { Loaded } from './loading.js';
import type { Log } from './log.js';
import type { Arena } from './memory/arena.js';
import type { MemoryPlan } from './memory-plan.js';
import { gainFactor, inputForm, prosodyOptions, type SynthesisOptions } from './options.js';
import type { OutputForm } from './output.js';
import type { Rendering } from './rendering.js';
import type { SpeakingContext } from './speaking.js';
import type { SpokenRequest } from './synthesis-cache.js';
import { speakerOf, ssmlVoices } from './voice-catalog.js';

/** What a call shares with all others of its pipeline. */
export interface CallSurroundings extends Required<Pick<SpeakingContext, 'throwIfDisposed' | 'afterJob'>> {
  parts: Loaded;
  plan: MemoryPlan;
  arena: Arena;
  log: Log;
}

/** Makes the parts of each call; the only thing that changes between calls is the voice. */
export class Calls {
  /** Of the calls that name none. */
  voice: string;
  private readonly config: SynthesisConfig;
  /** Post-processing, where it is on. */
  private readonly loudness: MelLoudness | undefined;

  /** @throws VoirsError VOICE_NOT_FOUND. */
  constructor(
    private readonly surroundings: CallSurroundings,
    voice: string | undefined,
  ) {
    const { config, files } = surroundings.parts;
    const { mel, sampleRate } = files.manifest;
    this.config = config;
    this.loudness = config.enablePostprocessing ? new MelLoudness({ ...mel, sampleRate }) : undefined;
    this.voice = speakerOf(files.manifest, voice).id;
  }

  /** How text is read: with preprocessing or without. */
  get reading(): { preprocessing: 'full' | 'plain' } {
    return { preprocessing: this.config.enablePreprocessing ? 'full' : 'plain' };
  }

  /** The form that samples are given out in. */
  get output(): OutputForm {
    const { manifest } = this.surroundings.parts.files;
    return {
      voiceRate: manifest.sampleRate,
      sampleRate: this.config.sampleRate,
      isLimited: this.loudness !== undefined,
    };
  }

  /** Text or SSML -> utterance; what it warns of is logged. */
  analyse(text: string, form: Pick<SynthesisOptions, 'input' | 'voice'>): Utterance {
    const utterance = this.read(text, form);
    for (const warning of utterance.warnings) this.surroundings.log.info(warning);
    return utterance;
  }

  private read(text: string, { input, voice }: Pick<SynthesisOptions, 'input' | 'voice'>): Utterance {
    const { frontend, files } = this.surroundings.parts;
    if (inputForm({ input }) === 'text') return frontend.analyse(text, this.reading);
    const voices = ssmlVoices(files.manifest);
    return frontend.analyseSsml(text, { ...this.reading, voices, voice: voice ?? this.voice });
  }

  /** Everything that sentences are rendered with. @throws VoirsError INVALID_OPTIONS, VOICE_NOT_FOUND. */
  rendering(voice: string | undefined, options: SynthesisOptions): Rendering {
    const { parts, plan, arena } = this.surroundings;
    const context = this.context(voice, options.signal);
    return {
      arena,
      sampleRate: parts.files.manifest.sampleRate,
      hop: parts.models.vocoder.hop,
      prosody: prosodyOptions(options),
      chunkFrames: plan.chunkFrames,
      gain: gainFactor(options.volumeGain),
      onProgress: options.onProgress,
      contextOf: (sentence) => this.contextOf(sentence, context),
    };
  }

  /** What the cache knows a call by. */
  request(text: string, { prosody, gain }: Rendering, options: SynthesisOptions): SpokenRequest {
    const input = inputForm(options);
    return { text, input, voice: options.voice ?? this.voice, ...prosody, gain };
  }

  /** What a sentence without a voice of its own is spoken with. @throws VoirsError VOICE_NOT_FOUND. */
  context(voice: string | undefined, signal: AbortSignal | undefined): SpeakingContext {
    const { parts, throwIfDisposed, afterJob } = this.surroundings;
    return {
      backend: parts.hold.backend,
      models: parts.models,
      vocabulary: parts.vocabulary,
      speaker: speakerOf(parts.files.manifest, voice ?? this.voice),
      signal,
      loudness: this.loudness,
      throwIfDisposed,
      afterJob,
    };
  }

  /** The call's context, or the same with the sentence's own voice. @throws VoirsError VOICE_NOT_FOUND. */
  contextOf({ voice }: Sentence, context: SpeakingContext): SpeakingContext {
    if (voice === undefined || voice === context.speaker.id) return context;
    return { ...context, speaker: speakerOf(this.surroundings.parts.files.manifest, voice) };
  }
}
