// In a page: texts spoken by one engine or several that take turns, warm; and a stream's first chunk.
import type * as Voirs from '../../../src/index.js';
import { type MeasuredCase, type Measurement, type MeasureOptions, measure } from '../measure.js';

export interface SpeechWish extends MeasureOptions {
  engines: { backend: string; numThreads: number }[];
  texts: string[];
  /** Its first chunk is timed, if given. */
  sentence?: string;
}

export interface SpeechTimes {
  /** Of a text, for each engine. */
  texts: { audioSeconds: number; engines: Measurement[] }[];
  firstChunk: Measurement[];
  chunkSeconds: number;
}

/** @throws Error where an engine has fewer threads than asked for. */
export async function run({ engines, texts, sentence, warmups, runs }: SpeechWish): Promise<SpeechTimes> {
  const bundle = '/package/dist/browser/voirs.js';
  const { VoirsPipeline } = (await import(bundle)) as typeof Voirs;
  const pipelines: Voirs.VoirsPipeline[] = [];
  for (const options of engines) {
    const pipeline = await VoirsPipeline.create({ ...options, cacheSize: 0 });
    const { threads, threadsReason } = pipeline.backend;
    if (threads !== options.numThreads) throw new Error(`${threads} threads: ${threadsReason}`);
    pipelines.push(pipeline);
  }
  const inTurns = (run: (pipeline: Voirs.VoirsPipeline) => Promise<void>): Promise<Measurement[]> => {
    const cases = pipelines.map((pipeline): MeasuredCase => {
      const { name, threads } = pipeline.backend;
      return { name: `${name}, ${threads} thread${threads > 1 ? 's' : ''}`, run: () => run(pipeline) };
    });
    return measure(cases, { warmups, runs });
  };
  const spoken: SpeechTimes['texts'] = [];
  for (const text of texts) {
    let audioSeconds = 0;
    const times = await inTurns(async (pipeline) => {
      const audio = await pipeline.synthesize(text);
      audioSeconds = audio.duration;
      audio.dispose();
    });
    spoken.push({ audioSeconds, engines: times });
  }
  let chunkSeconds = 0;
  const firstChunk =
    sentence === undefined
      ? []
      : await inTurns(async (pipeline) => {
          for await (const chunk of pipeline.stream(sentence)) {
            chunkSeconds = chunk.duration;
            chunk.dispose();
            break;
          }
        });
  for (const pipeline of pipelines) await pipeline.dispose();
  return { texts: spoken, firstChunk, chunkSeconds };
}
