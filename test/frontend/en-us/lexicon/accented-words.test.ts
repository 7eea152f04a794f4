// If this fails, "résumé" is read as "resume", "piñata" without its Y, or a name without its accents is misread.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFrontend, openVoice } from '../../../../src/cli/voice-options.js';
import { Frontend } from '../../../../src/frontend/frontend.js';
import { loadPronouncer } from '../../../../src/voices/catalog.js';

const voice = await openVoice(undefined);
const frontend = await loadFrontend(voice);
const test = suite('accented words');

/** The phones of one word. */
function phones(text: string): string {
  const words = frontend.analyse(text).sentences.flatMap((sentence) => sentence.words);
  assert.is(words.length, 1, text);
  return words[0]!.phones.join(' ');
}

const SPOKEN: [string, string][] = [
  ['résumé', 'R EH1 Z AH0 M EY2'],
  ['Résumés', 'R EH1 Z AH0 M EY2 Z'],
  ["résumé's", 'R EH1 Z AH0 M EY2 Z'],
  ['resume', 'R IH0 Z UW1 M'],
  ['rosé', 'R OW0 Z EY1'],
  ['rose\u0301', 'R OW0 Z EY1'],
  ['pâté', 'P AA0 T EY1'],
  ['exposé', 'EH2 K S P OW0 Z EY1'],
  ['lamé', 'L AA0 M EY1'],
  ['maté', 'M AA1 T EY0'],
  ['piñata', 'P IH0 N Y AA1 T AH0'],
  ['Niño', 'N IY1 N Y OW0'],
  ['mañana', 'M AH0 N Y AA1 N AH0'],
  ['¿Qué?', 'K EY1'],
  ['brûlée', 'B R UW0 L EY1'],
  ['Citroën', 'S IH1 T R OW0 EH2 N'],
  ['Hermès', 'EH0 R M EH1 Z'],
  ['Erdoğan', 'EH1 R D OW0 AA2 N'],
  ['Köln', 'K ER1 L N'],
  ['caf&eacute;', 'K AH0 F EY1'],
];

for (const [text, spoken] of SPOKEN) {
  test(`reads ${JSON.stringify(text)}`, () => assert.is(phones(text), spoken));
}

test('speaks the é at the end of any word', () => {
  for (const word of ['morosé', 'reclusé', 'Zimbré', 'Lanté']) assert.match(phones(word), / EY[012]$/, word);
});

test('puts a Y after the N of any ñ', () => {
  for (const word of ['Quiñata', 'Sañana', 'tiña', 'Cañedo']) assert.match(phones(word), / N Y /, word);
});

test('reads a word with other accents as the word without', () => {
  for (const [accented, bare] of [
    ['naïve', 'naive'],
    ['coöperate', 'cooperate'],
    ['Málaga', 'Malaga'],
    ['élite', 'elite'],
  ] as const)
    assert.is(phones(accented).replace(/\d/g, ''), phones(bare).replace(/\d/g, ''), accented);
});

test('prefers a form of the user for the bare word', async () => {
  const pronouncer = await loadPronouncer(voice, 'resume R EH1 Z');
  const own = new Frontend(pronouncer, voice.manifest.acoustic.maxTrainedTokens);
  assert.equal(own.analyse('résumé').sentences[0]!.words[0]!.phones, ['R', 'EH1', 'Z']);
});

test.run();
