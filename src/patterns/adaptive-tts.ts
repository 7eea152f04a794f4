// Settings chosen by how much memory there is: presets, a configuration for the machine, and a speaker that
// takes less while memory is short and more again afterwards.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import {
  type PipelineOptions,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisOptions,
} from '../config.js';
import { optionNames, refuseNonFunctions, refuseOtherThan, refuseUnknown } from '../errors.js';
import { availableMemory, memoryPressure } from '../memory/readings.js';
import tiers from './memory-tiers.json' with { type: 'json' };
import { PressureGauge, Swappable } from './pressure.js';
import {
  createPipeline,
  refuseNegative,
  refusePipelineOptions,
  type Speaker,
  type SpeakerFactory,
} from './speaker.js';

/** Names of the trade-off presets. */
export type MemoryPreset = 'memory' | 'performance' | 'balanced';

/** Levels of pressure of AdaptiveMemoryTTS, worst first. */
export type PressureLevel = 'critical' | 'high' | 'moderate' | 'low';

/** Settings as the table states them; SynthesisConfig checks them like any others. */
function settings(from: object): SynthesisConfigInput {
  return from as SynthesisConfigInput;
}

/**
 * A configuration for a trade-off: `memory` (slower), `performance` (more memory) or `balanced`. Other
 * settings come from the environment and the defaults.
 * @param changes settings that replace the preset's.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function memoryPreset(name: MemoryPreset, changes: SynthesisConfigInput = {}): SynthesisConfig {
  refuseOtherThan(Object.keys(tiers.presets), name, 'memory preset');
  return new SynthesisConfig({ ...settings(tiers.presets[name]), ...changes });
}

/**
 * A configuration for the memory there is: below 1,024 MiB, below 4,096 MiB, or more.
 * @param availableBytes default: the bytes that this process can still take, of the machine and of its
 * container.
 * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR in a browser when no figure is given.
 */
export function createMemoryEfficientConfig(availableBytes = availableMemory()): SynthesisConfig {
  refuseNegative({ availableBytes });
  const availableMb = availableBytes / 2 ** 20;
  const tier = tiers.efficient.find(({ belowMb }) => belowMb === undefined || availableMb < belowMb)!;
  return new SynthesisConfig(settings(tier.settings));
}

/** Share of memory in use above which each level begins, without the calm one. */
export const PRESSURE_STEPS = (['moderate', 'high', 'critical'] as const).map((level) => ({
  level,
  above: tiers.adaptive[level].above,
}));

/** The settings for a level of pressure. */
export function pressureSettings(level: PressureLevel): SynthesisConfigInput {
  return settings(tiers.adaptive[level].settings);
}

export interface AdaptiveMemoryOptions {
  /**
   * Options that pressure does not decide (voice, backend, sampleRate, ...); the level's own settings replace
   * theirs.
   */
  pipeline?: PipelineOptions;
  /** Bytes this process may have, watched beside the system's figure. Default: no budget of its own. */
  budgetBytes?: number;
  /** Milliseconds between checks. Default 10000. */
  checkIntervalMs?: number;
  /** Share by which the use must fall below a level's step before the level is left. Default 0.05. */
  hysteresis?: number;
  /** Share of memory in use. Default: `memoryPressure` of system, container and budget. */
  read?: () => number;
  /** Milliseconds of any clock that does not go back. Default: `performance.now`. */
  now?: () => number;
  /** Makes the pipelines. Default: `VoirsPipeline.create`. */
  create?: SpeakerFactory;
  /** Called before the pipeline is exchanged for that of another level. */
  onChange?: (change: { from: PressureLevel | undefined; to: PressureLevel; used: number }) => void;
}

const OPTIONS = optionNames<AdaptiveMemoryOptions>({
  pipeline: true,
  budgetBytes: true,
  checkIntervalMs: true,
  hysteresis: true,
  read: true,
  now: true,
  create: true,
  onChange: true,
});

/**
 * Speaks with the settings of the level of pressure: more than 90 % of memory in use is critical, 75 % high,
 * 50 % moderate, less is low. The pipeline is rebuilt only when the level changes, and the old one is freed
 * before the new one is built; audio made before stays valid.
 */
export class AdaptiveMemoryTTS implements AsyncDisposable {
  private readonly gauge: PressureGauge<PressureLevel>;
  private readonly pipelines: Swappable<Speaker, PressureLevel>;

  /** Nothing is loaded before the first synthesis. @throws VoirsError INVALID_OPTIONS. */
  constructor(options: AdaptiveMemoryOptions = {}) {
    refuseUnknown(options, OPTIONS, 'AdaptiveMemoryTTS');
    const { pipeline = {}, budgetBytes, checkIntervalMs, create = createPipeline, onChange } = options;
    const { hysteresis, read, now } = options;
    refusePipelineOptions(pipeline, 'AdaptiveMemoryTTS.pipeline');
    refuseNonFunctions({ read, now, create, onChange });
    refuseNegative({ budgetBytes, checkIntervalMs, hysteresis });
    this.gauge = new PressureGauge<PressureLevel>({
      calm: 'low',
      steps: PRESSURE_STEPS,
      read: read ?? (() => memoryPressure(budgetBytes === undefined ? {} : { budgetBytes })),
      ...(hysteresis === undefined ? {} : { hysteresis }),
      ...(checkIntervalMs === undefined ? {} : { intervalMs: checkIntervalMs }),
      ...(now ? { now } : {}),
    });
    let from: PressureLevel | undefined;
    this.pipelines = new Swappable(
      () => this.gauge.check().level,
      async (to) => {
        onChange?.({ from, to, used: this.gauge.check().used });
        from = to;
        return create({ ...pipeline, ...pressureSettings(to) });
      },
    );
  }

  /** The level whose pipeline is loaded; undefined before the first synthesis. */
  get level(): PressureLevel | undefined {
    return this.pipelines.kind;
  }

  /**
   * As `VoirsPipeline.synthesize`, after a check of the pressure.
   * @throws VoirsError, also DISPOSED after dispose().
   */
  synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    return this.pipelines.use((speaker) => speaker.synthesize(text, options));
  }

  /** Waits for running syntheses, then frees the pipeline. */
  dispose(): Promise<void> {
    return this.pipelines.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
