// Writing that imitates speech: stutters ("W-what"), stretched words ("sooo"), the short forms of chat ("gr8",
// "idk"). A listener hears the word once.
import chat from '../data/chat.json' with { type: 'json' };
import { isInitialism, isShoutedWord, letterWords } from './letters.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

const WORDS = new Map(Object.entries(chat.words));
/** Short forms that are words or letters elsewhere: read so beside other chat only. */
const ONLY_IN_CHAT = new Set<string>(chat.onlyInChat);
const LETTERS = new Set<string>(chat.letters);
const DOUBLED = new Set<string>(chat.doubled);
const NOT_STUTTERS = new Set<string>(chat.notStutters);

const SHORT = sticky(
  `(${alternatives([...WORDS.keys(), ...LETTERS])})(?![A-Za-z0-9/@_]|'[a-z]|-[A-Za-z0-9])`,
  'i',
);
const CERTAIN = [...WORDS.keys()].filter((word) => !ONLY_IN_CHAT.has(word));
/** Chat around a doubtful short form: a certain one, or a second doubtful one, within reach. */
const CHAT = new RegExp(
  `(?:^|[^A-Za-z0-9])(?:${alternatives([...CERTAIN, ...LETTERS, 'lol', 'u', 'ur'])})(?![A-Za-z0-9])`,
  'i',
);
const STUTTER = sticky("([A-Za-z]{1,2})-(?:\\1-){0,5}(?=\\1[a-z'])", 'i');
const STUTTERED_I = /I-(?:I-){0,5}(?=I(?:'[a-z]|[ ,.]))/y;
const REST = /[A-Za-z]{1,30}/y;
const STRETCHED = sticky("([A-Za-z]{0,20}?([A-Za-z])\\2\\2[A-Za-z]{0,60})(?![A-Za-z0-9'])", 'i');

const WITH = /w(?= (?:my|the|me|ur|your|him|her|them|us|you|u|a|some|his|our|friends|mom|dad)(?![A-Za-z]))/y;
const UNDER = /u\/(?=\d{1,2}(?!\d))/y;
const DIGIT_WORD = /[24](?= ([a-z]{1,6})(?![A-Za-z0-9]))/y;
const TO_BEFORE = new Set(chat.forms.toBefore.split(' '));
const FOR_BEFORE = new Set(chat.forms.forBefore.split(' '));
const WISHES = /^(?:need|wanna|gotta|going|trying|able|supposed|used|want)$/;
const COUNTED = new Set(chat.forms.counted.split(' '));
const FORM_AFTER = new Set(chat.forms.after.split(' '));

/** "going 2 the party", "thx 4 the ride": digits that sound like words. */
function readDigitWord(site: Site, digit: RegExpExecArray): Reading | null {
  const before = wordBefore(site).toLowerCase();
  const cues = digit[0] === '2' ? TO_BEFORE : FOR_BEFORE;
  // "need 2 vent": a verb, where no plural is counted.
  const isVerb = digit[0] === '2' && WISHES.test(before) && !/s$/.test(digit[1]!) && !COUNTED.has(digit[1]!);
  if (!(FORM_AFTER.has(digit[1]!) || isVerb) || !cues.has(before) || site.text[site.at - 1] !== ' ')
    return null;
  return { end: site.at + 1, say: digit[0] === '2' ? 'to' : 'for' };
}

/** Short forms of chat. */
export function readChat(site: Site): Reading | null {
  const together = matchAt(WITH, site);
  if (together && /[a-z!?] $/.test(site.text.slice(Math.max(0, site.at - 2), site.at)))
    return { end: site.at + 1, say: 'with' };
  const under = matchAt(UNDER, site);
  if (under && /(?:^|\s)$/.test(site.text[site.at - 1] ?? '')) return { end: site.at + 2, say: 'under' };
  const digit = matchAt(DIGIT_WORD, site);
  if (digit) return readDigitWord(site, digit);
  if (/[A-Za-z0-9&/@#._-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const match = matchAt(SHORT, site);
  if (!match) return null;
  const written = match[1]!;
  const short = written.toLowerCase();
  const end = site.at + match[0].length;
  if (/^\.\w/.test(site.text.slice(end, end + 2))) return null;
  if (short === 'srs' && site.text[end] === '.') return null; // "srs. $12"
  const small = written === short;
  if (LETTERS.has(short)) return small || written.length > 2 ? { end, say: letterWords(short) } : null;
  // "Pls", "Thx" open a line; "Ur" is a city.
  const opening = /^[A-Z][a-z]{2,}$/.test(written) && !/[aeiou]/.test(short) && short.length < 6;
  if (!small && !opening && !/\d/.test(short.slice(1)) && !/^[RCU] [ur]$/.test(written)) return null;
  if (/^[A-Z]\d$/.test(written)) return null; // "B4", "M8"
  if (short === 'rn' && /^(?:an?|the|her|his|my|our|as|charge)$/.test(wordBefore(site).toLowerCase()))
    return null;
  if (ONLY_IN_CHAT.has(short) && !amongChat(site, end) && !(short === 'u' && isAddressed(site, end)))
    return null;
  return { end, say: WORDS.get(short)! };
}

/** "did u see that": a lone u between words of a sentence. */
function isAddressed({ text, at }: Site, end: number): boolean {
  const before = /(?:^|\s)([a-z']{2,12}),? $/.exec(text.slice(Math.max(0, at - 14), at))?.[1];
  if (before === undefined || NAMES_LETTERS.has(before)) return false;
  return (
    /^ [a-z]{2,}|^[?!.]|^$/.test(text.slice(end, end + 4)) &&
    !/^ (?:is|and|or|in|of|as)\b(?![?!])/.test(text.slice(end, end + 6))
  );
}
/** Words that name a letter: "the letter u", "vowel u". */
const NAMES_LETTERS = new Set([
  'letter',
  'vowel',
  'variable',
  'the',
  'an',
  'of',
  'with',
  'and',
  'or',
  'silent',
  'where',
  'let',
  'function',
  'velocity',
  'for',
  'in',
  'short',
  'long',
  'vector',
  'is',
  'by',
  'at',
  'that',
  'node',
  'user',
  'speed',
]);

function amongChat(site: Site, end: number): boolean {
  if (/^(?:letter|vowel|variable)$/.test(wordBefore(site).toLowerCase())) return false;
  // "u s d": letters in a row are spelled.
  const after = site.text.slice(end, end + 5);
  const before = site.text.slice(Math.max(0, site.at - 3), site.at);
  if (/^ [b-hj-qs-z](?![A-Za-z0-9])|^ r [a-z](?![A-Za-z0-9])/.test(after)) return false;
  if (/(?:^|[^A-Za-z0-9/])[abd-tv-z] $/.test(before)) return false;
  const around = `${site.text.slice(Math.max(0, site.at - 40), site.at)} ${site.text.slice(end, end + 40)}`;
  return CHAT.test(around);
}

/** "W-what", "b-b-but": the word once. */
export function readStutter(site: Site): Reading | null {
  if (/[A-Za-z0-9'-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const own = matchAt(STUTTERED_I, site);
  if (own) return { end: site.at + own[0].length, say: '' };
  const match = matchAt(STUTTER, site);
  if (!match) return null;
  const start = site.at + match[0].length;
  const word = matchAt(REST, { text: site.text, at: start })?.[0] ?? '';
  const part = match[1]!;
  if (NOT_STUTTERS.has(`${part}-${word}`.toLowerCase()) || word.length <= part.length) return null;
  // Two letters are a prefix more often ("re-read") unless they are repeated.
  if (part.length > 1 && match[0].length < 2 * (part.length + 1) && word.length > 6) return null;
  return { end: start, say: '' };
}

/** "sooo" is so, "cooool" cool: a letter written three times or more stands once, or twice in a known word. */
export function readStretched(site: Site): Reading | null {
  const match = matchAt(STRETCHED, site);
  if (!match || site.text.slice(site.at, site.at + match[0].length).length > 60) return null;
  const word = match[1]!.toLowerCase();
  const single = word.replace(/([a-z])\1{2,}/g, '$1');
  const capitals = /^[A-Z]{2,}$/.test(match[1]!);
  // "YESSSS", "STOPPPP"
  if (capitals && isShoutedWord(single.toUpperCase()) && single.length > 2)
    return { end: site.at + match[0].length, say: single };
  if (capitals && (isInitialism(match[1]!) || !/([AEOUY])\1{2}/.test(match[1]!) || /^(.)\1*$/.test(word)))
    return null;
  if (/^(.)\1\1$/.test(word)) return null; // "aaa"
  if (/^(?:w+|x+|i+|[xvi]+)$/.test(word) || !/[aeiou]|y$/.test(single) || /^[A-Z]{3}$/.test(match[1]!))
    return null;
  const double = word.replace(/([a-z])\1{2,}/g, '$1$1');
  const say =
    [...variants(word)].find((variant) => DOUBLED.has(variant)) ?? (DOUBLED.has(double) ? double : single);
  return { end: site.at + match[0].length, say };
}

/** Each stretched letter once or twice, for at most three of them: "gooood", "reeeallyyy". */
function variants(word: string): Set<string> {
  let forms = [''];
  for (const run of word.match(/([a-z])\1*/g) ?? []) {
    const choices = run.length > 2 ? [run[0]!, run.slice(0, 2)] : [run];
    forms = forms.flatMap((form) =>
      forms.length > 4 ? [form + choices[0]!] : choices.map((choice) => form + choice),
    );
  }
  return new Set(forms);
}
