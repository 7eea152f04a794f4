// What the server and its worker threads say to each other: plain data, and samples as bytes that are moved.
import type {
  AudioFormat,
  EncodeOptions,
  MemoryReport,
  PipelineOptions,
  SynthesisOptions,
  Timeline,
  VoiceInfo,
} from 'voirs';

/** What a worker is started with. */
export interface WorkerSettings {
  /** Options of its pipelines; voice and sampling rate come with each job. */
  pipeline: Pick<
    PipelineOptions,
    'backend' | 'weights' | 'lexicon' | 'quality' | 'numThreads' | 'memoryLimitMb'
  >;
  /** Hz of the pipeline that is made, and speaks once, before the worker counts as ready. */
  warmRate: number;
  /** Bytes that a job may be ahead of its reader. */
  mostAhead: number;
  /** Seconds of speech that one text may become, pauses included. */
  mostSeconds: number;
}

/** How one text is spoken. */
export interface SpeechSpec {
  /** Undefined where the text comes in pieces. */
  text: string | undefined;
  /** A voice that the server has. */
  voice: string;
  /** Hz. */
  sampleRate: number;
  /** Undefined where only the times are wanted. */
  encoding: (EncodeOptions & { format: AudioFormat }) | undefined;
  options: Omit<SynthesisOptions, 'voice' | 'signal' | 'onProgress'>;
}

/** An error as it crosses between threads. */
export interface PlainError {
  /** A VoirsErrorCode, or UNEXPECTED. */
  code: string;
  message: string;
}

export type ToWorker =
  | { type: 'speak'; id: number; spec: SpeechSpec }
  /** A piece of a text; null ends it. */
  | { type: 'text'; id: number; piece: string | null }
  | { type: 'flush'; id: number }
  /** Bytes that the reader has taken. */
  | { type: 'taken'; id: number; bytes: number }
  | { type: 'cancel'; id: number }
  | { type: 'memory'; id: number }
  | { type: 'close' };

/** A piece of speech on its way to a client. */
export interface SpeechPiece {
  /** Bytes of the file; empty where the encoder waits for more samples. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Seconds of speech made so far. */
  seconds: number;
  /** Words and marks that begin in it, timed from the start of the speech. */
  timeline: Timeline;
}

export type FromWorker =
  | { type: 'ready'; voices: VoiceInfo[] }
  | { type: 'unable'; error: PlainError }
  | { type: 'piece'; id: number; piece: SpeechPiece }
  | { type: 'done'; id: number }
  | { type: 'failed'; id: number; error: PlainError }
  | { type: 'memory'; id: number; reports: MemoryReport[]; openCalls: number };
