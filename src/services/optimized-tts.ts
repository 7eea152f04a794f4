// One pipeline for many texts, cleaned up after every so many of them.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { CleanupSchedule, cleanUp } from '../memory/reusable.js';
import type { SynthesisOptions } from '../options.js';
import { openSpeaker, type Speaker, type SpeakerSource } from './speaker.js';

export interface OptimizedTTSOptions extends SpeakerSource {
  /** Syntheses between clean-ups, 1 or more. Default 100. */
  cleanupThreshold?: number;
}

export class OptimizedTTS implements AsyncDisposable {
  private constructor(
    private readonly scope: AsyncDisposable & { speaker: Speaker },
    private readonly schedule: CleanupSchedule,
  ) {}

  /** @throws VoirsError INVALID_OPTIONS, and whatever creating a pipeline throws. */
  static async create(options: OptimizedTTSOptions = {}): Promise<OptimizedTTS> {
    const { cleanupThreshold = 100, ...source } = options;
    const schedule = new CleanupSchedule(cleanupThreshold);
    return new OptimizedTTS(await openSpeaker(source), schedule);
  }

  async synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    const audio = await this.scope.speaker.synthesize(text, options);
    this.schedule.used();
    try {
      await this.schedule.cleanUpWhenDue(this.scope.speaker);
    } catch (error) {
      audio.dispose(); // nobody will
      throw error;
    }
    return audio;
  }

  /** Drops caches and returns pooled memory now. */
  cleanup(): Promise<void> {
    return cleanUp(this.scope.speaker);
  }

  /** Frees a pipeline of its own; the caller's stays alive. */
  async dispose(): Promise<void> {
    await this.scope[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
