// A pipeline without its models, for tests of how the patterns treat one: its buffers are real leases of an
// arena.
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import type { PipelineOptions } from '../../src/config.js';
import { Arena } from '../../src/memory/arena.js';
import type { Speaker } from '../../src/patterns/speaker.js';

export class FakeSpeaker implements Speaker {
  readonly arena = new Arena();
  readonly spoken: string[] = [];
  /** How many texts had been spoken at each reset. */
  readonly resets: number[] = [];
  disposals = 0;

  constructor(readonly options: PipelineOptions = {}) {}

  async synthesize(text: string): Promise<AudioBuffer> {
    await Promise.resolve();
    if (text === '') throw new Error('nothing to say');
    this.spoken.push(text);
    return new AudioBuffer(this.arena.lease(text.length), 22050, { words: [], marks: [] });
  }

  async reset(): Promise<void> {
    this.resets.push(this.spoken.length);
  }

  async dispose(): Promise<void> {
    this.disposals++;
  }
}
