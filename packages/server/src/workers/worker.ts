// The thread that speaks: pipelines of its own, texts in, pieces of encoded audio and the times of their words
// out. Encoding happens here too, so that the thread of the server only passes bytes on.
import { parentPort, workerData } from 'node:worker_threads';
import {
  type AudioBuffer,
  encodeStream,
  type SampleRate,
  shippedVoices,
  TextStream,
  type Timeline,
  useEncoder,
  VoirsError,
  VoirsPipeline,
} from 'voirs';
import type { FromWorker, PlainError, SpeechSpec, ToWorker, WorkerSettings } from './messages.js';
import { Turns } from './turns.js';

const { pipeline: pipelineOptions, warmRate, mostAhead, mostSeconds } = workerData as WorkerSettings;
const port = parentPort!;

interface Call {
  readonly controller: AbortController;
  readonly text: TextStream | undefined;
  /** Bytes given out that the reader has not taken. */
  ahead: number;
  wake: (() => void) | undefined;
}

// The encoders come with this package, not with voirs.
useEncoder('mp3', () => import('wasm-media-encoders'));
useEncoder('opus', () => import('libopus-wasm'));

const calls = new Map<number, Call>();
const turns = new Turns();
/** By voice set and rate; those of one set share its weights. */
const pipelines = new Map<string, Promise<VoirsPipeline>>();
/** The set of each shipped voice; empty where the server has one set of its own. */
let setOf: ReadonlyMap<string, string> = new Map();

function say(message: FromWorker, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}

function plain(error: unknown): PlainError {
  if (error instanceof VoirsError) return { code: error.code, message: error.message };
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) };
}

/** The pipeline of a voice's set at a rate, made at its first use. */
function pipelineFor(voice: string | undefined, sampleRate: number): Promise<VoirsPipeline> {
  const key = `${(voice && setOf.get(voice)) ?? ''} ${sampleRate}`;
  const known = pipelines.get(key);
  if (known) return known;
  const made = VoirsPipeline.create({
    ...pipelineOptions,
    ...(voice === undefined ? {} : { voice }),
    sampleRate: sampleRate as SampleRate,
    cacheSize: 0, // streams are not kept
    logLevel: 'warn',
  });
  pipelines.set(key, made);
  made.catch(() => pipelines.delete(key));
  return made;
}

/** Chunks in the order of the listeners' needs; their words go to `timeline`, what was made to `made`. */
async function* inTurns(
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  made: { seconds: number; timeline: Timeline },
): AsyncGenerator<AudioBuffer, void, undefined> {
  const began = performance.now();
  try {
    for (;;) {
      const next = await turns.run(began + made.seconds * 1000, () => chunks.next());
      if (next.done) return;
      made.seconds += next.value.duration;
      made.timeline.words.push(...next.value.timeline.words);
      made.timeline.marks.push(...next.value.timeline.marks);
      yield next.value;
    }
  } finally {
    await chunks.return();
  }
}

/** The same without turns, for text that may be late: a turn would be held while nothing is there to say. */
async function* asTheyCome(
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  made: { seconds: number; timeline: Timeline },
): AsyncGenerator<AudioBuffer, void, undefined> {
  for await (const chunk of chunks) {
    made.seconds += chunk.duration;
    made.timeline.words.push(...chunk.timeline.words);
    made.timeline.marks.push(...chunk.timeline.marks);
    yield chunk;
  }
}

/** What there is of a file when only the times are wanted. */
async function* noBytes(chunks: AsyncIterable<AudioBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of chunks) {
    chunk.dispose();
    yield new Uint8Array(0);
  }
}

async function speak(id: number, spec: SpeechSpec, call: Call): Promise<void> {
  const { signal } = call.controller;
  const pipeline = await pipelineFor(spec.voice, spec.sampleRate);
  const chunks = pipeline.stream(call.text ?? spec.text ?? '', {
    ...spec.options,
    voice: spec.voice,
    signal,
  });
  const made = { seconds: 0, timeline: { words: [], marks: [] } as Timeline };
  const paced = call.text ? asTheyCome(chunks, made) : inTurns(chunks, made);
  const pieces = spec.encoding ? encodeStream(paced, spec.encoding) : noBytes(paced);
  for await (const bytes of pieces) {
    call.ahead += bytes.length;
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    const { seconds, timeline } = made;
    if (seconds > mostSeconds)
      throw new VoirsError('INVALID_TEXT', 'The speech becomes longer than this server makes', {
        wanted: `at most ${mostSeconds} s`,
        suggestion: 'Shorten its pauses, or send it in parts',
      });
    made.timeline = { words: [], marks: [] };
    say({ type: 'piece', id, piece: { bytes: own, seconds, timeline } }, [own.buffer]);
    while (call.ahead > mostAhead && !signal.aborted)
      await new Promise<void>((resolve) => {
        call.wake = resolve;
      });
  }
  say({ type: 'done', id });
}

async function begin(id: number, spec: SpeechSpec): Promise<void> {
  const call: Call = {
    controller: new AbortController(),
    text: spec.text === undefined ? new TextStream() : undefined,
    ahead: 0,
    wake: undefined,
  };
  calls.set(id, call);
  try {
    await speak(id, spec, call);
  } catch (error) {
    say({ type: 'failed', id, error: plain(error) });
  } finally {
    calls.delete(id);
  }
}

async function close(): Promise<void> {
  for (const { controller } of calls.values()) controller.abort();
  for (const made of pipelines.values()) await (await made.catch(() => undefined))?.dispose();
  port.close();
}

async function tellMemory(id: number): Promise<void> {
  const made = await Promise.all([...pipelines.values()].map((one) => one.catch(() => undefined)));
  const reports = made.flatMap((one) => (one ? [one.memoryReport()] : []));
  say({ type: 'memory', id, reports, openCalls: calls.size });
}

port.on('message', (message: ToWorker) => {
  if (message.type === 'speak') {
    begin(message.id, message.spec);
    return;
  }
  if (message.type === 'close') {
    close();
    return;
  }
  if (message.type === 'memory') {
    tellMemory(message.id);
    return;
  }
  const call = calls.get(message.id);
  if (!call) return; // it has ended in the meantime
  if (message.type === 'text' && message.piece !== null) call.text?.push(message.piece);
  if (message.type === 'text' && message.piece === null) call.text?.end();
  if (message.type === 'flush') call.text?.flush();
  if (message.type === 'cancel') call.controller.abort();
  if (message.type === 'taken') call.ahead -= message.bytes;
  if (message.type === 'taken' || message.type === 'cancel') call.wake?.();
});

/** Loads what most requests need, and runs every stage once: the first request is as fast as the next. */
async function start(): Promise<void> {
  const shipped = pipelineOptions.weights === undefined ? await shippedVoices() : [];
  setOf = new Map(shipped.map(({ id, set }) => [id, set]));
  const first = await pipelineFor(shipped.find(({ isDefault }) => isDefault)?.id, warmRate);
  const voices = shipped.length > 0 ? shipped : first.listVoices();
  for (let run = 0; run < 2; run++)
    for await (const chunk of first.stream('This voice is ready, and so are its words.')) chunk.dispose();
  say({ type: 'ready', voices });
}

start().catch((error) => say({ type: 'unable', error: plain(error) }));
