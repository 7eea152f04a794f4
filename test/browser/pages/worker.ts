// Speaks in a worker of the page with the built bundle, as a page without a bundler does, and beside it in the page itself.
import type * as Voirs from '../../../src/index.js';

export interface WorkerWish {
  numThreads: number;
  /** Where the bundle is; default: with the page. */
  base?: string;
}

export interface WorkerAnswers {
  error?: { code: string; got?: string; suggestion?: string };
  threads?: number;
  isEqual?: boolean;
  chunks?: number;
  fault?: unknown;
  wanted?: unknown;
  aborted?: string;
  /** Of calls under way when the worker was ended from outside, and of one after that. */
  lost?: string[];
  afterRestart?: number;
  disposed?: string;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    ({ code }) => String(code),
  );
const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing was thrown',
    (error: Voirs.VoirsError) => [error.constructor.name, error.toJSON()],
  );

const isSame = (one: Voirs.AudioBuffer, other: Voirs.AudioBuffer): boolean =>
  JSON.stringify(one.timeline) === JSON.stringify(other.timeline) &&
  one.samples.length === other.samples.length &&
  one.samples.every((value, n) => value === other.samples[n]);

export async function run({ numThreads, base }: WorkerWish): Promise<WorkerAnswers> {
  const bundle = '/package/dist/browser/voirs.js';
  const { createWorkerPipeline, setAssetBase, VoirsPipeline } = (await import(bundle)) as typeof Voirs;
  if (base !== undefined) setAssetBase(base.replace('PORT', location.port));
  const options = { backend: 'wasm', numThreads };
  let pipeline: Voirs.WorkerPipeline;
  try {
    pipeline = await createWorkerPipeline(options);
  } catch (error) {
    const { code, got, suggestion } = error as Voirs.VoirsError;
    return { error: { code, got: got!, suggestion: suggestion! } };
  }
  const { threads } = pipeline.backend;
  if (base !== undefined) {
    using audio = await pipeline.synthesize('Hello.');
    await pipeline.dispose();
    return { threads, isEqual: audio.peak() > 0.05 };
  }
  const text = 'A sentence that is made elsewhere. And another one.';
  await using local = await VoirsPipeline.create(options);
  using one = await local.synthesize(text);
  using other = await pipeline.synthesize(text);
  let isEqual = isSame(one, other);
  let chunks = 0;
  const theirs = pipeline.stream(text);
  for await (using chunk of local.stream(text)) {
    using same = (await theirs.next()).value!;
    isEqual &&= isSame(chunk, same);
    chunks++;
  }
  isEqual &&= (await theirs.next()).done === true;
  const wrong = '<speak><break time="x"/></speak>';
  const fault = await faultOf(pipeline.synthesizeSsml(wrong, { strictSsml: true }));
  const wanted = await faultOf(local.synthesizeSsml(wrong, { strictSsml: true }));
  const control = new AbortController();
  const long = text.repeat(20);
  const aborted = codeOf(
    pipeline.synthesize(long, { signal: control.signal, onProgress: () => control.abort() }),
  );
  const answers = { threads, isEqual, chunks, fault, wanted, aborted: await aborted };
  await pipeline.dispose();
  const disposed = await codeOf(pipeline.synthesize(text));

  // A worker of the page's own, which can be ended from outside.
  let own: Worker | undefined;
  const worker = (): Worker => {
    own = new Worker('/package/dist/browser/voirs-worker.js', { type: 'module' });
    return own;
  };
  const mortal = await createWorkerPipeline({ ...options, worker });
  const lost = [codeOf(mortal.synthesize(long)), codeOf(mortal.stream(long).next())];
  own!.terminate();
  const codes = [...(await Promise.all(lost)), await codeOf(mortal.synthesize('Hello.'))];
  await mortal.restart();
  using again = await mortal.synthesize('Hello.');
  const afterRestart = again.duration;
  await mortal.dispose();
  return { ...answers, disposed, lost: codes, afterRestart };
}
