// The page's program: speaks a text while a worker makes it, marks the current word, and shows the memory in use.
// @ts-check
import { createWorkerPipeline } from 'voirs/browser';
import { Player } from './player.js';

/** @typedef {import('voirs/browser').WorkerPipeline} WorkerPipeline */

/** @type {<T extends HTMLElement>(id: string) => T} */
const element = (id) => /** @type {never} */ (document.getElementById(id));
const text = /** @type {HTMLTextAreaElement} */ (element('text'));
const voice = /** @type {HTMLSelectElement} */ (element('voice'));
const backend = /** @type {HTMLSelectElement} */ (element('backend'));
const threads = /** @type {HTMLInputElement} */ (element('threads'));
const speak = /** @type {HTMLButtonElement} */ (element('speak'));
const stop = /** @type {HTMLButtonElement} */ (element('stop'));

threads.value = `${Math.min(4, navigator.hardwareConcurrency)}`;

/** @type {{ key: string, pipeline: WorkerPipeline } | undefined} */
let loaded;

/**
 * The pipeline of the chosen backend: created on first use, one at a time.
 * @param {AbortSignal} signal
 */
async function pipelineChosen(signal) {
  const options = { backend: backend.value, numThreads: Number(threads.value) };
  const key = JSON.stringify(options);
  if (loaded?.key === key) {
    if (loaded.pipeline.isLost) await loaded.pipeline.restart();
    return loaded.pipeline;
  }
  await loaded?.pipeline.dispose();
  loaded = undefined;
  element('state').textContent = 'loading ...';
  const pipeline = await createWorkerPipeline({
    ...options,
    signal,
    onProgress({ loadedBytes, totalBytes }) {
      const [loaded, total] = [loadedBytes, totalBytes].map((bytes) => (bytes / 1e6).toFixed(1));
      element('state').textContent = `loading: ${loaded} of ${total} MB`;
    },
  });
  loaded = { key, pipeline };
  return pipeline;
}

/** @param {AbortSignal} signal */
async function speakText(signal) {
  const said = text.value;
  element('said').textContent = said;
  const player = new Player((word) => mark(said, word?.span));
  signal.addEventListener('abort', () => player.stop());
  try {
    const pipeline = await pipelineChosen(signal);
    const started = performance.now();
    let first = 0;
    let seconds = 0;
    let waited = 0;
    for await (const chunk of pipeline.stream(said, { voice: voice.value, signal })) {
      if (first === 0) {
        first = performance.now() - started;
        element('state').textContent = 'speaking ...';
      }
      seconds += chunk.duration;
      player.add(chunk);
      chunk.dispose();
      // At most five seconds ahead: a stopped speech has then cost little, and memory stays flat.
      const before = performance.now();
      await player.untilAheadBy(5);
      waited += performance.now() - before;
    }
    const compute = performance.now() - started - waited;
    await showFacts(pipeline, { first, seconds, compute });
    await player.end();
  } finally {
    await player.close();
    mark(said, undefined);
  }
}

/**
 * Marks the part of the text that is being spoken.
 * @param {string} said
 * @param {readonly [number, number] | undefined} span
 */
function mark(said, span) {
  if (!span) {
    element('said').textContent = said;
    return;
  }
  const marked = document.createElement('mark');
  marked.textContent = said.slice(...span);
  element('said').replaceChildren(said.slice(0, span[0]), marked, said.slice(span[1]));
}

/**
 * @param {WorkerPipeline} pipeline
 * @param {{ first: number, seconds: number, compute: number }} times
 */
async function showFacts(pipeline, { first, seconds, compute }) {
  const { name, threads, threadsReason, versions } = pipeline.backend;
  element('state').textContent = [
    `${seconds.toFixed(1)} s of speech in ${compute.toFixed(0)} ms, the first chunk after ${first.toFixed(0)} ms`,
    `${name}, ${threads} thread${threads > 1 ? 's' : ''}: ${versions.features ?? versions.adapter ?? ''}`,
    ...(threadsReason === undefined ? [] : [`one thread because ${threadsReason}`]),
  ].join('; ');
  const { native, audio, modelCache } = await pipeline.memoryReport();
  const rows = {
    'WebAssembly heap': native?.wasmHeapBytes,
    'of it, kernels at work': native?.kernelScratchBytes,
    'weights as loaded': modelCache?.weightsBytes,
    'audio arena': audio?.capacityBytes,
    'audio in the page': pipeline.arena.stats().usedBytes,
  };
  const table = /** @type {HTMLTableElement} */ (element('memory'));
  table.replaceChildren();
  for (const [name, bytes] of Object.entries(rows)) {
    if (bytes === undefined) continue;
    const row = table.insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = `${(bytes / 1e6).toFixed(1)} MB`;
  }
}

/** @type {AbortController | undefined} */
let underWay;
stop.addEventListener('click', () => underWay?.abort());
document.querySelector('form')?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const control = new AbortController();
  underWay = control;
  speak.disabled = true;
  stop.disabled = false;
  element('error').textContent = '';
  try {
    await speakText(control.signal);
  } catch (error) {
    // The message of every VoirsError says what to do.
    if (control.signal.aborted) element('state').textContent = 'stopped';
    else element('error').textContent = String(error);
  } finally {
    speak.disabled = false;
    stop.disabled = true;
  }
});
