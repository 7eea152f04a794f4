// The library in its worker: loaded once for a set of voices, and what it tells while it loads.
import { signal } from '@preact/signals';
import { setAssetBase } from '../../../src/host/assets.js';
import { createWorkerPipeline, type WorkerPipeline } from '../../../src/worker/worker-pipeline.js';
import { voiceOf } from '../state/voices.js';

/** Where the folders of the package are, beside the page. */
export const PACKAGE = new URL('./voirs/', document.baseURI).href;

setAssetBase(PACKAGE);

export type Loading =
  | { stage: 'none' }
  | { stage: 'loading'; loadedBytes: number; totalBytes: number }
  | { stage: 'ready' }
  | { stage: 'failed'; message: string };

export const loading = signal<Loading>({ stage: 'none' });
/** Of the pipeline that speaks, once it is loaded. */
export const pipelineNow = signal<WorkerPipeline | undefined>(undefined);
/** What it runs on, as of its last sentence. */
export const backendNow = signal<WorkerPipeline['backend'] | undefined>(undefined);
/** Whether the graphics card that spoke has gone. */
export const lostGpu = signal(false);

/** Looks what a pipeline runs on now. */
export function lookAtBackend({ backend }: WorkerPipeline): void {
  const before = backendNow.peek();
  if (before?.name === 'webgpu' && backend.name !== 'webgpu') lostGpu.value = true;
  if (JSON.stringify(backend) !== JSON.stringify(before)) backendNow.value = backend;
}

let current: { set: string; pipeline: Promise<WorkerPipeline> } | undefined;

/** The pipeline that has a voice; the one before is freed when the voice is of another set. */
export function pipelineFor(voice: string): Promise<WorkerPipeline> {
  const { set } = voiceOf(voice);
  if (current?.set === set) return current.pipeline;
  const before = current?.pipeline;
  const pipeline = load(voice, before);
  const mine = { set, pipeline };
  current = mine;
  pipeline.catch(() => {
    if (current === mine) current = undefined; // the next attempt loads again
  });
  return pipeline;
}

async function load(voice: string, before: Promise<WorkerPipeline> | undefined): Promise<WorkerPipeline> {
  loading.value = { stage: 'loading', loadedBytes: 0, totalBytes: 0 };
  try {
    pipelineNow.value = undefined;
    await before?.then((old) => old.dispose()).catch(() => {});
    const created = await create(voice);
    pipelineNow.value = created;
    lookAtBackend(created);
    loading.value = { stage: 'ready' };
    return created;
  } catch (error) {
    loading.value = { stage: 'failed', message: (error as Error).message };
    throw error;
  }
}

function create(voice: string): Promise<WorkerPipeline> {
  return createWorkerPipeline({
    voice,
    cacheSize: 0, // the studio keeps what was made itself
    useGpu: 'gpu' in navigator, // where it is faster: the library tries both
    onProgress: ({ loadedBytes, totalBytes }) => {
      loading.value = { stage: 'loading', loadedBytes, totalBytes };
    },
  });
}

/** URLs of what the engine is loaded from in this browser, without the voice. */
export function engineFiles(): string[] {
  const threaded = globalThis.crossOriginIsolated;
  const names = [
    ...['dist/browser/voirs.js', 'dist/browser/voirs-worker.js', 'dist/player/worklet.js'],
    ...('gpu' in navigator ? ['dist/browser/webgpu.js'] : []), // tried where there is one
    ...(threaded ? ['vendor/wasm/voirs-kernels-worker.js'] : []),
    `vendor/wasm/tfjs-backend-wasm-${threaded ? 'threaded-' : ''}simd.wasm`,
    `vendor/wasm/voirs-kernels-${threaded ? 'shared-' : ''}relaxed.wasm`,
    `vendor/wasm/voirs-kernels${threaded ? '-shared' : ''}.wasm`,
  ];
  return names.map((name) => PACKAGE + name);
}
