// The messages between a pipeline's owner and the worker in which it speaks, with both directions in one place. All of
// them are plain data: callbacks, signals and text in pieces become messages of their own.
import type { AnalyzeOptions, AudioAnalysis } from '../audio/analyze.js';
import type { MelForm } from '../audio/mel-form.js';
import type { Timeline } from '../audio/timeline.js';
import type {
  LoadProgress,
  MelOptions,
  PipelineOptions,
  SynthesisOptions,
  SynthesisSettings,
} from '../config.js';
import type { PreparedUtterance, Utterance } from '../frontend/utterance.js';
import type { MemoryReport } from '../memory/report.js';
import type { VoirsPipeline } from '../pipeline.js';
import type { MemoryEvent, SynthesisMetrics } from '../synthesis/memory-events.js';
import type { SpokenNumbers } from '../synthesis/spoken-mel.js';
import type { VoiceInfo } from '../voices/catalog.js';
import type { PlainError } from './plain-error.js';

/** Audio on its way; the buffer of its samples is transferred. */
export interface PlainAudio {
  samples: Float32Array<ArrayBuffer>;
  sampleRate: number;
  channels: number;
  timeline: Timeline;
  startTime: number;
}

/** A mel on its way; the buffers of its arrays are transferred. */
export interface PlainMel {
  /** [T, bands], row-major. */
  values: Float32Array<ArrayBuffer>;
  bands: number;
  form: MelForm | undefined;
  numbers: SpokenNumbers;
}

/** Options of a call without what is no data. */
export type PlainOptions = Omit<SynthesisOptions, 'signal' | 'onProgress' | 'onWarning'>;

/** The calls that give one result. */
export interface Calls {
  synthesize: { takes: { text: string; options: PlainOptions }; gives: PlainAudio };
  synthesizeWithMetrics: {
    takes: { text: string; options: PlainOptions };
    gives: { audio: PlainAudio; metrics: SynthesisMetrics };
  };
  prepare: { takes: { text: string; options: PlainOptions }; gives: PreparedUtterance };
  mel: { takes: { text: string | Utterance; options: Omit<MelOptions, 'signal'> }; gives: PlainMel };
  render: { takes: { utterance: Utterance; options: PlainOptions }; gives: PlainAudio };
  analyze: {
    takes: { audio: PlainAudio; options: AnalyzeOptions };
    gives: AudioAnalysis;
  };
  memoryReport: { takes: undefined; gives: MemoryReport };
  reset: { takes: undefined; gives: undefined };
  dispose: { takes: undefined; gives: undefined };
}

export type CallName = keyof Calls;

/** What the worker tells of its pipeline when it is loaded. */
export interface PipelineFacts {
  config: SynthesisSettings;
  backend: VoirsPipeline['backend'];
  voices: VoiceInfo[];
  /** Id of the voice of calls that name none. */
  voice: string;
}

/** To the worker. `id` is the call's, counted from 1. */
export type ToWorker =
  | {
      kind: 'start';
      options: Omit<PipelineOptions, 'config'>;
      /** Whether the progress of loading is listened to. */
      isHeard: boolean;
      /** See `setAssetBase`; absent where the program has not called it. */
      assetBase: string | undefined;
      /** A lock that the worker holds while it lives, where the host has locks. */
      lock: string | undefined;
    }
  | {
      [Name in CallName]: {
        kind: 'call';
        id: number;
        name: Name;
        takes: Calls[Name]['takes'];
        isHeard: boolean;
        isWarned: boolean;
      };
    }[CallName]
  /** Begins a stream. `credits` is how many chunks may be made. */
  | {
      kind: 'stream';
      id: number;
      text: string;
      /** The text comes in pieces, and `text` is empty. */
      isInPieces: boolean;
      options: PlainOptions;
      isHeard: boolean;
      /** Whether warnings are listened to. */
      isWarned: boolean;
      credits: number;
    }
  /** One more chunk may be made. */
  | { kind: 'credit'; id: number }
  /** The next piece of the text, or its end. */
  | { kind: 'piece'; id: number; piece: string | undefined }
  /** The caller wants no more of it. */
  | { kind: 'abort'; id: number }
  /** Whether events of memory are listened to. */
  | { kind: 'watch'; isWatched: boolean };

/** From the worker. */
export type FromWorker =
  | { kind: 'started'; facts: PipelineFacts }
  | { kind: 'loading'; progress: LoadProgress }
  /** Of a call, a stream, or with id 0 of the loading. */
  | { kind: 'failed'; id: number; error: PlainError }
  | { kind: 'result'; id: number; gives: Calls[CallName]['gives'] }
  | { kind: 'chunk'; id: number; audio: PlainAudio }
  | { kind: 'end'; id: number }
  | { kind: 'progress'; id: number; done: number }
  | { kind: 'warning'; id: number; warning: string }
  /** The stream needs the next piece of its text. */
  | { kind: 'wanted'; id: number }
  | { kind: 'memory'; event: MemoryEvent }
  /** The backend has become another: threads or a device were lost, or came back. */
  | { kind: 'backend'; backend: VoirsPipeline['backend'] };

/** What belongs to no call. */
export type News = Extract<FromWorker, { kind: 'memory' | 'backend' }>;

/** Id of the loading. */
export const LOADING = 0;
