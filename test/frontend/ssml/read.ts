// SSML through the whole frontend, for the tests of this folder.
import { loadFrontend, openVoice } from '../../../src/cli/voice-options.js';
import type { ReadingOptions } from '../../../src/frontend/reading-options.js';
import type { Sentence, Utterance } from '../../../src/frontend/utterance.js';
import { shippedFolder, ssmlVoices } from '../../../src/voices/catalog.js';

const voice = await openVoice(shippedFolder('arctic'));
const frontend = await loadFrontend(voice);
const voices = ssmlVoices(voice.manifest);

/** A whole document. */
export function readDocument(ssml: string, options: ReadingOptions = {}): Utterance {
  return frontend.analyseSsml(ssml, { ...options, voices, voice: voices[0]!.id });
}

/** The same where faults refuse the document. */
export function readStrictly(ssml: string, options: ReadingOptions = {}): Utterance {
  return frontend.analyseSsml(ssml, { ...options, voices, voice: voices[0]!.id, isStrict: true });
}

/** What stands inside <speak>. */
export function read(content: string): Utterance {
  return readDocument(`<speak>${content}</speak>`);
}

/** The same frontend on plain text. */
export function readPlainText(text: string): Utterance {
  return frontend.analyse(text);
}

/** Spoken words, with the mark after each that has one. */
export function said({ sentences }: Pick<Utterance, 'sentences'>): string {
  return sentences
    .flatMap(({ words, tokens }) =>
      words.map(({ text }, w) => {
        const last = tokens.findLastIndex(({ word }) => word === w);
        const mark = tokens[last + 1]!.symbol;
        return mark === '_' ? text : text + mark;
      }),
    )
    .join(' ');
}

/** Each word with the markup it came from. */
export function sources({ sentences, text }: Utterance): [word: string, source: string][] {
  return sentences.flatMap(({ words }) =>
    words.map((word): [string, string] => [word.text, text.slice(...word.span)]),
  );
}

/** The edits of a word's first phone. */
export function edits(sentence: Sentence, text: string): { rate: number; pitchShift: number; gain: number } {
  const word = sentence.words.findIndex((one) => one.text === text);
  const { rate = 1, pitchShift = 0, gain = 0 } = sentence.tokens.find((token) => token.word === word)!;
  return { rate, pitchShift, gain };
}
