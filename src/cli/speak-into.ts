// Speaks a text chunk by chunk into a file and measures it: the loop that say and batch share.
import type { TimedMark, TimedWord } from '../audio/timeline.js';
import type { SynthesisOptions } from '../config.js';
import type { VoirsPipeline } from '../pipeline.js';
import type { AudioOutput } from './audio-output.js';

/** The spoken text. Times in seconds. */
export interface Spoken {
  samples: number;
  duration: number;
  firstChunkSeconds: number;
  /** Synthesis alone, without the time that writing takes. */
  computeSeconds: number;
  /** Compute by audio: below 1 is faster than speech. */
  realTimeFactor: number;
  words: TimedWord[];
  /** Marks of SSML; none for plain text. */
  marks: TimedMark[];
  /** What was left out of the text, or read with doubt. */
  warnings: string[];
}

/**
 * Holds one chunk at a time, so that memory does not grow with the audio.
 * @throws VoirsError of the pipeline or the output.
 */
export async function speakInto(
  pipeline: Pick<VoirsPipeline, 'stream' | 'config'>,
  text: string,
  options: SynthesisOptions,
  output: Pick<AudioOutput, 'write'>,
): Promise<Spoken> {
  const words: TimedWord[] = [];
  const marks: TimedMark[] = [];
  const warnings: string[] = [];
  const onWarning = (warning: string) => warnings.push(warning);
  let samples = 0;
  let computeSeconds = 0;
  let firstChunkSeconds = 0;
  let asked = performance.now();
  for await (const chunk of pipeline.stream(text, { ...options, onWarning })) {
    computeSeconds += (performance.now() - asked) / 1000;
    firstChunkSeconds ||= computeSeconds;
    try {
      samples += chunk.samples.length;
      for (const word of chunk.timeline.words) words.push(word);
      for (const mark of chunk.timeline.marks) marks.push(mark);
      await output.write(chunk.samples);
    } finally {
      chunk.dispose();
    }
    asked = performance.now();
  }
  const duration = samples / pipeline.config.sampleRate;
  return {
    samples,
    duration,
    firstChunkSeconds,
    computeSeconds,
    realTimeFactor: computeSeconds / duration,
    words,
    marks,
    warnings,
  };
}
