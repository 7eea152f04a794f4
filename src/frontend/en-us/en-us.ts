// American English as the frontend takes it: its readers, its words beside markup, its lexicon.
import type { Language } from '../language.js';
import wh from './data/wh-words.json' with { type: 'json' };
import { possessive } from './lexicon/inflect.js';
import { EnglishPronouncer } from './lexicon/pronouncer.js';
import { MARKUP_WORDS } from './markup-words.js';
import { parseNotation } from './normalize/reader.js';
import { speakSentence } from './normalize/speak-sentence.js';
import { boundaryAt } from './sentence-boundary.js';
import { sayAs } from './ssml/say-as.js';
import { durationWords } from './ssml/say-as-loose.js';

export const EN_US: Language = {
  tag: 'en-US',
  boundaryAt,
  speakSentence,
  markup: MARKUP_WORDS,
  ssml: { sayAs, durationWords, wordsOf: parseNotation, possessive },
  questionWords: new Set(wh.words),
  lexicon: {
    files: ['cmudict.bin', 'letter-to-sound.bin'],
    open: ([dictionary, letterToSound]) =>
      EnglishPronouncer.load({ dictionary: dictionary!, letterToSound: letterToSound! }, EN_US),
  },
};
