// In a page: from nothing to the first sound, with the bundle that the package ships, and the files loaded
// for it.
import type * as Voirs from '../../../src/index.js';

export interface StartWish {
  backend: string;
  numThreads: number;
  text: string;
}

/** A file that the page loaded, with its bytes as transferred. */
export interface LoadedFile {
  path: string;
  bytes: number;
}

/** Milliseconds of the steps, the backend, the files and the memory. */
export interface Start {
  bundleMs: number;
  pipelineMs: number;
  firstChunkMs: number;
  backend: Voirs.VoirsPipeline['backend'];
  files: LoadedFile[];
  wasmHeapBytes: number | undefined;
  javascriptHeapBytes: number | undefined;
}

export async function run({ text, ...options }: StartWish): Promise<Start> {
  const began = performance.now();
  const bundle = '/package/dist/browser/voirs.js';
  const { VoirsPipeline } = (await import(bundle)) as typeof Voirs;
  const imported = performance.now();
  const pipeline = await VoirsPipeline.create(options);
  const created = performance.now();
  const chunks = pipeline.stream(text);
  const first = await chunks.next();
  const spoke = performance.now();
  first.value?.dispose();
  for await (const chunk of chunks) chunk.dispose(); // the rest, so that the heap is that of a whole text
  const { native, runtime } = pipeline.memoryReport();
  const resources = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const files = resources
    .filter(({ name }) => name.includes('/package/'))
    .map(({ name, encodedBodySize }) => ({ path: new URL(name).pathname, bytes: encodedBodySize }));
  await pipeline.dispose();
  return {
    bundleMs: imported - began,
    pipelineMs: created - imported,
    firstChunkMs: spoke - created,
    backend: { ...pipeline.backend },
    files,
    wasmHeapBytes: native?.wasmHeapBytes,
    javascriptHeapBytes: runtime?.heapUsedBytes,
  };
}
