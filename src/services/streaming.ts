// Any number of texts, one at a time: the next is asked for when the consumer asks, so that memory stays flat however
// many there are.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { CleanupSchedule } from '../memory/reusable.js';
import type { SynthesisOptions } from '../options.js';
import { checkTexts, openSpeaker, type SpeakerSource } from './speaker.js';

export interface StreamingOptions extends SpeakerSource {
  /** Texts between resets, 1 or more. Default 50. */
  resetEvery?: number;
  /** For every text. */
  synthesis?: SynthesisOptions;
}

/**
 * Speaks texts as they are asked for; each buffer is the consumer's to dispose. Nothing is loaded before the first is
 * asked for. Leaving the loop closes the source and frees a pipeline of its own.
 * @throws VoirsError INVALID_OPTIONS at once, and in the loop whatever synthesis throws.
 */
export function streamingSynthesize(
  texts: Iterable<string> | AsyncIterable<string>,
  options: StreamingOptions = {},
): AsyncGenerator<AudioBuffer, void, undefined> {
  const { resetEvery = 50, synthesis, ...source } = options;
  checkTexts(texts, [Symbol.iterator, Symbol.asyncIterator]);
  return speakEach(texts, new CleanupSchedule(resetEvery), synthesis, source);
}

async function* speakEach(
  texts: Iterable<string> | AsyncIterable<string>,
  schedule: CleanupSchedule,
  synthesis: SynthesisOptions | undefined,
  source: SpeakerSource,
): AsyncGenerator<AudioBuffer, void, undefined> {
  await using scope = await openSpeaker(source);
  for await (const text of texts) {
    yield await scope.speaker.synthesize(text, synthesis);
    // When the consumer is back: by then it has let go of what it got.
    schedule.used();
    await schedule.cleanUpWhenDue(scope.speaker);
  }
}
