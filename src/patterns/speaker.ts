// Shared by the patterns: the pipeline they speak with and who disposes it, the clean-up between uses, and
// the checks of their options.
import { type PipelineOptions, SynthesisConfig, type SynthesisSettings } from '../config.js';
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import { collectIfExposed } from '../memory/garbage.js';
import { VoirsPipeline } from '../pipeline.js';

/** The part of VoirsPipeline that the patterns use. */
export type Speaker = Pick<VoirsPipeline, 'synthesize' | 'reset' | 'dispose'>;

/** Makes a speaker; default: `VoirsPipeline.create`. */
export type SpeakerFactory = (options: PipelineOptions) => Promise<Speaker>;

export const createPipeline: SpeakerFactory = (options) => VoirsPipeline.create(options);

/**
 * The pipeline that a pattern speaks with: the caller's, or one that the pattern makes with these options.
 */
export interface SpeakerSource extends PipelineOptions {
  /**
   * Speaks with this one and leaves it alive; the other options are then not used. Default: a pipeline of its
   * own.
   */
  pipeline?: Speaker;
  /** Makes the pipeline. Default: `VoirsPipeline.create`. */
  create?: SpeakerFactory;
}

/**
 * Opens the speaker of a source. At the end of the scope one of its own is disposed, the caller's is left
 * alive.
 */
export async function openSpeaker(source: SpeakerSource): Promise<AsyncDisposable & { speaker: Speaker }> {
  const { pipeline, create = createPipeline, ...options } = source;
  if (pipeline) return { speaker: pipeline, [Symbol.asyncDispose]: async () => {} };
  const speaker = await create(options);
  return { speaker, [Symbol.asyncDispose]: async () => speaker.dispose() };
}

/** Something costly that is used many times. */
export interface Reusable {
  /** Drops caches and returns pooled memory; it stays usable. */
  reset(): void | Promise<void>;
  /** Frees it; a second call has no effect. */
  dispose(): void | Promise<void>;
}

/** The clean-up of every pattern: resets, and collects garbage where the host allows it. */
export async function cleanUp(target: Pick<Reusable, 'reset'>): Promise<void> {
  await target.reset();
  collectIfExposed();
}

/** Counts uses and says when a clean-up is due. */
export class CleanupSchedule {
  private uses = 0;

  /** @param every uses between clean-ups, 1 or more. @throws VoirsError INVALID_OPTIONS. */
  constructor(readonly every: number) {
    mustCount(every, 'The clean-up interval');
  }

  /** Counts one use. */
  used(): void {
    this.uses++;
  }

  get isDue(): boolean {
    return this.uses >= this.every;
  }

  /** Cleans up when that is due, and starts to count again. @returns whether it did. */
  async cleanUpWhenDue(target: Pick<Reusable, 'reset'>): Promise<boolean> {
    if (!this.isDue) return false;
    this.uses = 0;
    await cleanUp(target);
    return true;
  }
}

/** Options of a pipeline besides its settings. */
const PARTS = optionNames<Omit<PipelineOptions, keyof SynthesisSettings>>({
  config: true,
  voice: true,
  backend: true,
  weights: true,
  lexicon: true,
});

/**
 * @param own names of the options that are not the pipeline's.
 * @throws VoirsError INVALID_OPTIONS with the nearest name for an unknown option.
 */
export function refusePipelineOptions(options: unknown, where: string, own: readonly string[] = []): void {
  refuseUnknown(options, [...own, ...PARTS, ...Object.keys(new SynthesisConfig({}, {}))], where);
}

/** The same for options that also name a source of speech. */
export function refuseSourceOptions(options: SpeakerSource, where: string, own: readonly string[]): void {
  refusePipelineOptions(options, where, [...own, 'pipeline', 'create']);
  const { pipeline, create } = options;
  refuseNonFunctions({ create });
  if (pipeline === undefined || typeof Object(pipeline).synthesize === 'function') return;
  throw new VoirsError('INVALID_OPTIONS', `${where} cannot speak with this pipeline`, {
    got: shown(pipeline),
    wanted: 'a VoirsPipeline',
  });
}

/** @throws VoirsError INVALID_OPTIONS unless the value is an integer of 1 or more. */
export function mustCount(value: unknown, what: string): void {
  if (Number.isInteger(value) && (value as number) >= 1) return;
  throw new VoirsError('INVALID_OPTIONS', `${what} is out of range`, {
    got: shown(value),
    wanted: 'an integer of 1 or more',
  });
}

/** @throws VoirsError INVALID_OPTIONS unless each value is absent or a number of 0 or more. */
export function refuseNegative(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue;
    throw new VoirsError('INVALID_OPTIONS', `${name} is out of range`, {
      got: shown(value),
      wanted: 'a number of 0 or more',
    });
  }
}

/**
 * @param kinds how the texts may be iterated.
 * @throws VoirsError INVALID_OPTIONS, also for a single string, whose characters would be taken for texts.
 */
export function checkTexts(texts: unknown, kinds: readonly symbol[]): void {
  if (typeof texts === 'object' && texts !== null && kinds.some((kind) => kind in texts)) return;
  throw new VoirsError('INVALID_OPTIONS', 'texts is not a list of texts', {
    got: shown(texts),
    wanted: 'an iterable of strings',
    suggestion: 'For one text use synthesize()',
  });
}
