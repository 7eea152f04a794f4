// If this fails, a word of the user's lexicon is spelled, parted or expanded as if the user had said nothing.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFrontend, openVoice } from '../../../src/cli/voice-options.js';
import { VoirsError } from '../../../src/errors.js';
import type { Frontend } from '../../../src/frontend/frontend.js';
import { parseUserLexicon } from '../../../src/frontend/lexicon/user-lexicon.js';
import { ssmlVoices } from '../../../src/voices/catalog.js';

const voice = await openVoice(undefined);
const bare = await loadFrontend(voice);
const LEXICON = {
  sql: 'S IY1 K W AH0 L',
  gui: 'G UW1 IY0',
  hp: 'EY1 CH P IY1',
  tiktok: 'T IH1 K T AA1 K',
  github: 'G IH1 T HH AH2 B',
  iphone: 'AY1 F OW2 N',
  nginx: 'EH1 N JH IH0 N EH2 K S',
  'GPT-4': 'gee pee tee four',
  'C++': 'see plus plus',
  'New York': 'N UW1 Y AO1 R K',
  W3C: 'double-u three see',
  '/v(\\d+)/': 'version $1',
  US: 'you ess',
  東京: 'Tokyo',
  'Yahoo!': 'Y AA1 HH UW2',
  '404': 'four oh four',
  mm: 'em em',
  new: 'N Y UW1',
  résumé: 'R EH1 Z AH0 M EY2',
  'node.js': 'node jay ess',
  box: 'B AO1 K S',
  '🚀': 'to the moon',
  thing: 'TH IH1 NG IY0',
};
const frontend = await loadFrontend(voice, LEXICON);

/** Words; those with the user's phones as [word PHONES]. */
function said(text: string, reader: Frontend = frontend): string {
  const { sentences } = reader.analyse(text, { emoji: 'skip', unsupported: 'error' });
  return sentences
    .flatMap(({ words }) =>
      words.map(({ text: word, phones, provenance }) =>
        provenance === 'user' || provenance === 'derived' ? `[${word} ${phones.join(' ')}]` : word,
      ),
    )
    .join(' ');
}

const SQL = 'S IY1 K W AH0 L';
const CASES: [text: string, spoken: string][] = [
  ['SQL, MySQL, SQLs', `[sql ${SQL}] my [sql ${SQL}] [sqls ${SQL} Z]`],
  ["SQL's and Sql’s", `[sql's ${SQL} Z] and [sql's ${SQL} Z]`],
  ['"SQL" (SQL) SQL-based', `[sql ${SQL}] [sql ${SQL}] [sql ${SQL}] based`],
  ['THE SQL IS ON FIRE', `the [sql ${SQL}] is on fire`],
  ['A GUI', 'a [gui G UW1 IY0]'],
  ['HP 20 and HP20', '[hp EY1 CH P IY1] twenty and [hp EY1 CH P IY1] twenty'],
  ['TikTok, TikToks', '[tiktok T IH1 K T AA1 K] [tiktoks T IH1 K T AA1 K S]'],
  ["GitHub's iPhones", "[github's G IH1 T HH AH2 B Z] [iphones AY1 F OW2 N Z]"],
  ['NGINX or nginx', '[nginx EH1 N JH IH0 N EH2 K S] or [nginx EH1 N JH IH0 N EH2 K S]'],
  ["GPT-4 wins. GPT-4's", "gee pee tee four wins gee pee tee four's"],
  ['C++ and C++!', 'see plus plus and see plus plus'],
  ['NEW YORK is New  York', '[new york N UW1 Y AO1 R K] is [new york N UW1 Y AO1 R K]'],
  ['the W3C says', 'the double u three see says'],
  ['v12 or rev3', 'version twelve or rev three'],
  ['the US and us', 'the you ess and us'],
  ['東京 is big', 'tokyo is big'],
  ['Yahoo! said', '[yahoo! Y AA1 HH UW2] said'],
  ['404 errors, $404, 404.5', 'four oh four errors four hundred four dollars four hundred four point five'],
  ['10 mm and 10mm', 'ten em em and ten em em'],
  ['new news', '[new N Y UW1] news'],
  ['my résumé', 'my [resume R EH1 Z AH0 M EY2]'],
  ['Node.js', 'node jay ess'],
  ['two boxes', 'two [boxes B AO1 K S IH0 Z]'],
  ['up 🚀', 'up to the moon'],
  ['https://github.com/a', '[github G IH1 T HH AH2 B] dot com slash a'],
  ['a thing, two SQL things', `a [thing TH IH1 NG IY0] two [sql ${SQL}] [things TH IH1 NG IY0 Z]`],
  ['the [kokoro](/ˈkoʊkəɹoʊ/) model', 'the [kokoro K OW1 K AH0 R OW0] model'],
  ['[phones](/f oʊ n z/) here', '[phones F OW1 N Z] here'],
  ['say [[HH AH0 L OW1]] now', 'say [hh ah l ow HH AH0 L OW1] now'],
  ['[docs](https://a.example/docs/)', 'docs'],
];

const test = suite('user entries');

for (const [text, spoken] of CASES) {
  test(`reads ${JSON.stringify(text)}`.slice(0, 72), () => assert.is(said(text), spoken));
}

test('reads phones in a text without any lexicon', () => {
  assert.is(said('[gif](/dʒ ɪ f/) and [[G IH1 F]]', bare), '[gif JH IH1 F] and [g ih f G IH1 F]');
  assert.is(said('[[not phones]] here', bare), 'not phones here');
});

test('gives the span of the source', () => {
  const text = 'See GitHub’s [kokoro](/ˈkoʊkəɹoʊ/) and New  York, v12.';
  const { sentences } = frontend.analyse(text);
  const spans = sentences.flatMap(({ words }) => words.map(({ span }) => text.slice(...span)));
  assert.equal(spans, ['See', 'GitHub’s', '[kokoro](/ˈkoʊkəɹoʊ/)', 'and', 'New  York', 'v12', 'v12']);
});

test('reads entries in pieces and in plain reading as in a whole text', () => {
  const reader = frontend.open();
  const steps = [...'MySQL on HP 20. TikToks!'].flatMap((piece) => [...reader.push(piece)]);
  const sentences = [...steps, ...reader.end()].filter((sentence) => sentence !== undefined);
  const phones = sentences.flatMap(({ words }) => words.map(({ phones }) => phones.join(' ')));
  assert.ok(phones.includes(SQL) && phones.includes('EY1 CH P IY1') && phones.includes('T IH1 K T AA1 K S'));
  const { sentences: plain } = frontend.analyse('Use W3C now', { preprocessing: 'plain' });
  assert.is(plain[0]!.words.map(({ text }) => text).join(' '), 'use double u three see now');
});

test('reads entries in SSML and leaves its own words alone', () => {
  const voices = ssmlVoices(voice.manifest);
  const ssml = '<speak>MySQL <sub alias="SQL">x</sub> <phoneme ph="kæt">SQL</phoneme> thing</speak>';
  const { sentences } = frontend.analyseSsml(ssml, { voices, voice: voices[0]!.id });
  assert.equal(
    sentences[0]!.words.slice(1).map(({ phones }) => phones.join(' ')),
    [SQL, SQL, 'K AE1 T', 'TH IH1 NG IY0'],
  );
});

test('prefers the case of the text, and keeps to it where asked', async () => {
  const cased = await loadFrontend(voice, '{ "Polish": "P OW1 L IH0 SH", "polish": "P AA1 L IH0 SH" }');
  assert.is(said('Polish polish', cased), '[polish P OW1 L IH0 SH] [polish P AA1 L IH0 SH]');
  const strict = await loadFrontend(voice, '{ "CAT": { "respell": "see ay tee", "case": true } }');
  assert.is(said('a CAT scan, a cat', strict), 'a see ay tee scan a cat');
});

const piece = fc.oneof(
  fc.constantFrom(...Object.keys(LEXICON), "'s", 's', ' ', '\n', '. ', '$', '-', '/', 'My', 'ÀB', '3', '[['),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

test('keeps spans in order for any text around entries', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      try {
        let last: [number, number] = [0, 0];
        for (const { words } of frontend.analyse(text, { unsupported: 'skip' }).sentences) {
          for (const { span, phones } of words) {
            const isSame = span[0] === last[0] && span[1] === last[1];
            assert.ok(isSame || span[0] >= last[1], `${span} after ${last} in ${JSON.stringify(text)}`);
            assert.ok(span[1] > span[0] && span[1] <= text.length && phones.length > 0);
            last = span;
          }
        }
      } catch (error) {
        assert.instance(error, VoirsError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

const entry = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('sql', 'C++', '/a(b?)/', 'New York', '“x”'),
);
const speech = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('sequel', 'S IY1', '/kæt/', '$1 $9 $&'),
);

test('survives any lexicon on any text', () => {
  fc.assert(
    fc.property(fc.dictionary(entry, speech, { maxKeys: 6 }), fc.array(piece), (words, pieces) => {
      const text = [...Object.keys(words), ...pieces].join(' ');
      try {
        const own = bare.withUserLexicon(parseUserLexicon(JSON.stringify(words)));
        own.analyse(text, { unsupported: 'skip' });
      } catch (error) {
        assert.instance(error, VoirsError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('asks the lexicon for what stands in sub, say-as and a phoneme that fails', () => {
  const voices = ssmlVoices(voice.manifest);
  const phonesIn = (markup: string): string[] =>
    frontend
      .analyseSsml(`<speak>${markup}</speak>`, { voices, voice: voices[0]!.id })
      .sentences.flatMap(({ words }) => words.map(({ phones }) => phones.join(' ')));
  assert.equal(phonesIn('<sub alias="SQL">x</sub>'), [SQL]);
  assert.equal(phonesIn('<say-as interpret-as="name">SQL</say-as>'), [SQL]);
  assert.equal(phonesIn('<phoneme alphabet="ipa">SQL</phoneme>'), [SQL]);
  assert.equal(phonesIn('<say-as interpret-as="characters">HP</say-as>'), ['EY1 CH', 'P IY1']);
});

test.run();
