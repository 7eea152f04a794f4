// Speech for long-running services: set up from the environment, cleaned up on schedule, and with less memory
// while the machine runs short.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import {
  BOOLEAN_WORDS,
  type PipelineOptions,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisOptions,
} from '../config.js';
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { availableMemory, memoryPressure, totalMemory } from '../memory/readings.js';
import tiers from './memory-tiers.json' with { type: 'json' };
import { PressureGauge, Swappable } from './pressure.js';
import {
  CleanupSchedule,
  cleanUp,
  createPipeline,
  refuseNegative,
  refusePipelineOptions,
  type Speaker,
  type SpeakerFactory,
} from './speaker.js';

type Environment = Readonly<Record<string, string | undefined>>;
const GIB = 2 ** 30;

/** Shares of memory in use above which it cleans up first, and takes the emergency settings. */
const { emergencyAbove: CLEAN_UP_ABOVE, degradeAbove: DEGRADE_ABOVE } = tiers.production;
const EMERGENCY = tiers.production.emergency as SynthesisConfigInput;

/** `emergency`: the pipeline has the emergency settings. */
export type ProductionMode = 'normal' | 'emergency';

export interface ProductionOptions {
  /** Options that memory does not decide (voice, backend, ...). */
  pipeline?: PipelineOptions;
  /**
   * Where TTS_CLEANUP_INTERVAL, TTS_MEMORY_LIMIT_MB, TTS_QUALITY and TTS_USE_GPU are read. Default: the
   * process's.
   */
  env?: Environment;
  /** Bytes that this process can still take. Default: measured. */
  availableBytes?: number;
  /** Bytes that the process could take at most. Default: measured. */
  totalBytes?: number;
  /** Share of memory in use. Default: `memoryPressure`. */
  read?: () => number;
  /** Makes the pipelines. Default: `VoirsPipeline.create`. */
  create?: SpeakerFactory;
  /** Called at every clean-up and change of settings. */
  onEvent?: (event: ProductionEvent) => void;
}

export type ProductionEvent =
  | { kind: 'cleanup'; reason: 'scheduled' | 'pressure'; used: number }
  /** The pipeline is exchanged for one with the emergency settings, or with the usual ones again. */
  | { kind: 'mode'; mode: ProductionMode; used: number };

function text(env: Environment, name: string, fallback: string): string {
  return env[name] || fallback;
}

function count(env: Environment, name: string, fallback: number): number {
  const given = text(env, name, String(fallback));
  if (/^\d+$/.test(given) && Number(given) >= 1) return Number(given);
  throw new VoirsError('INVALID_OPTIONS', `Bad value for the environment variable ${name}`, {
    got: shown(given),
    wanted: 'an integer of 1 or more',
  });
}

function flag(env: Environment, name: string, fallback: boolean): boolean {
  const given = text(env, name, String(fallback)).toLowerCase();
  const value = BOOLEAN_WORDS.get(given);
  if (value !== undefined) return value;
  throw new VoirsError('INVALID_OPTIONS', `Bad value for the environment variable ${name}`, {
    got: shown(given),
    wanted: 'true or false',
  });
}

/**
 * The settings of ProductionTTS: at most TTS_MEMORY_LIMIT_MB and a tenth of what is available, a cache to
 * match, a GPU only with more than 4 GiB of memory.
 * @throws VoirsError INVALID_OPTIONS naming the variable, or the memory limit when a tenth of the memory is
 * too little.
 */
export function productionSettings(
  env: Environment,
  memory: { availableBytes: number; totalBytes: number },
): SynthesisConfigInput {
  const share = (memory.availableBytes / 2 ** 20) * 0.1;
  const limit = Math.min(count(env, 'TTS_MEMORY_LIMIT_MB', 512), share);
  const settings = {
    quality: text(env, 'TTS_QUALITY', 'medium'),
    useGpu: flag(env, 'TTS_USE_GPU', true) && memory.totalBytes > 4 * GIB,
    memoryLimitMb: Math.floor(limit),
    cacheSize: Math.max(10, Math.min(50, Math.floor(limit / 10))),
    numThreads: Math.min(4, host.cores()),
  } as SynthesisConfigInput;
  void new SynthesisConfig(settings, {}); // refuses values out of range before anything is loaded
  return settings;
}

const OPTIONS = optionNames<ProductionOptions>({
  pipeline: true,
  env: true,
  availableBytes: true,
  totalBytes: true,
  read: true,
  create: true,
  onEvent: true,
});

/**
 * Reads memory before every synthesis: over 85 % in use it cleans up first, over 90 % it takes the emergency
 * settings.
 */
export class ProductionTTS implements AsyncDisposable {
  /** The usual settings, from the environment and the memory there is. */
  readonly settings: SynthesisConfigInput;
  private readonly schedule: CleanupSchedule;
  private readonly gauge: PressureGauge<ProductionMode>;
  private readonly pipelines: Swappable<Speaker, ProductionMode>;
  private readonly onEvent: (event: ProductionEvent) => void;
  private used = 0;
  private wasDegraded = false;

  /** Nothing is loaded before the first synthesis. @throws VoirsError INVALID_OPTIONS. */
  constructor(options: ProductionOptions = {}) {
    refuseUnknown(options, OPTIONS, 'ProductionTTS');
    const { pipeline = {}, env = host.environment(), create = createPipeline, onEvent = () => {} } = options;
    const { availableBytes = availableMemory(), totalBytes = totalMemory() } = options;
    refusePipelineOptions(pipeline, 'ProductionTTS.pipeline');
    refuseNonFunctions({ read: options.read, create, onEvent });
    refuseNegative({ availableBytes, totalBytes });
    this.settings = productionSettings(env, { availableBytes, totalBytes });
    this.schedule = new CleanupSchedule(count(env, 'TTS_CLEANUP_INTERVAL', 100));
    this.onEvent = onEvent;
    this.gauge = new PressureGauge<ProductionMode>({
      calm: 'normal',
      steps: [{ level: 'emergency', above: DEGRADE_ABOVE }],
      read: options.read ?? (() => memoryPressure()),
      intervalMs: 0,
    });
    this.pipelines = new Swappable(
      () => this.check(),
      (mode) => {
        const settings = mode === 'normal' ? this.settings : { ...this.settings, ...EMERGENCY };
        if (mode === 'emergency' || this.wasDegraded) onEvent({ kind: 'mode', mode, used: this.used });
        this.wasDegraded = mode === 'emergency';
        return create({ ...pipeline, ...settings });
      },
    );
  }

  /** `emergency` while the pipeline has the emergency settings. */
  get mode(): ProductionMode {
    return this.pipelines.kind ?? 'normal';
  }

  /**
   * As `VoirsPipeline.synthesize`, after the clean-up that memory asks for.
   * @throws VoirsError, also DISPOSED.
   */
  synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    return this.pipelines.use(async (speaker) => {
      if (this.schedule.isDue) {
        await this.schedule.cleanUpWhenDue(speaker);
        this.onEvent({ kind: 'cleanup', reason: 'scheduled', used: this.used });
      }
      if (this.used > CLEAN_UP_ABOVE) {
        await cleanUp(speaker);
        this.onEvent({ kind: 'cleanup', reason: 'pressure', used: this.used });
      }
      const audio = await speaker.synthesize(text, options);
      this.schedule.used();
      return audio;
    });
  }

  /** Waits for running syntheses, then frees the pipeline. */
  dispose(): Promise<void> {
    return this.pipelines.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private check(): ProductionMode {
    const { level, used } = this.gauge.check();
    this.used = used;
    return level;
  }
}
