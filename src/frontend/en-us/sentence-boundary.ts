// Decides whether a full stop, a question mark or a line break ends a sentence, from a bounded stretch around
// it.
import type { BoundaryContext, BoundaryDecision } from '../sentences.js';
import abbreviations from './data/abbreviations.json' with { type: 'json' };
import context from './data/context-words.json' with { type: 'json' };
import labels from './data/labels.json' with { type: 'json' };
import scripture from './data/scripture.json' with { type: 'json' };
import breaks from './data/sentence-abbreviations.json' with { type: 'json' };
import starters from './data/sentence-starters.json' with { type: 'json' };

const STARTERS = new Set<string>(starters);
const keys = (group: Record<string, string>) => Object.keys(group);
const TITLES = new Set([...keys(abbreviations.title), ...keys(abbreviations.numbered)]);
const MAY_END = new Set([
  ...breaks.goOn.split(' '),
  ...keys(abbreviations.suffix),
  ...keys(abbreviations.street),
  ...keys(abbreviations.general),
  ...keys(abbreviations.month),
  ...keys(abbreviations.weekday),
]);
/** Labels that a numeral may follow: "art. II". */
const NUMBERED = new Set(keys(abbreviations.numbered));
/** An article or an adjective makes a word of the label: "modern art. II". */
const ALSO_WORD_BEFORE = /\b(?:the|a|an|of|is|was|his|her|my|your|our|their|modern) $/i;
const LAW_WORDS = new Set(keys(abbreviations.law));
const CODES = /^(?:Code|Penal|Civ|Crim|Evid|Proc|Const|Ct|Court|Rev|Stat|App|Ann|Rules)$/;
const SIZED = new Set(keys(abbreviations.sized));
const TITLE_OR_STREET = new Set(keys(abbreviations.street).filter((key) => key in abbreviations.title));
/** "Calif.", as against the words "ill" and "wash". */
const STATES = new Set(keys(abbreviations.state).map((key) => key.slice(0, -1)));
const PARTS_BEFORE = new RegExp(`(?:^|[^A-Za-z])(?:${labels.beforeFullStop.split(' ').join('|')}) $`, 'i');
/** Units whose dot, after a number, may be the full stop too. */
const UNITS = new Set<string>(abbreviations.unit);
const SMALLER = /^\. \d{1,3}(?:\.\d)? ?(?:oz|in|mins?|secs?|ft|yds?|mos?|days?)(?![A-Za-z])/;
const ENDING = new Set(keys(abbreviations.ending));
/** Abbreviations that are also words: at the end of "She said no." they are the word. */
const ALSO_WORDS = new Set<string>(abbreviations.alsoWords);

/** Those of them that end a sentence even before a small letter. */
const WORDS_BEFORE_LOWER_CASE = new Set<string>(abbreviations.wordsBeforeLowerCase);

/** Words of two letters that sentences end with; others are abbreviations. */
const SHORT_WORDS = new Set(['it', 'me', 'us', 'so', 'up', 'go', 'do', 'be', 'he', 'we', 'on', 'to', 'by']);
/** Abbreviations that something always follows. */
const NEVER_ENDING = new Set(breaks.neverEnding.split(' '));
/** Abbreviations that are words too, but not where a sentence that began with a capital goes on in small letters. */
const GO_ON_WORDS = new Set(breaks.goOnWords.split(' '));
/** "min. 5", "Reg. 12": what a number belongs to. */
const BEFORE_NUMBERS = new Set(breaks.beforeNumbers.split(' '));
/** "Matt. 5", "Sam. 17:4"; "Sam. 17 people came" is two sentences. */
const BOOKS = new Set(
  Object.values(scripture.books).flatMap((forms) => (forms === '' ? [] : forms.split(' '))),
);
const DOUBTFUL_BOOKS = new Set(scripture.doubtful.split(' '));

/** No decision looks further than this: a longer run of marks or spaces ends a sentence. */
const REACH = 200;
const TOKEN_REACH = 40;
/** As much of a line as shows whether it begins with a list's marker. */
const MARKER_REACH = 8;
const SHORT_LINE = 40;
/** Words that a line does not end with: the next one goes on. */
const RUN_ON = new Set<string>(context.lines.runOn);
const AFTER_LETTERED = new RegExp(`\\b(?:${context.letters.endsSentence.join('|')}) $`, 'i');
/** "options A and B." */
const AFTER_LONE_LETTER = /\b[A-Z],? (?:and|or) $/;
const TERMINATOR = /[.!?…。．！？]/;
const CLOSER = /["'”’»)\]}*_`」』]/;
const OPENER = /["'“‘«([{*_#`「『¿¡-]/;
const LINE_END = /[\n\r\u2028\u2029]/;
const SPACE = /\s/;
/**
 * A bullet or an item's number at the start of a line: "- ", "* ", "• ", "1. ", "2) ", "(a) ", "# ". Test at
 * most MARKER_REACH characters.
 */
const LIST_MARKER =
  /^(?:[-*+•‣◦▪●■–—]\s|\(?(?:\d{1,3}|[a-zA-Z])\)\s|(?:\d{1,3}|[ivxIVX]{1,5})\.\s|#{1,6}\s|>\s|\|)/;
const WAIT: BoundaryDecision = { kind: 'wait' };

/**
 * What a run of white space holds and where it ends; `end` is -1 when the text stops before anything follows.
 */
interface Gap {
  end: number;
  lines: number;
}

function measureGap(text: string, from: number, ended: boolean): Gap {
  let at = from;
  let lines = 0;
  const limit = Math.min(text.length, from + REACH);
  while (at < limit && SPACE.test(text[at]!)) {
    if (text[at] === '\u2029') lines += 2;
    else if (LINE_END.test(text[at]!) && !(text[at] === '\n' && text[at - 1] === '\r')) lines += 1;
    at += 1;
  }
  if (at === text.length && at < from + REACH) return { end: ended ? at : -1, lines };
  return { end: at, lines };
}

/** Judges the candidate at `at`. */
export function boundaryAt(text: string, at: number, context: BoundaryContext): BoundaryDecision {
  return LINE_END.test(text[at]!) ? lineBreakAt(text, at, context) : terminatorAt(text, at, context);
}

function lineBreakAt(text: string, at: number, context: BoundaryContext): BoundaryDecision {
  const gap = measureGap(text, at, context.ended);
  if (gap.lines >= 2) return { kind: 'paragraph', at };
  if (gap.end < 0) return WAIT;
  if (gap.end === text.length) return { kind: 'paragraph', at };
  if (!context.ended && text.length < gap.end + MARKER_REACH) return WAIT;
  const goOn: BoundaryDecision = { kind: 'none', next: gap.end, newLine: true };
  const line = text.slice(context.lineStart, Math.min(at, context.lineStart + REACH)).trimEnd();
  if (/^#{1,6}\s/.test(line)) return { kind: 'paragraph', at };
  if (LIST_MARKER.test(text.slice(gap.end, gap.end + MARKER_REACH))) return { kind: 'sentence', at };
  if (!/[\p{Lu}\p{N}"“‘'(¿¡[]/u.test(text[gap.end]!)) return goOn;
  const begunHere = context.lineStart === context.sentenceStart;
  if (begunHere && LIST_MARKER.test(line.slice(0, MARKER_REACH))) return { kind: 'sentence', at };
  if (!begunHere && !followsShortLines(text, at, context)) return goOn;
  if (line.length > SHORT_LINE || /[,\-–—(]$/.test(line)) return goOn;
  const lastWord = /([a-z']{1,20})$/.exec(line)?.[1] ?? '';
  return RUN_ON.has(lastWord) ? goOn : { kind: 'sentence', at };
}

/** Whether the sentence so far is short lines that each begin anew: a signature, an address, a list of names. */
function followsShortLines(text: string, at: number, context: BoundaryContext): boolean {
  if (at - context.sentenceStart > REACH) return false;
  const lines = text.slice(context.sentenceStart, at).split(LINE_END);
  return lines.every(
    (line, i) => line.length <= SHORT_LINE && (i === 0 || /^[\p{Lu}\p{N}\s"“(-]/u.test(line)),
  );
}

/** "Acme Inc." at the end of a short line, before a line that begins anew. */
function endsShortLine(text: string, at: number, next: number, context: BoundaryContext): boolean {
  if (!/[\p{Lu}\p{N}]/u.test(text[next] ?? '') || at - context.lineStart > SHORT_LINE) return false;
  const bare = previousToken(text, at, context).token.toLowerCase();
  if (!MAY_END.has(bare) || TITLES.has(bare))
    return (
      TITLE_OR_STREET.has(bare) &&
      followsShortLines(text, at, context) &&
      /\d/.test(text.slice(context.lineStart, at))
    );
  return context.lineStart === context.sentenceStart || followsShortLines(text, at, context);
}

function terminatorAt(text: string, at: number, context: BoundaryContext): BoundaryDecision {
  let end = at;
  const limit = Math.min(text.length, at + REACH);
  // ". . ." is one ellipsis.
  while (
    end < limit &&
    (TERMINATOR.test(text[end]!) || (text[end] === ' ' && text[end - 1] === '.' && text[end + 1] === '.'))
  )
    end += 1;
  const marks = text.slice(at, end);
  let closed = end;
  while (closed < limit && CLOSER.test(text[closed]!)) closed += 1;
  if (closed === text.length) return context.ended ? { kind: 'paragraph', at: closed } : WAIT;
  if (closed === at + REACH) return { kind: 'sentence', at: closed };
  if (!SPACE.test(text[closed]!)) return unspaced(text, at, end, closed, context);
  const gap = measureGap(text, closed, context.ended);
  if (gap.lines >= 2) return { kind: 'paragraph', at: closed };
  if (gap.end < 0) return WAIT;
  if (gap.end === text.length) return { kind: 'paragraph', at: closed };
  if (gap.end === closed + REACH) return { kind: 'sentence', at: closed };
  const following = nextToken(text, gap.end);
  // After a question or exclamation mark the first letter decides.
  const isKnown = following.complete || (following.word !== '' && /^[?!]+$/.test(marks));
  if (!isKnown && !context.ended) return WAIT;
  const goOn: BoundaryDecision = { kind: 'none', next: closed, newLine: gap.lines > 0 };
  if (goOn.newLine) goOn.next = gap.end;
  const stop: BoundaryDecision = { kind: 'sentence', at: closed };
  if (gap.lines > 0 && !context.ended && text.length < gap.end + MARKER_REACH) return WAIT;
  const bullet = gap.lines > 0 && LIST_MARKER.test(text.slice(gap.end, gap.end + MARKER_REACH));
  if (bullet) return stop;
  const lower = /^\p{Ll}/u.test(following.word);
  if (/^\.[. ]*\.$|^…+$/.test(marks)) {
    return lower || /^I\b/.test(following.word) || following.word === '' ? goOn : stop;
  }
  if (marks === '.' && /^[+=&@] /.test(text.slice(gap.end, gap.end + 2))) return goOn; // $900/mo. + util.
  // 7:58 a.m. (2358 GMT)
  if (
    marks === '.' &&
    text[gap.end] === '(' &&
    /^(?:[a-z]\.)+[a-z]$/i.test(previousToken(text, at, context).token)
  )
    return goOn;
  if (marks === '!' && isFactorial(text, at, gap.end)) return goOn;
  if (
    marks === '.' &&
    /[¶§#]/.test(text[gap.end]!) &&
    /^[\p{L}]{1,6}$/u.test(previousToken(text, at, context).token)
  )
    return goOn; // Compl. ¶ 3, conf. # 12
  if (/^[?!]+$/.test(marks) && /^[#@]\p{L}/u.test(text.slice(gap.end, gap.end + 3))) return stop;
  if (marks !== '.') return lower ? goOn : stop;
  if (following.initial && /^[A-Z]$/.test(previousToken(text, at, context).token)) return goOn; // C. S. Lewis
  if (following.chapter && BOOKS.has(previousToken(text, at, context).token.toLowerCase())) return goOn; // Sam. 3:4
  const ends =
    fullStopEnds(text, at, closed > end, following.word, context) ||
    (gap.lines > 0 && endsShortLine(text, at, gap.end, context));
  return ends ? stop : goOn;
}

/** "5! = 120": an operand before the mark and a relation or an operator after it. */
function isFactorial(text: string, at: number, next: number): boolean {
  return (
    /[=<>≤≥≈≠+×÷*/^]/.test(text[next] ?? '') &&
    /(?:^|[^\p{L}\d])(?:\d{1,4}|[a-zN]|[a-z\d]\))$/u.test(text.slice(Math.max(0, at - 6), at))
  );
}

/** The token before a full stop, and what stands before that. */
function previousToken(
  text: string,
  at: number,
  context: BoundaryContext,
): { token: string; before: string } {
  const floor = Math.max(context.sentenceStart, at - TOKEN_REACH);
  let from = at;
  while (from > floor && !/[\s([{"“‘«—–/-]/.test(text[from - 1]!)) from -= 1;
  const floorBefore = Math.max(context.sentenceStart, from - TOKEN_REACH);
  return { token: text.slice(from, at), before: text.slice(floorBefore, from) };
}

function nextToken(
  text: string,
  from: number,
): { word: string; complete: boolean; initial: boolean; chapter: boolean } {
  let start = from;
  while (start < text.length && start < from + 4 && OPENER.test(text[start]!)) start += 1;
  let end = start;
  while (end < text.length && end < start + TOKEN_REACH && /[\p{L}\p{M}\p{N}'’]/u.test(text[end]!)) end += 1;
  return {
    word: text.slice(start, end),
    complete: end < text.length || end === start + TOKEN_REACH,
    initial: end === start + 1 && text[end] === '.' && /[A-Z]/.test(text[start]!),
    chapter: text[end] === ':' && /^\d{1,3}$/.test(text.slice(start, end)),
  };
}

/** Whether a single full stop ends its sentence, given the word that follows it. */
function fullStopEnds(
  text: string,
  at: number,
  quoted: boolean,
  next: string,
  context: BoundaryContext,
): boolean {
  const { token, before } = previousToken(text, at, context);
  const bare = token.toLowerCase();
  const nextLower = next.toLowerCase();
  const startsLower = /^\p{Ll}/u.test(next);
  const starter = !startsLower && STARTERS.has(nextLower.replace(/’/g, "'"));
  if (/^\d{1,3}$/.test(token) && /^[\s#>*•-]*$/.test(before)) return false; // "1. First item"
  if (before.trim() === '' && /^(?:[IVX]{1,6}|[ivx]{1,6})$/.test(token) && next !== '') return false; // "II. Methods"
  if (/^[a-zA-Z]$/.test(token) && before.trim() === '') return starter && token === token.toLowerCase();
  if (quoted && startsLower) return false;
  if (NEVER_ENDING.has(bare)) return false;
  if (/^\d/.test(next) && UNITS.has(bare) && /\d ?$/.test(before) && SMALLER.test(text.slice(at, at + 14)))
    return false; // 8 lbs. 4 oz.
  if (/^\d/.test(next) && BEFORE_NUMBERS.has(bare)) return false; // min. 5
  if (/^\d/.test(next) && BOOKS.has(bare) && !DOUBTFUL_BOOKS.has(bare)) return false; // Ps. 23
  if (/^[IVX]{1,6}$/.test(next) && NUMBERED.has(bare) && !ALSO_WORD_BEFORE.test(before))
    return next === 'I' && /^ [a-z]/.test(text.slice(at + 3, at + 6)); // art. II, § 2
  if (
    /^[B-HJ-Z]$/.test(next) &&
    NUMBERED.has(bare) &&
    !ALSO_WORD_BEFORE.test(before) &&
    /^. [A-Z](?![A-Za-z'’])/.test(text.slice(at, at + 4))
  )
    return false; // sec. B
  if (LAW_WORDS.has(bare) && CODES.test(next)) return false; // Fam. Code
  if (/^Nos?$/.test(next) && /^. ?Nos?\. ?\d/.test(text.slice(at, at + 8)) && isShortened(token, bare))
    return false; // Pub. L. No. 94
  if (bare === 'bus' && /^days?$/.test(next)) return false;
  if (startsLower && SIZED.has(bare) && /\d ?$/.test(before)) return false; // 2 med. onions
  if (/^(?:[a-z]|\d{1,3}s)$/.test(token) && /^\d/.test(next)) return false; // (b. 1950), 6s. 8d.
  if (/\d ?$/.test(before) && UNITS.has(bare) && /^\p{Lu}/u.test(next) && !/^[NSEW]{1,3}$/.test(next))
    return true; // in 5 min. Hurry
  if (startsLower) {
    const capitals = /\p{Lu}/u.test(text[context.sentenceStart] ?? '');
    return !(capitals && GO_ON_WORDS.has(bare)) && lowerCaseCanFollow(token);
  }
  if (/^[IVX]$/.test(token) && PARTS_BEFORE.test(before)) return true; // Book V. Canto XII
  if (/^(?:[vV]|d|def|Def)$/.test(token) && /(?:\b[A-Z][\w.'’]*|\bal\.|\)) $/.test(before)) return false; // Roe v. Wade
  if (/^[cTt]$/.test(token) && /[\d½¼¾⅓⅔⅛] $/.test(before)) return false; // 2 c. AP flour
  if (next === '' && /^(?:[a-z]\.)*[a-z]$/i.test(token)) return false; // i.e. $3
  if (next === '') return !(TITLES.has(bare) || MAY_END.has(bare)) || ALSO_WORDS.has(token);
  if (/^[A-Z]$/.test(token)) {
    if (token === 'I') return starter || !/\b[A-Z][a-z]+ $/.test(before);
    // An initial belongs to a name; a lettered thing ("plan B.") ends the sentence.
    return starter || AFTER_LETTERED.test(before) || AFTER_LONE_LETTER.test(before);
  }
  if (/^(?:[a-z]\.)+[a-z]$/i.test(token)) {
    if (/^[ap]\.m$/i.test(token))
      return (
        !/^(?:mon|tue|wed|thu|fri|sat|sun|e[sd]?t|c[sd]?t|m[sd]?t|p[sd]?t|gmt|utc|bst|cet)/i.test(next) ||
        starter
      );
    if (/^(?:e\.g|i\.e|n\.b|p\.s)$/i.test(token)) return false;
    return starter;
  }
  if (/^(?:ph\.d|m\.sc|b\.sc|ed\.d|ll\.b)$/i.test(token)) return starter;
  if (bare === 'al' && /\bet $/i.test(before)) return starter;
  if (STATES.has(token)) return starter;
  if (ENDING.has(bare)) return true;
  if (/^c(?:ent)?$/.test(bare) && /\d(?:st|nd|rd|th) $/.test(before)) return starter; // the 5th cent.
  if (/^\d/.test(next) && TITLES.has(bare)) return false;
  if (ALSO_WORDS.has(bare) && token === bare && !/\d\s?$/.test(before)) return true;
  if (TITLES.has(bare) && !MAY_END.has(bare)) return false;
  // "Dr. No" is a title, "Elm Dr. The house" a street.
  if (MAY_END.has(bare)) return starter && (!TITLE_OR_STREET.has(bare) || /[A-Z][\w']* $/.test(before));
  return true;
}

/** An initial, or what stands before numbers and is no word. */
function isShortened(token: string, bare: string): boolean {
  return (
    /^[A-Z]$/.test(token) ||
    ((MAY_END.has(bare) || TITLES.has(bare) || LAW_WORDS.has(bare)) &&
      (/^[A-Z]/.test(token) || !ALSO_WORDS.has(bare)))
  );
}

/** A writer without capitals: "i went home. then i slept." But "approx. five" and "a.m. on Monday" go on. */
function lowerCaseCanFollow(token: string): boolean {
  const bare = token.toLowerCase();
  if (STATES.has(token)) return false;
  if (SHORT_WORDS.has(bare)) return true;
  if (ENDING.has(bare) || bare.includes('.') || bare.length < 3) return false;
  if ((TITLES.has(bare) || MAY_END.has(bare)) && !WORDS_BEFORE_LOWER_CASE.has(token)) return false;
  return /^[\p{L}'’]+$/u.test(bare) && /[aeiouyà-ÿ]/.test(bare);
}

/**
 * A mark with no space after it: "Really?Yes" and "the end.Then" are two sentences, "3.14" and "a.com" are
 * one.
 */
function unspaced(
  text: string,
  at: number,
  end: number,
  closed: number,
  context: BoundaryContext,
): BoundaryDecision {
  const goOn: BoundaryDecision = { kind: 'none', next: closed, newLine: false };
  const next = text[closed]!;
  if (/[。！？]/.test(text[end - 1]!)) return { kind: 'sentence', at: closed };
  if (!/\p{Lu}/u.test(next)) return goOn;
  let chunkEnd = closed;
  while (chunkEnd < text.length && chunkEnd < closed + TOKEN_REACH && !SPACE.test(text[chunkEnd]!))
    chunkEnd += 1;
  if (chunkEnd === text.length && chunkEnd < closed + TOKEN_REACH && !context.ended) return WAIT;
  const { token } = previousToken(text, at, context);
  const rest = text.slice(closed, chunkEnd);
  if (text.slice(at, end) === '.' && closed === end) {
    return /^[\p{L}\d]?[\d]*\p{Ll}{2,}$/u.test(token) &&
      /^\p{Lu}(?:\p{Ll}+|$)[,;:'’]?/u.test(rest) &&
      !/[./@\\_:=&%]\S/.test(rest)
      ? { kind: 'sentence', at: closed }
      : goOn;
  }
  return /\p{L}$/u.test(token) && !/[/@\\_=&%]/.test(token + rest) ? { kind: 'sentence', at: closed } : goOn;
}
