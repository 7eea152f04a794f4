// TensorFlow.js has one engine per process with one current backend. Only this file switches it and queues
// work on it, so that two pipelines on two backends, and a host program with a backend of its own, live side
// by side.
import * as tf from '#tf';
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';

/** Names of our own backends: switching back to one of them after a run would be wasted work. */
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
 * TensorFlow.js silently moves a tensor that another backend holds, through the host's memory, and removes it
 * there. Between our backends that is always a mistake, so their storages refuse it.
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
    // A removed backend must not stay current. The next run selects its own and sets its kernels up again,
    // which it has to: stock kernels keep the functions of one instance for all instances.
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
 * Runs a graph on the named backend inside one tidy scope and makes the host program's backend current again.
 * The graph must be synchronous: scopes are one global stack, so none may be open across an await.
 * Tensors that the graph returns outlive the scope; the caller disposes them.
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

/**
 * A first-in, first-out queue of jobs: an engine does one thing at a time. The event loop turns between two
 * jobs, so that timers, streams and abort signals are served while a long text is spoken.
 */
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
    const turn = this.tail.then(() => host.nextTask()).then(job);
    this.tail = turn.then(
      () => this.waiting--,
      () => this.waiting--,
    );
    return turn;
  }
}
