// Speech that makes do with less while memory is short, and returns to more when it is not.

import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions } from '../config.js';
import { SynthesisConfig, type SynthesisConfigInput, type SynthesisOptions } from '../config.js';
import { availableMemory, memoryPressure } from '../memory/readings.js';
import tiers from './memory-tiers.json' with { type: 'json' };
import { PressureGauge, Swappable } from './pressure.js';
import { createPipeline, type Speaker, type SpeakerFactory } from './speaker.js';

export interface AdaptiveMemoryOptions {
  /** Options that pressure does not decide (voice, backend, sampleRate, ...); the level's own settings replace theirs. */
  pipeline?: PipelineOptions;
  /** Bytes this process may have, watched beside the system's figure. Default: no budget of its own. */
  budgetBytes?: number;
  /** Milliseconds between checks. Default 10000. */
  checkIntervalMs?: number;
  /** How far below its step the share must fall before a level is left. Default 0.05. */
  hysteresis?: number;
  /** Share of memory in use. Default: `memoryPressure` of system, container and budget. */
  read?: () => number;
  /** Milliseconds. */
  now?: () => number;
  create?: SpeakerFactory;
  /** Called before the pipeline is exchanged for that of another level. */
  onChange?: (change: { from: PressureLevel | undefined; to: PressureLevel; used: number }) => void;
}

/**
 * More than 90 % in use: critical; 75 %: high; 50 %: moderate; else low. The pipeline is rebuilt only when the level
 * changes, the old one freed before the new one is built; audio made before stays valid.
 */
export class AdaptiveMemoryTTS implements AsyncDisposable {
  private readonly gauge: PressureGauge<PressureLevel>;
  private readonly pipelines: Swappable<Speaker, PressureLevel>;

  constructor(options: AdaptiveMemoryOptions = {}) {
    const { pipeline = {}, budgetBytes, checkIntervalMs, create = createPipeline, onChange } = options;
    this.gauge = new PressureGauge<PressureLevel>({
      calm: 'low',
      steps: PRESSURE_STEPS,
      read: options.read ?? (() => memoryPressure(budgetBytes === undefined ? {} : { budgetBytes })),
      ...(options.hysteresis === undefined ? {} : { hysteresis: options.hysteresis }),
      ...(checkIntervalMs === undefined ? {} : { intervalMs: checkIntervalMs }),
      ...(options.now ? { now: options.now } : {}),
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

  synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    return this.pipelines.use((speaker) => speaker.synthesize(text, options));
  }

  /** Waits for syntheses that run, then frees the pipeline. */
  dispose(): Promise<void> {
    return this.pipelines.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

// Configurations chosen by memory: the three presets, one by what the machine has free, and those the services use.

/** Names of the trade-off presets. */
export type MemoryPreset = 'memory' | 'performance' | 'balanced';
/** Levels of pressure of AdaptiveMemoryTTS, worst first. */
export type PressureLevel = 'critical' | 'high' | 'moderate' | 'low';

/** Settings as the table has them: SynthesisConfig checks them as it does anyone's. */
function settings(from: object): SynthesisConfigInput {
  return from as SynthesisConfigInput;
}

/** `memory` (slower), `performance` (more memory) or `balanced`; the rest from the environment and the defaults. */
export function memoryPreset(name: MemoryPreset, changes: SynthesisConfigInput = {}): SynthesisConfig {
  return new SynthesisConfig({ ...settings(tiers.presets[name]), ...changes });
}

/**
 * A configuration for the memory there is: below 1,024 MB, below 4,096 MB, or more.
 * @param availableBytes default: what this process can still have, of the machine and of its container.
 */
export function createMemoryEfficientConfig(availableBytes = availableMemory()): SynthesisConfig {
  const availableMb = availableBytes / 2 ** 20;
  const tier = tiers.efficient.find(({ belowMb }) => belowMb === undefined || availableMb < belowMb)!;
  return new SynthesisConfig(settings(tier.settings));
}

/** Where each level above the calm one begins. */
export const PRESSURE_STEPS = (['moderate', 'high', 'critical'] as const).map((level) => ({
  level,
  above: tiers.adaptive[level].above,
}));

/** The settings for a level of pressure. */
export function pressureSettings(level: PressureLevel): SynthesisConfigInput {
  return settings(tiers.adaptive[level].settings);
}

/** Shares of memory in use at which ProductionTTS cleans up, and makes do with its emergency settings. */
export const PRODUCTION = {
  emergencyAbove: tiers.production.emergencyAbove,
  degradeAbove: tiers.production.degradeAbove,
  emergency: settings(tiers.production.emergency),
} as const;
