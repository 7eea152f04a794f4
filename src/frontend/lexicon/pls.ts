// Reads the W3C Pronunciation Lexicon Specification 1.0 (https://www.w3.org/TR/pronunciation-lexicon/).
import { SaxesParser } from 'saxes';
import { VoirsError } from '../../errors.js';
import { alphabetNamed, PHONETIC_ALPHABETS, type PhoneticAlphabet } from '../phonetic-alphabets.js';
import { type LexiconEntry, lexiconError } from './lexicon-entry.js';

const NAMESPACE = 'http://www.w3.org/2005/01/pronunciation-lexicon';
const DEEPEST = 8;

/** The elements that each element may hold; metadata is passed over. */
const CHILDREN: Record<string, readonly string[]> = {
  '': ['lexicon'],
  lexicon: ['lexeme', 'meta', 'metadata'],
  lexeme: ['grapheme', 'phoneme', 'alias', 'example'],
  grapheme: [],
  phoneme: [],
  example: [],
  alias: [],
  meta: [],
};

interface Lexeme {
  graphemes: string[];
  /** In the order of preference that the document gives. */
  forms: { value: string; alphabet: PhoneticAlphabet | 'respell'; preferred: boolean; line: number }[];
  line: number;
}

/**
 * The entries of a PLS document; the preferred phoneme or alias of a lexeme first. Document types and unknown
 * alphabets are refused.
 * @throws VoirsError INVALID_OPTIONS that names the line.
 */
export function parsePls(text: string): LexiconEntry[] {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const entries: LexiconEntry[] = [];
  const path: string[] = [];
  let standard: PhoneticAlphabet | undefined;
  let lexeme: Lexeme | undefined;
  let phoneme: PhoneticAlphabet | undefined;
  let preferred = false;
  let content = '';
  const fail = (what: string, details: { got?: string; wanted?: string } = {}): never => {
    throw lexiconError(parser.line, what, details);
  };

  parser.on('error', (error) => {
    throw lexiconError(parser.line, 'the XML is malformed', { got: error.message.replace(/^\d+:\d+: /, '') });
  });
  parser.on('doctype', () => fail('a document type is not accepted'));
  parser.on('opentag', ({ local, uri, attributes }) => {
    const parent = path.at(-1) ?? '';
    path.push(local);
    if (path.length > DEEPEST)
      fail('elements are nested too deeply', { wanted: `at most ${DEEPEST} levels` });
    if (path.includes('metadata')) return;
    if (uri !== NAMESPACE && uri !== '')
      fail(`<${local}> is of another namespace`, { got: uri, wanted: NAMESPACE });
    if (!CHILDREN[parent]?.includes(local)) {
      fail(`<${local}> has no place here`, {
        wanted: (CHILDREN[parent] ?? []).map((name) => `<${name}>`).join(', '),
      });
    }
    content = '';
    const named = attributes.alphabet?.value;
    const alphabet = named === undefined ? undefined : alphabetNamed(named);
    if (named !== undefined && alphabet === undefined) {
      fail('the alphabet is unknown', {
        got: JSON.stringify(named.slice(0, 40)),
        wanted: PHONETIC_ALPHABETS.join(', '),
      });
    }
    if (local === 'lexicon') standard = alphabet;
    if (local === 'lexeme') lexeme = { graphemes: [], forms: [], line: parser.line };
    if (local === 'phoneme') {
      phoneme =
        alphabet ?? standard ?? fail('a phoneme has no alphabet', { wanted: 'the attribute alphabet' });
    }
    if (local === 'phoneme' || local === 'alias') {
      preferred = attributes.prefer?.value === 'true' || attributes.prefer?.value === '1';
    }
  });
  parser.on('text', (piece) => {
    content += piece;
  });
  parser.on('cdata', (piece) => {
    content += piece;
  });
  parser.on('closetag', ({ local }) => {
    path.pop();
    if (lexeme === undefined || path.includes('metadata')) return;
    if (local === 'grapheme') lexeme.graphemes.push(content.trim());
    if (local === 'phoneme' && phoneme !== undefined) {
      lexeme.forms.push({ value: content.trim(), alphabet: phoneme, preferred, line: parser.line });
    }
    if (local === 'alias') {
      lexeme.forms.push({ value: content.trim(), alphabet: 'respell', preferred, line: parser.line });
    }
    if (local === 'lexeme') {
      entries.push(...entriesOf(lexeme));
      lexeme = undefined;
    }
  });

  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof VoirsError) throw error;
    throw lexiconError(parser.line, 'the XML is malformed', { got: String(error).slice(0, 80) });
  }
  return entries;
}

function entriesOf({ graphemes, forms, line }: Lexeme): LexiconEntry[] {
  if (graphemes.length === 0 || forms.length === 0) {
    throw lexiconError(line, 'a lexeme is incomplete', {
      wanted: 'at least one <grapheme>, and one <phoneme> or <alias>',
    });
  }
  const ordered = [...forms.filter((form) => form.preferred), ...forms.filter((form) => !form.preferred)];
  return graphemes.flatMap((word) =>
    ordered.map(({ value, alphabet, line }) => ({ word, value, alphabet, line })),
  );
}
