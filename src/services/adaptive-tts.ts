// Speech that makes do with less while memory is short, and returns to more when it is not.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions } from '../loading.js';
import { PressureGauge, Swappable } from '../memory/adaptive.js';
import { memoryPressure } from '../memory/readings.js';
import type { SynthesisOptions } from '../options.js';
import { PRESSURE_STEPS, type PressureLevel, pressureSettings } from './memory-configs.js';
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
