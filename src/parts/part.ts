// One model by itself on a shared backend: what a vocoder and an acoustic model have in common when no pipeline holds
// them. It is counted, aborted, repaired and freed as a pipeline's are.
import { type BackendInfo, backendInfo } from '../backends/info.js';
import type { RowRange, WeightForm } from '../backends/ops.js';
import { acquireBackend, type BackendHold } from '../backends/registry.js';
import { floatTensor, type HostTensor, toFloat32 } from '../checkpoints/tensor.js';
import { SynthesisConfig, type SynthesisConfigInput } from '../config.js';
import {
  optionNames,
  refuseNonFunctions,
  refuseNonSignal,
  refuseNonString,
  refuseUnknown,
  shown,
  throwIfAborted,
  VoirsError,
} from '../errors.js';
import { Arena } from '../memory/arena.js';
import { type MemoryReport, memoryReport } from '../memory/report.js';
import { weightCount } from '../models/layers.js';
import type { AcousticModel, ModelDescription, Vocoder } from '../models/model.js';
import { type MemoryPlan, planMemory, recycleWithin, weightForm } from '../synthesis/memory-limit.js';
import { withRepair } from '../synthesis/repair.js';
import { countWeights } from '../synthesis/shared-models.js';

/** A checkpoint's tensor while it is edited: row-major values, which may be written to. */
export interface EditableTensor {
  shape: number[];
  data: Float32Array;
}

/** Options of `loadVocoder` and `loadAcoustic`. */
export interface PartOptions extends Pick<SynthesisConfigInput, 'numThreads' | 'useGpu' | 'memoryLimitMb'> {
  /** `auto` (default) or a registered backend's name. */
  backend?: string | undefined;
  /** Where results are leased, such as a pipeline's; default: one of its own within the memory limit. */
  arena?: Arena | undefined;
  /** Changes weights before they are loaded: names as in the file, weight-norm not folded yet. */
  edit?: ((tensors: Map<string, EditableTensor>) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export const PART_OPTIONS = optionNames<PartOptions>({
  ...{ numThreads: true, useGpu: true, memoryLimitMb: true, backend: true, arena: true },
  ...{ edit: true, signal: true },
});

/** A model that is read, but not on a backend yet. */
export interface ReadModel<Model> {
  readonly model: ModelDescription<Model>;
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Name of the file, for messages. */
  readonly source: string;
}

/** @throws VoirsError INVALID_OPTIONS. */
export function checkPartOptions(options: PartOptions, known: readonly string[], where: string): void {
  refuseUnknown(options, known, where);
  const { backend, arena, edit, signal } = options;
  refuseNonString('backend', backend);
  refuseNonFunctions({ edit });
  refuseNonSignal(signal);
  if (arena !== undefined && !(arena instanceof Arena))
    throw new VoirsError('INVALID_OPTIONS', 'arena is no arena', { got: shown(arena), wanted: 'an Arena' });
}

/** What a part holds; it does not refer to the part, so that a forgotten one can be freed. */
interface Held {
  readonly hold: BackendHold;
  readonly model: AcousticModel | Vocoder;
  readonly uncount: () => void;
}

async function release({ hold, model, uncount }: Held): Promise<void> {
  await hold.backend.queue.run(() => model.dispose());
  uncount();
  await hold.release();
}

const forgotten = new FinalizationRegistry<Held>((held) => {
  release(held).catch(() => {}); // no caller is left to be told
});

/** What the plan of a model alone takes the other one for. */
const NOTHING = { valuesPerFrame: 1, contextFrames: 0 };

/** A model on a backend. Dispose it, or declare it with `await using`. */
export class Part<Model extends AcousticModel | Vocoder> implements AsyncDisposable {
  readonly arena: Arena;
  readonly plan: MemoryPlan;
  private isGone = false;

  private constructor(
    private readonly held: Held & { readonly model: Model },
    private readonly what: string,
    private readonly settings: object,
    form: WeightForm,
    limitMb: number,
    arena: Arena | undefined,
  ) {
    const { model } = held;
    const sizes =
      'vocode' in model
        ? { acoustic: NOTHING, vocoder: model as Vocoder }
        : { acoustic: model as AcousticModel, vocoder: NOTHING };
    this.plan = planMemory(limitMb, form, sizes);
    this.arena = arena ?? new Arena({ capBytes: this.plan.audioBytes });
    forgotten.register(this, held, this);
  }

  /**
   * @param what names it in messages: "vocoder".
   * @param read reads the model's files; what it throws is the caller's.
   */
  static async load<Model extends AcousticModel | Vocoder>(
    what: string,
    read: () => Promise<ReadModel<Model>>,
    { backend: name = 'auto', arena, edit, signal, ...settings }: PartOptions,
  ): Promise<Part<Model>> {
    const config = new SynthesisConfig(settings);
    const { numThreads, useGpu, memoryLimitMb } = config;
    throwIfAborted(signal);
    const found = await read();
    const tensors = edit ? edited(found.tensors, edit) : found.tensors;
    const form = weightForm(memoryLimitMb, weightCount(found.model.declaration()));
    const hold = await acquireBackend(name, { numThreads, useGpu });
    try {
      const model = await hold.backend.queue.run(() => {
        throwIfAborted(signal);
        return found.model.load(hold.backend, tensors, found.source, form);
      });
      const held = { hold, model, uncount: countWeights(hold.backend, model) };
      const facts = { backend: hold.backend.name, numThreads, useGpu, memoryLimitMb };
      return new Part(held, what, facts, form, memoryLimitMb, arena);
    } catch (error) {
      await hold.release();
      throw error;
    }
  }

  /** @throws VoirsError DISPOSED. */
  get model(): Model {
    this.throwIfDisposed();
    return this.held.model;
  }

  get backend(): BackendInfo {
    return backendInfo(this.held.hold);
  }

  get isDisposed(): boolean {
    return this.isGone;
  }

  /** Runs one step on the backend's queue, unless the part or the call has ended by its turn. */
  job<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const { backend } = this.held.hold;
    const goOn = (): void => {
      this.throwIfDisposed();
      throwIfAborted(signal);
    };
    return backend.queue.run(() => {
      goOn();
      return withRepair(backend, work, goOn);
    });
  }

  /** For the end of a call: leaves a heap that has outgrown its share for a fresh one. */
  async endCall(): Promise<void> {
    if (this.isGone) return;
    // What was made is not lost because the heap stays large: the next call tries again.
    await recycleWithin(this.held.hold.backend, this.plan.workingHeapBytes).catch(() => {});
  }

  memoryReport(): MemoryReport {
    this.throwIfDisposed();
    const { hold, model } = this.held;
    return memoryReport({
      native: hold.backend.memory(),
      arena: this.arena,
      weights: { bytes: model.weightBytes, holders: 1 },
      settings: this.settings,
    });
  }

  throwIfDisposed(): void {
    if (!this.isGone) return;
    throw new VoirsError('DISPOSED', `The ${this.what} was used after dispose()`, {
      suggestion: 'Load it again',
    });
  }

  async dispose(): Promise<void> {
    if (this.isGone) return;
    this.isGone = true;
    forgotten.unregister(this);
    await release(this.held);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** What is public of a part, whatever its model does. */
export class LoadedPart<Model extends AcousticModel | Vocoder> implements AsyncDisposable {
  /** Where its results are leased. */
  readonly arena: Arena;

  /** @internal Use `loadVocoder` or `loadAcoustic`. */
  constructor(protected readonly part: Part<Model>) {
    this.arena = part.arena;
  }

  /** The backend that runs it. */
  get backend(): BackendInfo {
    return this.part.backend;
  }

  /** Bytes of its weights, in the form that the backend keeps. */
  get weightBytes(): number {
    return this.part.model.weightBytes;
  }

  get isDisposed(): boolean {
    return this.part.isDisposed;
  }

  /** Where memory is: the backend's, the weights, and the arena's. */
  memoryReport(): MemoryReport {
    return this.part.memoryReport();
  }

  dispose(): Promise<void> {
    return this.part.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Frames [from, to) of `frames`. @throws VoirsError INVALID_OPTIONS for a range that is none. */
export function checkedRange(range: RowRange | undefined, frames: number): RowRange {
  if (range === undefined) return { from: 0, to: frames };
  const { from, to } = range;
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= frames)
    return { from, to };
  throw new VoirsError('INVALID_OPTIONS', 'frames is no range of the utterance', {
    got: shown(range),
    wanted: `{ from, to } with 0 <= from < to <= ${frames}`,
  });
}

/** A checkpoint with the caller's changes. @throws VoirsError INVALID_OPTIONS for tensors that are none afterwards. */
function edited(
  given: ReadonlyMap<string, HostTensor>,
  edit: NonNullable<PartOptions['edit']>,
): ReadonlyMap<string, HostTensor> {
  const isFloat = ({ dtype }: HostTensor): boolean => !/^I(32|64)$/.test(dtype);
  const open = new Map<string, EditableTensor>();
  for (const [name, tensor] of given)
    if (isFloat(tensor)) open.set(name, { shape: [...tensor.shape], data: toFloat32(tensor).slice() });
  const result = edit(open) as unknown;
  if (result !== undefined) {
    throw new VoirsError('INVALID_OPTIONS', 'edit gave something back', {
      got: shown(result),
      wanted: 'nothing: it changes the tensors that it is given, at once',
      suggestion: 'Do what has to be awaited before the model is loaded',
    });
  }
  const others = [...given].filter(([, tensor]) => !isFloat(tensor));
  const changed = [...open].map(([name, { shape, data }]): [string, HostTensor] => [
    name,
    floatTensor(data, [...shape]),
  ]);
  return new Map([...others, ...changed]);
}
