// Speaks one part into the store. A part that is there is not spoken again; one that is spoken twice has the same
// bytes, so that it does not matter which worker was first.
import type { Timeline, VoirsPipeline } from 'voirs';
import { encodeStream } from 'voirs';
import { type PartRequest, paths } from './book.js';
import type { Store, Written } from './store.js';

/** A part as the store keeps it beside its samples (16 bits, little-endian, mono). */
export interface SpokenPart extends Written {
  sampleRate: number;
  /** Samples. */
  length: number;
  /** Seconds from the part's beginning, spans in its text. */
  timeline: Timeline;
}

/** The cost of a part that was spoken now. */
export interface Cost {
  audioSeconds: number;
  /** By the clock. */
  computeSeconds: number;
  /** Of processors, all threads of the worker together; default computeSeconds. */
  coreSeconds?: number;
}

/** A part that the store has, by the file that is written last; undefined otherwise. @throws VoirsError IO_ERROR. */
export async function spokenPart(store: Store, key: string): Promise<SpokenPart | undefined> {
  const bytes = await store.read(paths.times(key));
  return bytes && (JSON.parse(Buffer.from(bytes).toString()) as SpokenPart);
}

/**
 * Speaks a part into the store.
 * @param control `onChunk` is told the seconds of audio made so far.
 * @throws VoirsError of the pipeline and the store; ABORTED within a chunk.
 */
export async function speakPart(
  pipeline: VoirsPipeline,
  store: Store,
  key: string,
  { text, input, speaking }: PartRequest,
  control: { signal: AbortSignal; onChunk: (seconds: number) => void },
): Promise<Cost> {
  const { signal, onChunk } = control;
  const timeline: Timeline = { words: [], marks: [] };
  const { sampleRate } = pipeline.config;
  let length = 0;
  let computeSeconds = 0;
  const before = process.cpuUsage();
  async function* chunks() {
    let asked = performance.now();
    for await (const chunk of pipeline.stream(text, { ...speaking, input, signal })) {
      computeSeconds += (performance.now() - asked) / 1000;
      timeline.words.push(...chunk.timeline.words);
      timeline.marks.push(...chunk.timeline.marks);
      length += chunk.samples.length;
      onChunk(length / sampleRate);
      yield chunk;
      asked = performance.now();
    }
  }
  const written = await store.write(paths.samples(key), encodeStream(chunks(), 'pcm'));
  const part: SpokenPart = { ...written, sampleRate, length, timeline };
  await store.write(paths.times(key), [Buffer.from(JSON.stringify(part))]);
  const { user, system } = process.cpuUsage(before);
  return { audioSeconds: length / sampleRate, computeSeconds, coreSeconds: (user + system) / 1e6 };
}
