// Speech for long-running services: set up from the environment, cleaned up on schedule, and able to shed memory when
// the machine runs short.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions, SynthesisOptions } from '../config.js';
import { SynthesisConfig, type SynthesisConfigInput } from '../config.js';
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { availableMemory, memoryPressure, totalMemory } from '../memory/readings.js';
import { PRODUCTION } from './adaptive-tts.js';
import { PressureGauge, Swappable } from './pressure.js';
import { CleanupSchedule, cleanUp, createPipeline, type Speaker, type SpeakerFactory } from './speaker.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Mode = 'normal' | 'emergency';
const GIB = 2 ** 30;

export interface ProductionOptions {
  /** Options that memory does not decide (voice, backend, ...). */
  pipeline?: PipelineOptions;
  /** Where TTS_CLEANUP_INTERVAL, TTS_MEMORY_LIMIT_MB, TTS_QUALITY and TTS_USE_GPU are read. Default: the process's. */
  env?: Environment;
  /** Bytes that this process can still have, and that there are at all. Default: measured. */
  availableBytes?: number;
  totalBytes?: number;
  /** Share of memory in use. Default: `memoryPressure`. */
  read?: () => number;
  create?: SpeakerFactory;
  /** Told of every clean-up and change of configuration. */
  onEvent?: (event: ProductionEvent) => void;
}

export type ProductionEvent =
  | { kind: 'cleanup'; reason: 'scheduled' | 'pressure'; used: number }
  /** The pipeline is exchanged for one of the emergency settings, or for the usual one again. */
  | { kind: 'mode'; mode: Mode; used: number };

function text(env: Environment, name: string, fallback: string): string {
  return env[name] || fallback;
}

function count(env: Environment, name: string, fallback: number): number {
  const given = text(env, name, String(fallback));
  if (/^\d+$/.test(given) && Number(given) >= 1) return Number(given);
  throw new VoirsError('INVALID_OPTIONS', `Bad value for the environment variable ${name}`, {
    got: JSON.stringify(given),
    wanted: 'an integer of 1 or more',
  });
}

function flag(env: Environment, name: string, fallback: boolean): boolean {
  const given = text(env, name, String(fallback)).toLowerCase();
  const value = { true: true, '1': true, false: false, '0': false }[given];
  if (value !== undefined) return value;
  throw new VoirsError('INVALID_OPTIONS', `Bad value for the environment variable ${name}`, {
    got: JSON.stringify(given),
    wanted: 'true or false',
  });
}

/**
 * What ProductionTTS runs with: at most TTS_MEMORY_LIMIT_MB and a tenth of what is available, a cache to match, a GPU
 * only with more than 4 GiB of memory.
 * @throws VoirsError INVALID_OPTIONS naming the variable, or the memory limit when a tenth of the memory is too little.
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
  void new SynthesisConfig(settings, {}); // refuses what is out of range before anything is loaded
  return settings;
}

/** Reads memory before every synthesis: over 85 % in use it cleans up first, over 90 % it makes do with little. */
export class ProductionTTS implements AsyncDisposable {
  readonly settings: SynthesisConfigInput;
  private readonly schedule: CleanupSchedule;
  private readonly gauge: PressureGauge<Mode>;
  private readonly pipelines: Swappable<Speaker, Mode>;
  private readonly onEvent: (event: ProductionEvent) => void;
  private used = 0;
  private wasDegraded = false;

  /** Nothing is loaded before the first synthesis. @throws VoirsError INVALID_OPTIONS. */
  constructor(options: ProductionOptions = {}) {
    const { pipeline = {}, env = host.environment(), create = createPipeline, onEvent = () => {} } = options;
    const { availableBytes = availableMemory(), totalBytes = totalMemory() } = options;
    this.settings = productionSettings(env, { availableBytes, totalBytes });
    this.schedule = new CleanupSchedule(count(env, 'TTS_CLEANUP_INTERVAL', 100));
    this.onEvent = onEvent;
    this.gauge = new PressureGauge<Mode>({
      calm: 'normal',
      steps: [{ level: 'emergency', above: PRODUCTION.degradeAbove }],
      read: options.read ?? (() => memoryPressure()),
      intervalMs: 0,
    });
    this.pipelines = new Swappable(
      () => this.check(),
      (mode) => {
        const settings = mode === 'normal' ? this.settings : { ...this.settings, ...PRODUCTION.emergency };
        if (mode === 'emergency' || this.wasDegraded) onEvent({ kind: 'mode', mode, used: this.used });
        this.wasDegraded = mode === 'emergency';
        return create({ ...pipeline, ...settings });
      },
    );
  }

  /** `emergency` while it runs on the emergency settings. */
  get mode(): Mode {
    return this.pipelines.kind ?? 'normal';
  }

  synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    return this.pipelines.use(async (speaker) => {
      if (this.schedule.isDue) {
        await this.schedule.cleanUpWhenDue(speaker);
        this.onEvent({ kind: 'cleanup', reason: 'scheduled', used: this.used });
      }
      if (this.used > PRODUCTION.emergencyAbove) {
        await cleanUp(speaker);
        this.onEvent({ kind: 'cleanup', reason: 'pressure', used: this.used });
      }
      const audio = await speaker.synthesize(text, options);
      this.schedule.used();
      return audio;
    });
  }

  /** Waits for syntheses that run, then frees the pipeline. */
  dispose(): Promise<void> {
    return this.pipelines.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private check(): Mode {
    const { level, used } = this.gauge.check();
    this.used = used;
    return level;
  }
}
