// TensorFlow.js has one engine per process with one current backend; this file is the only one that switches it,
// so that two pipelines on two backends, and a host program with its own, live side by side.
import * as tf from '#tf';
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';

/** Names of our own backends: switching back to one of them after a run would be work for nothing. */
const ours = new Set<string>();

/** Makes a ready backend instance known to the engine under a name. */
export function addToEngine(name: string, instance: tf.KernelBackend): void {
  ours.add(name);
  // The bundled cpu backend registers a factory of its own under the same name when it is imported.
  if (name in tf.engine().registryFactory) tf.removeBackend(name);
  refuseForeignTensors(name, instance);
  tf.registerBackend(name, () => instance);
}

/**
 * TensorFlow.js moves a tensor that another backend holds without a word, through the host's memory, and takes it away
 * from there. Between our backends that is always a mistake, so the storages of ours refuse it.
 */
function refuseForeignTensors(name: string, instance: tf.KernelBackend): void {
  const moveData = (): never => {
    throw new VoirsError('DEVICE_ERROR', 'A tensor was used on a backend that does not hold it', {
      got: `a tensor of another backend, or one that was disposed, in a run on ${name}`,
      suggestion: 'Read its values on its own backend and make a tensor of them on this one',
    });
  };
  for (const storage of Object.values(instance) as unknown[]) {
    if (typeof storage === 'object' && storage !== null && 'dataMover' in storage)
      storage.dataMover = { moveData };
  }
}

/** Disposes a backend instance and everything stored in it. */
export function removeFromEngine(name: string, instance: tf.KernelBackend): void {
  ours.delete(name);
  const engine = tf.engine();
  if (engine.backendName !== undefined && (engine.backendName === name || ours.has(engine.backendName))) {
    // The next run selects its own backend and sets its kernels up anew: a removed one must not stay current, and
    // stock kernels keep the functions of one instance for all instances.
    const state = engine as unknown as { backendName: string | undefined; backendInstance: unknown };
    state.backendName = undefined;
    state.backendInstance = undefined;
  }
  const wasUsed = name in engine.registry;
  tf.removeBackend(name);
  if (!wasUsed) instance.dispose(); // the engine disposes only what has run
}

function select(name: string): void {
  // setBackend is declared async for backends that load late; ours are loaded, so it is done when it returns.
  void tf.engine().setBackend(name);
}

/**
 * Runs a graph on the named backend inside one tidy scope and gives the engine back as it was found.
 * The graph must be synchronous: a scope must never be open across an await (scopes are one global stack).
 * Tensors that the graph returns outlive the scope and are the caller's to dispose.
 */
export function runOn<T extends tf.TensorContainer>(name: string, graph: () => T): T {
  const engine = tf.engine();
  const before = engine.backendName as string | undefined;
  if (before !== name) select(name);
  try {
    return tf.tidy(graph);
  } finally {
    if (before !== undefined && !ours.has(before) && engine.registryFactory[before]) select(before);
  }
}

/** Tensors and bytes alive in the whole engine, over all backends. */
export function engineCounts(): { tensors: number; bytes: number } {
  // Not tf.memory(): that asks for a current backend, and there may be none between runs.
  const { numTensors, numBytes } = tf.engine().state;
  return { tensors: numTensors, bytes: numBytes };
}

// One engine does one thing at a time: jobs run in order of arrival, with the event loop turning between them,
// so that timers, streams and abort signals are served while a long text is spoken.

/** A first-in, first-out queue of jobs. */
export class EngineQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Jobs that have been handed in and are not done. */
  get length(): number {
    return this.waiting;
  }

  /** Runs `job` after all earlier ones; a failed job fails its own caller only. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    this.waiting++;
    const turn = this.tail.then(yieldToEventLoop).then(job);
    this.tail = turn.then(
      () => this.waiting--,
      () => this.waiting--,
    );
    return turn;
  }
}

/** Lets other work of the program have its turn. */
export function yieldToEventLoop(): Promise<void> {
  return host.nextTask();
}
