// English words beside markup: what a number belongs to, what brackets hold, which hyphens stay.
import type { MarkupWords } from '../markup-site.js';
import abbreviations from './data/abbreviations.json' with { type: 'json' };
import words from './data/markup-words.json' with { type: 'json' };
import { isMathCommand, readBare, readFormulaText } from './formulas/latex.js';

const NUMBERED = new Set<string>(
  [abbreviations.numbered, abbreviations.title, abbreviations.general].flatMap((group) => Object.keys(group)),
);
const REMARK = new RegExp(`^(?:${words.remarks.join('|')})$`, 'i');
const BEFORE_LIST = new RegExp(`\\b(?:${words.beforeList.join('|')}) ?$`, 'i');

export const MARKUP_WORDS: MarkupWords = {
  isFormulaCommand: isMathCommand,
  readFormula: readFormulaText,
  readBareFormula: readBare,
  takesNumber: (word) => NUMBERED.has(word),
  takesList: (before) => BEFORE_LIST.test(before),
  isRemark: (content) => REMARK.test(content),
  compounding: new Set(words.compounding.split(' ')),
  star: words.star,
  power: words.power,
};
