// If this fails, a program that speaks in a worker gets other samples, errors without a code, calls that never end, or
// workers that outlive their pipeline.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type TransferListItem, Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AudioBuffer,
  analyzeAudio,
  createWorkerPipeline,
  type MemoryEvent,
  serveWorkerPipeline,
  textStream,
  VoirsError,
  VoirsPipeline,
  type WorkerPipeline,
} from '../../src/index.js';
import type { FromWorker, ToWorker } from '../../src/worker/messages.js';
import { serve } from '../../src/worker/serve.js';
import { voirsError } from '../expect.js';

const test = suite('a pipeline in a worker');
const TEXT = 'Two short sentences. They are spoken elsewhere.';
const LONG = 'One sentence follows another. '.repeat(8);
const entry = new URL('../../dist/worker/entry.js', import.meta.url);
const options = { backend: 'wasm', numThreads: 1, cacheSize: 0 };

const workers: Worker[] = [];
function ownWorker(): Worker {
  const worker = new Worker(entry, { execArgv: [] });
  workers.push(worker);
  return worker;
}

let here: VoirsPipeline;
let there: WorkerPipeline;
const stages: string[] = [];
test.before(async () => {
  here = await VoirsPipeline.create(options);
  const onProgress = ({ stage }: { stage: string }): void => void stages.push(stage);
  there = await createWorkerPipeline({ ...options, worker: ownWorker, onProgress });
});
test.after(async () => {
  await here.dispose();
  await there.dispose();
});

function same(one: AudioBuffer, other: AudioBuffer): void {
  assert.ok(one.samples.length > 1000);
  assert.equal(one.samples, other.samples);
  assert.equal(one.timeline, other.timeline);
  assert.equal([one.sampleRate, one.channels], [other.sampleRate, other.channels]);
}

const thrown = async (work: () => unknown): Promise<VoirsError> => {
  try {
    await work();
  } catch (error) {
    assert.instance(error, VoirsError);
    return error as VoirsError;
  }
  throw new Error('nothing was thrown');
};

test('tells stages of loading, facts and voices as the pipeline does', () => {
  assert.is(stages[0], 'voice');
  assert.is(stages.at(-1), 'ready');
  assert.equal(there.backend, here.backend);
  assert.equal(there.config, here.config);
  assert.equal([there.listVoices(), there.getVoice()], [here.listVoices(), here.getVoice()]);
});

test('gives the samples and times of the pipeline, bit for bit', async () => {
  for (const call of [{}, { voice: 'miles', speakingRate: 1.3, volumeGain: -3 }]) {
    using one = await here.synthesize(TEXT, call);
    using other = await there.synthesize(TEXT, call);
    same(other, one);
  }
  using one = await here.synthesizeSsml('<speak>Hello <mark name="m"/> there.</speak>');
  using other = await there.synthesizeSsml('<speak>Hello <mark name="m"/> there.</speak>');
  same(other, one);
});

test('prepares and renders, with edits', async () => {
  const [local, remote] = [await here.prepare(TEXT), await there.prepare(TEXT)];
  assert.equal(remote, local);
  for (const { tokens } of remote.sentences) tokens[2]!.duration += 10;
  using one = await here.render(remote);
  using other = await there.render(remote);
  same(other, one);
});

test('gives the mel of a text and of an edited utterance, number for number', async () => {
  const edited = await here.prepare(TEXT, { voice: 'miles' });
  for (const { tokens } of edited.sentences) tokens[2]!.pitch += 1;
  for (const [text, call] of [
    [TEXT, { voice: 'miles', speakingRate: 1.2 }],
    [edited, {}],
  ] as const) {
    using one = await here.mel(text, call);
    const held = there.arena.stats().leases;
    using other = await there.mel(text, call);
    assert.ok(other.frames > 100 && other.sentences.length === 2);
    assert.equal(other.mel.values, one.mel.values);
    assert.equal([other.mel.bands, other.mel.form], [one.mel.bands, one.mel.form]);
    for (const name of ['f0', 'logF0', 'tokens', 'durations', 'pitches', 'energies', 'sentences'] as const)
      assert.equal(other[name], one[name], name);
    assert.is(there.arena.stats().leases, held + 1);
    other.dispose();
    assert.is(there.arena.stats().leases, held);
  }
  const wanted = await thrown(() => here.mel(TEXT, { voice: 'nobody' }));
  const { code, message } = await thrown(() => there.mel(TEXT, { voice: 'nobody' }));
  assert.equal([code, message], [wanted.code, wanted.message]);
  const { suggestion } = await voirsError(() => there.mel(TEXT, { speed: 2 } as never), 'INVALID_OPTIONS');
  assert.is(suggestion, 'Did you mean speakingRate?');
});

test('speaks with the voice that was set, and refuses another', async () => {
  there.setVoice('miles');
  try {
    assert.is(there.getVoice().id, 'miles');
    using one = await here.synthesize('Hello.', { voice: 'miles' });
    using other = await there.synthesize('Hello.');
    same(other, one);
  } finally {
    there.setVoice('hazel');
  }
  const wanted = await thrown(() => here.setVoice('nobody'));
  assert.is((await thrown(() => there.setVoice('nobody'))).message, wanted.message);
});

test('streams the chunks of the pipeline, out of text in pieces too', async () => {
  const chunksOf = async (pipeline: VoirsPipeline | WorkerPipeline, inPieces: boolean) => {
    const text = textStream();
    if (inPieces) {
      for (const piece of TEXT.match(/.{1,7}/g)!) text.push(piece);
      text.end();
    }
    const chunks: unknown[] = [];
    for await (using chunk of pipeline.stream(inPieces ? text : TEXT))
      chunks.push([chunk.samples.slice(), chunk.timeline, chunk.startTime]);
    assert.ok(!inPieces || text.isClosed);
    return chunks;
  };
  for (const inPieces of [false, true]) {
    const wanted = await chunksOf(here, inPieces);
    assert.ok(wanted.length > 2);
    assert.equal(await chunksOf(there, inPieces), wanted);
  }
});

test('analyzes in the worker, and leaves the audio usable', async () => {
  using audio = await there.synthesize('Hello.');
  assert.equal(await there.analyze(audio), analyzeAudio(audio));
  assert.ok(audio.peak() > 0);
});

test('counts what came from the worker, and frees it', async () => {
  assert.is(there.arena.stats().leases, 0);
  const audio = await there.synthesize('Hello.');
  const { leases, usedBytes, capacityBytes } = there.arena.stats();
  assert.equal([leases, usedBytes, capacityBytes], [1, audio.samples.byteLength, audio.samples.byteLength]);
  const louder = audio.slice(0, 0.1).append(audio);
  assert.ok(louder.duration > audio.duration);
  louder.dispose();
  audio.dispose();
  assert.throws(() => audio.samples, /after they were given back/);
});

test('reports memory and tells its events', async () => {
  const report = await there.memoryReport();
  assert.ok(report.native!.wasmHeapBytes! > 1e7);
  const events: MemoryEvent[] = [];
  const listener = (event: MemoryEvent): void => void events.push(event);
  there.on('memory', listener);
  (await there.synthesize('Hello.')).dispose();
  there.off('memory', listener);
  (await there.synthesize('Hello.')).dispose();
  assert.equal(
    events.filter(({ kind }) => kind === 'call').map((event) => event.kind === 'call' && event.outcome),
    ['made'],
  );
});

test('throws the errors of the pipeline, with all their fields', async () => {
  const wrongs: ((pipeline: VoirsPipeline | WorkerPipeline) => unknown)[] = [
    (pipeline) => pipeline.synthesize('   '),
    (pipeline) => pipeline.synthesize(5 as never),
    (pipeline) => pipeline.synthesize('Hello.', { speed: 2 } as never),
    (pipeline) => pipeline.synthesize('Hello.', { speakingRate: 9 }),
    (pipeline) => pipeline.synthesize('Hello.', { voice: 'nobody' }),
    (pipeline) => pipeline.synthesize('Hello \u4f60.', { unsupported: 'error' }),
    (pipeline) => pipeline.synthesizeSsml('<speak><break time="x"/></speak>', { strictSsml: true }),
    (pipeline) => pipeline.render({ sentences: [{ tokens: 1 }] } as never),
    (pipeline) => pipeline.stream('Hello.', { volumeGain: 99 }), // at once, as the others of streams
    (pipeline) => pipeline.stream('Hello.', { voice: 'nobody' }),
    (pipeline) => pipeline.stream('   ').next(),
  ];
  for (const wrong of wrongs) {
    const [wanted, got] = [await thrown(() => wrong(here)), await thrown(() => wrong(there))];
    assert.equal(got.toJSON(), wanted.toJSON(), String(wrong));
    assert.is(got.stack!.includes('VoirsError'), true);
  }
});

test('refuses what is no plain data', async () => {
  const lexicon = { word: () => 'W ER1 D' } as never;
  const { suggestion } = await voirsError(() => there.synthesize('A word.', { lexicon }), 'INVALID_OPTIONS');
  assert.match(suggestion!, /functions/);
  await voirsError(() => createWorkerPipeline({ ...options, lexicon }), 'INVALID_OPTIONS');
  await voirsError(() => createWorkerPipeline({ worker: 'speech.js' } as never), 'INVALID_OPTIONS');
  const utterance = await there.prepare('Hello.');
  const odd = { ...utterance, source: Symbol('x') } as never;
  await voirsError(() => there.render(odd), 'INVALID_OPTIONS');
  assert.throws(() => serveWorkerPipeline(), /outside of a worker/);
});

test('stops at a signal, with the reason, and speaks on', async () => {
  const before = new AbortController();
  before.abort('early');
  await voirsError(() => there.synthesize(TEXT, { signal: before.signal }), 'ABORTED');
  const during = new AbortController();
  const work = there.synthesize(LONG, {
    signal: during.signal,
    onProgress: () => during.abort('enough'),
  });
  assert.is((await thrown(() => work)).cause, 'enough');

  const control = new AbortController();
  const read = async (): Promise<void> => {
    for await (using chunk of there.stream(LONG, { signal: control.signal })) {
      assert.ok(chunk.duration > 0);
      control.abort();
    }
  };
  await voirsError(read, 'ABORTED');
  await voirsError(() => createWorkerPipeline({ ...options, signal: before.signal }), 'ABORTED');
  (await there.synthesize('Hello.')).dispose();
});

test('ends with what a listener or a source of text throws', async () => {
  const fault = new Error('mine');
  const onProgress = (): void => {
    throw fault;
  };
  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error) => error,
    );
  assert.is(await errorOf(there.synthesize(TEXT, { onProgress })), fault);
  assert.is(await errorOf(createWorkerPipeline({ ...options, onProgress })), fault);
  let isLeft = false;
  async function* source(): AsyncGenerator<string> {
    try {
      yield 'A sentence. ';
      throw fault;
    } finally {
      isLeft = true;
    }
  }
  const read = async (): Promise<void> => {
    for await (using _ of there.stream(source()));
  };
  assert.is(await errorOf(read()), fault);
  assert.ok(isLeft);
  async function* numbers(): AsyncGenerator<string> {
    yield 5 as never;
  }
  await voirsError(() => there.stream(numbers()).next(), 'INVALID_TEXT');
});

test('leaves the source of a text when its stream is left', async () => {
  const text = textStream().push('A first sentence. And a second one, which nothing follows. ');
  for await (using chunk of there.stream(text)) {
    assert.ok(chunk.duration > 0);
    break;
  }
  assert.ok(text.isClosed);
});

test('ends a stream in the worker when it is dropped here', async () => {
  const { link } = (there as unknown as { state: { link: { jobs: Map<number, unknown> } } }).state;
  const drop = async (): Promise<void> => (await there.stream(LONG).next()).value!.dispose();
  await drop();
  await drop();
  for (let turns = 0; turns < 100 && link.jobs.size > 0; turns++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.is(link.jobs.size, 0);
});

/** A service in this thread, on a port that counts; the transferred buffers as the sender has them afterwards. */
async function counted() {
  const { port1, port2 } = new MessageChannel();
  const sent: { kind: string; buffers: ArrayBuffer[] }[] = [];
  serve({
    post(message, transfer = []) {
      port1.postMessage(message, transfer as TransferListItem[]);
      sent.push({ kind: message.kind, buffers: transfer });
    },
    listen: (listener) => void port1.on('message', listener),
    hold: async () => {},
  });
  const messages: FromWorker[] = [];
  let wake = (): void => {};
  port2.on('message', (message: FromWorker) => {
    messages.push(message);
    wake();
  });
  const until = async (kind: FromWorker['kind'], count = 1): Promise<FromWorker> => {
    for (;;) {
      const found = messages.filter((message) => message.kind === kind);
      if (found.length >= count) return found[count - 1]!;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const tell = (message: ToWorker): void => port2.postMessage(message);
  tell({ kind: 'start', options, isHeard: false, assetBase: undefined, lock: undefined });
  await until('started');
  return { tell, until, sent, close: () => port1.close() };
}

test('tells warnings of calls and streams, where they are listened to', async () => {
  const [told, streamed]: [string[], string[]] = [[], []];
  const text = 'Tea ᚠ too.';
  (await there.synthesize(text, { onWarning: (warning) => told.push(warning) })).dispose();
  for await (const chunk of there.stream(text, { onWarning: (warning) => streamed.push(warning) }))
    chunk.dispose();
  const { warnings } = await there.prepare(text);
  assert.is(warnings.length, 1);
  assert.equal([told, streamed], [warnings, warnings]);
});

test('transfers samples, and makes no more chunks than were asked for', async () => {
  const { tell, until, sent, close } = await counted();
  tell({
    kind: 'call',
    id: 1,
    name: 'synthesize',
    takes: { text: TEXT, options: {} },
    isHeard: false,
    isWarned: false,
  });
  const result = await until('result');
  const { samples } = (result as { gives: { samples: Float32Array } }).gives;
  assert.ok(samples.length > 1000);
  assert.equal(
    sent.filter(({ kind }) => kind === 'result').map(({ buffers }) => buffers[0]!.byteLength),
    [0], // detached
  );

  const stream = {
    text: LONG,
    isInPieces: false,
    options: {},
    isHeard: false,
    isWarned: false,
    credits: 2,
  } as const;
  tell({ kind: 'stream', id: 2, ...stream });
  await until('chunk', 2);
  const turns = async (): Promise<void> => {
    // A call after the stream's: by its end the stream would have gone on, had it been allowed to.
    tell({
      kind: 'call',
      id: 3,
      name: 'synthesize',
      takes: { text: LONG, options: {} },
      isHeard: false,
      isWarned: false,
    });
    await until('result', sent.filter(({ kind }) => kind === 'result').length + 1);
  };
  const chunks = (): number => sent.filter(({ kind }) => kind === 'chunk').length;
  await turns();
  assert.is(chunks(), 2);
  tell({ kind: 'credit', id: 2 });
  await until('chunk', 3);
  await turns();
  assert.is(chunks(), 3);
  assert.ok(sent.every(({ buffers }) => buffers.every(({ byteLength }) => byteLength === 0)));
  tell({ kind: 'abort', id: 2 });
  await until('failed');
  tell({ kind: 'call', id: 4, name: 'dispose', takes: undefined, isHeard: false, isWarned: false });
  await until('result', sent.filter(({ kind }) => kind === 'result').length + 1);
  close();
});

test('rejects what is under way when its worker dies, and is replaced', async () => {
  there.setVoice('miles');
  const held = await there.synthesize('Held.');
  const chunks = there.stream(LONG);
  (await chunks.next()).value!.dispose();
  const settled = Promise.allSettled([
    there.synthesize(LONG),
    there.prepare(LONG),
    there.stream(LONG).next(),
  ]);
  await workers[0]!.terminate();
  for (const result of await settled) {
    assert.is(result.status, 'rejected');
    const { code, suggestion } = (result as PromiseRejectedResult).reason as VoirsError;
    assert.is(code, 'WORKER_LOST');
    assert.match(suggestion!, /restart\(\)/);
  }
  assert.ok(there.isLost);
  await voirsError(() => chunks.next(), 'WORKER_LOST');
  await voirsError(() => there.synthesize('Hello.'), 'WORKER_LOST');
  assert.ok(held.peak() > 0);
  held.dispose();

  const events: MemoryEvent[] = [];
  there.on('memory', (event) => void events.push(event)); // while there is no worker
  await Promise.all([there.restart(), there.restart()]);
  assert.is(workers.length, 2);
  assert.not(there.isLost);
  using one = await here.synthesize('Hello.', { voice: 'miles' });
  using other = await there.synthesize('Hello.');
  same(other, one);
  assert.ok(events.length > 0);
});

test('says why a worker does not start, and leaves none', async () => {
  const missing = () => new Worker(new URL('./no-such-file.js', import.meta.url), { execArgv: [] });
  const { got, suggestion } = await voirsError(
    () => createWorkerPipeline({ worker: missing }),
    'WORKER_LOST',
  );
  assert.match(got!, /no-such-file/);
  assert.match(suggestion!, /serveWorkerPipeline/);
  const silent = () => new Worker('', { eval: true });
  await voirsError(() => createWorkerPipeline({ worker: silent }), 'WORKER_LOST');
  const count = workers.length;
  const wrong = createWorkerPipeline({ ...options, worker: ownWorker, voice: 'nobody' });
  assert.is((await thrown(() => wrong)).code, 'VOICE_NOT_FOUND');
  assert.is(workers[count]!.threadId, -1);
});

test('ends its worker, after which every call is refused', async () => {
  const stream = there.stream(LONG);
  const first = await stream.next();
  const under = Promise.allSettled([there.synthesize(LONG)]);
  await Promise.all([there.dispose(), there.dispose()]);
  assert.equal(
    workers.map(({ threadId }) => threadId),
    workers.map(() => -1),
  );
  assert.is((await under)[0]!.status, 'rejected');
  first.value!.dispose();
  await voirsError(() => stream.next(), 'DISPOSED');
  await voirsError(() => there.synthesize('Hello.'), 'DISPOSED');
  await voirsError(() => there.memoryReport(), 'DISPOSED');
  await voirsError(() => there.restart(), 'DISPOSED');
  assert.not(there.isLost);
});

test('lets a program end without dispose(), after its calls', () => {
  const program = `
    import { createWorkerPipeline } from 'voirs';
    const pipeline = await createWorkerPipeline({ numThreads: 2 });
    pipeline.synthesize('Hello.').then(({ duration }) => console.log(duration > 0.3));
  `;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal([stdout, stderr, status], ['true\n', '', 0]);
});

test.run();
