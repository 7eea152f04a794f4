// If this fails, a user's own pronunciations are lost or misread, or a broken file gives no usable message.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../../src/errors.js';
import { entryForms } from '../../../src/frontend/en-us/lexicon/entry-forms.js';
import { lexiconText } from '../../../src/frontend/lexicon/lexicon-text.js';
import { parseUserLexicon, type UserLexiconFormat } from '../../../src/frontend/lexicon/user-lexicon.js';
import { isPhone } from '../../../src/frontend/phonemes.js';
import { voirsError } from '../../expect.js';

/** The forms or the respelling of each entry. */
function forms(text: string, format?: UserLexiconFormat): Record<string, string[] | string> {
  return Object.fromEntries(
    parseUserLexicon(text, format).entries.map(({ folded, speech }) => [
      folded,
      'forms' in speech ? speech.forms.map((phones) => phones.join(' ')) : speech.respelling,
    ]),
  );
}

function refusal(run: () => unknown): VoirsError {
  try {
    run();
  } catch (error) {
    assert.instance(error, VoirsError);
    assert.is((error as VoirsError).code, 'INVALID_OPTIONS');
    return error as VoirsError;
  }
  throw new Error('no error was thrown');
}

const message = (text: string, format?: UserLexiconFormat): string =>
  refusal(() => parseUserLexicon(text, format)).message;

const pluralForms = entryForms(() => true);

const test = suite('user lexicon');

test('reads a list of words and phones', () => {
  const text =
    '\ufeff# mine\r\nvoirs  V W AA1 R Z\r\n\r\nGIF /dʒɪf/ # soft\r\ntomato(2) T AH0 M AA1 T OW2\r\ntomato T AH0 M EY1 T OW2\r\ncafé k ae1 f ey0\r\n';
  assert.equal(forms(text), {
    voirs: ['V W AA1 R Z'],
    gif: ['JH IH1 F'],
    tomato: ['T AH0 M AA1 T OW2', 'T AH0 M EY1 T OW2'],
    cafe: ['K AE1 F EY0'],
  });
});

test('reads JSON of strings, lists and alphabets', () => {
  const text = `{
    "voirs": "V W AA1 R Z",
    "data": ["D EY1 T AH0", "/ˈdætə/"],
    "gif": { "ipa": "dʒɪf" },
    "sampa": { "x-sampa": "\\"s{mp@" },
    "o’neill": { "x-arpabet": "OW0 N IY1 L" }
  }`;
  assert.equal(forms(text), {
    voirs: ['V W AA1 R Z'],
    data: ['D EY1 T AH0', 'D AE1 T AH0'],
    gif: ['JH IH1 F'],
    sampa: ['S AE1 M P AH0'],
    "o'neill": ['OW0 N IY1 L'],
  });
});

test('reads PLS with the preferred phoneme first', () => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <metadata><any><thing/></any></metadata>
  <lexeme>
    <grapheme>theatre</grapheme><grapheme>theater</grapheme>
    <phoneme>θiˈeɪtɚ</phoneme>
    <phoneme prefer="true">ˈθiətɚ</phoneme>
    <example>the theatre</example>
  </lexeme>
  <lexeme><grapheme>voirs</grapheme><phoneme alphabet="x-arpabet"><![CDATA[V W AA1 R Z]]></phoneme></lexeme>
</lexicon>`;
  const both = ['TH IY1 AH0 T ER0', 'TH IY0 EY1 T ER0'];
  assert.equal(forms(text), { theatre: both, theater: both, voirs: ['V W AA1 R Z'] });
});

test('reads respellings in all three forms', () => {
  assert.equal(forms('SQL sequel\nC++  see plus plus\nNew York = N UW1 Y AO1 R K\nLA\tell ay\nFBI S Q L'), {
    sql: 'sequel',
    'c++': 'see plus plus',
    'new york': ['N UW1 Y AO1 R K'],
    la: 'ell ay',
    fbi: 'S Q L',
  });
  assert.equal(forms('{ "SQL": "sequel", "GUI": { "respell": "gooey" }, "covid-19": "K OW1 V IH0 D" }'), {
    sql: 'sequel',
    gui: 'gooey',
    'covid-19': ['K OW1 V IH0 D'],
  });
  const pls =
    '<lexicon alphabet="IPA"><lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme></lexicon>';
  assert.equal(forms(pls), { w3c: 'World Wide Web Consortium' });
});

test('reads regular expressions with their flags', () => {
  const { patterns } = parseUserLexicon('/v(\\d+)/i version $1\n/a b\\/c/ = it');
  assert.equal(
    patterns.map(({ pattern, speech }) => [pattern.source, pattern.flags, speech]),
    [
      ['v(\\d+)', 'giu', { respelling: 'version $1' }],
      ['a b\\/c', 'gu', { respelling: 'it' }],
    ],
  );
});

test('names a path that is given as a lexicon', () => {
  for (const path of ['./lex.txt', 'words.json', '/tmp/my-words.pls', 'C:\\words.txt']) {
    const error = refusal(() => lexiconText(path));
    assert.match(error.message, /^The lexicon is a path; got .*; wanted the text of a lexicon, or an object/);
    assert.match(error.suggestion!, 'Read the file first');
  }
  for (const odd of [3, true, null, ['a'], new Map(), () => 'x', Symbol('x'), 1n]) {
    assert.match(
      refusal(() => lexiconText(odd)).message,
      /^The lexicon cannot be read; got .*; wanted the text/,
    );
  }
  assert.is(lexiconText({ voirs: 'V W AA1 R Z' }), '{"voirs":"V W AA1 R Z"}');
  assert.match(message('{ "a": 3 }'), /the entry "a" is malformed; got 3; wanted phones or a respelling/);
});

const PLS = '<lexicon xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa">\n';
const faults: [name: string, text: string, expected: RegExp][] = [
  ['a word without phones', 'voirs V\nalone\n', /line 2: a word has no phones; got "alone"/],
  [
    'a phone that does not exist',
    'a AH0\n\nvoirs V QQ R Z',
    /line 3: the phones of "voirs" cannot be read; got "QQ"/,
  ],
  ['IPA that does not exist', 'voirs /vǂ/', /line 1: .*got "ǂ" at character 2/],
  ['an entry without a word', '{ " ": "N UW1" }', /line 1: an entry is no word or phrase; got " "/],
  [
    'a broken expression',
    '{ "/v(/": "version" }',
    /line 1: the regular expression cannot be read; got "\/v\(\/"/,
  ],
  ['an unknown flag', '/v/s version', /line 1: the regular expression cannot be read/],
  [
    'an empty respelling',
    '{ "a": { "respell": " " } }',
    /line 1: the respelling of "a" is empty or too long/,
  ],
  ['JSON cut short', '{\n "a": "AH0",\n "b"', /line 3: the JSON is malformed/],
  ['a JSON list', '["a"]', /line 1: the JSON is no object/],
  ['a JSON number', '{\n "a": "AH0",\n "b": 3 }', /line 3: the entry "b" is malformed; got 3/],
  ['an unknown alphabet in JSON', '{ "a": { "kirshenbaum": "a" } }', /line 1: the entry "a" is malformed/],
  ['XML that is not closed', `${PLS}<lexeme>`, /line 2: the XML is malformed/],
  ['another element', `${PLS}<word/></lexicon>`, /line 2: <word> has no place here; wanted <lexeme>/],
  [
    'a lexeme without phoneme',
    `${PLS}<lexeme><grapheme>a</grapheme></lexeme></lexicon>`,
    /line 2: a lexeme is incomplete/,
  ],
  [
    'an unknown alphabet',
    PLS.replace('ipa', 'kirshenbaum'),
    /line 1: the alphabet is unknown; got "kirshenbaum"/,
  ],
  [
    'an entity bomb',
    `<!DOCTYPE l [<!ENTITY a "aa">]>\n${PLS}</lexicon>`,
    /line 1: a document type is not accepted/,
  ],
  ['an undeclared entity', `${PLS}&boom;</lexicon>`, /line 2: the XML is malformed/],
];
for (const [name, text, expected] of faults) {
  test(`refuses ${name} with its line`, () => assert.match(message(text), expected));
}

test('refuses a lexicon of more than 8 MiB, and takes one of as many', async () => {
  const most = 8 * 2 ** 20;
  const lines = 'voirs V W AA1 R Z\n';
  const padded = lines.padEnd(most, `${' '.repeat(900)}\n`);
  assert.ok(parseUserLexicon(padded));
  const { message } = await voirsError(() => parseUserLexicon(`${padded}\n`), 'INVALID_OPTIONS');
  assert.match(message, new RegExp(`${most + 1}.*at most ${most}`));
});

test('gives real phones or a VoirsError for any file', () => {
  const snippets = fc.constantFrom(
    '{',
    '"a"',
    ':',
    '<lexicon',
    '>',
    '<lexeme>',
    'AH0',
    '\n',
    '/',
    'ə',
    '&amp;',
    ']]>',
    '#',
    '(2)',
    '/v(\\d)/',
    '$1',
    '=',
    'sequel',
    '"respell"',
    '\u0000',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(snippets, { maxLength: 20 }).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(texts, fc.constantFrom(undefined, 'json', 'pls', 'text'), (text, format) => {
      try {
        const lexicon = parseUserLexicon(text, format as UserLexiconFormat | undefined);
        for (const { folded, speech } of lexicon.entries) {
          assert.ok(folded.trim() !== '');
          if ('forms' in speech) assert.ok(speech.forms.length > 0 && speech.forms.flat().every(isPhone));
          else assert.ok(speech.respelling !== '');
        }
        let last = 0;
        for (const { start, end } of lexicon.matchesIn(text, pluralForms)) {
          assert.ok(start >= last && end > start && end <= text.length, `${start}-${end} after ${last}`);
          last = end;
        }
      } catch (error) {
        assert.instance(error, VoirsError, String(error));
      }
    }),
    { numRuns: 600 },
  );
});

test.run();
