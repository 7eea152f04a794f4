// What requests for speech give when they are spoken alone, one after the other: what a server's answers are compared with.
import { checked, digest, outcome, voirs } from './given.mjs';
import { optionsOf } from './texts.mjs';

const { encodeStream, VoirsPipeline } = voirs;

/** What each body of a request gives when it is spoken alone: its digest and seconds, or the code of its error. */
export async function references(entries) {
  const pipelines = new Map();
  const found = [];
  for (const body of entries) {
    const key = `${['kathleen', 'slt', 'bdl'].includes(body.voice)} ${body.sample_rate}`;
    const options = { voice: body.voice, sampleRate: body.sample_rate, cacheSize: 0, numThreads: 1 };
    if (!pipelines.has(key)) pipelines.set(key, await VoirsPipeline.create(options));
    let samples = 0;
    async function* chunks() {
      for await (const chunk of pipelines.get(key).stream(body.input, optionsOf(body))) {
        samples += checked(chunk.samples).length;
        yield chunk;
      }
    }
    const { gave, code } = await outcome(async () => {
      const pieces = [];
      for await (const piece of encodeStream(chunks(), { format: body.response_format })) pieces.push(piece);
      return digest(pieces);
    });
    found.push(code ? { code } : { sha256: gave, seconds: samples / body.sample_rate });
  }
  for (const pipeline of pipelines.values()) await pipeline.dispose();
  return found;
}
