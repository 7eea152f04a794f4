// Places in the Bible: "1 Cor. 13:4-7" is first corinthians thirteen, four to seven; "Ps. 23" is psalm twenty
// three.
import scripture from '../data/scripture.json' with { type: 'json' };
import { numberWords, ordinalWords } from './numbers.js';
import { alternatives, insideWord, matchAt, type Reading, type Site, sticky } from './reader.js';

const SHORT: ReadonlyMap<string, string> = new Map(
  Object.entries(scripture.books).flatMap(([book, forms]) =>
    forms === '' ? [] : forms.split(' ').map((form): [string, string] => [form, book]),
  ),
);
/** Books that come in several volumes, before which "1" is first. */
const NUMBERED = /^(?:samuel|kings|chronicles|corinthians|thessalonians|timothy|peter|john|maccabees)$/;
/** Short forms that are names, words or titles too: a chapter alone does not make them books. */
const DOUBTFUL: ReadonlySet<string> = new Set(scripture.doubtful.split(' '));

const VOLUME = '(?:([123]|I{1,3}) )?';
const BOOK = `(${alternatives([...SHORT.keys(), ...Object.keys(scripture.books)].map((name) => name[0]!.toUpperCase() + name.slice(1)))})`;
const PLACE = sticky(`${VOLUME}${BOOK}(\\.?) (\\d{1,3})(?::(\\d{1,3})(?:[-–](\\d{1,3}))?([a-c])?)?`);

/** A book with its chapter and verses; a full name only with a volume or a verse. */
export function readScripture(site: Site): Reading | null {
  const match = matchAt(PLACE, site);
  if (!match || insideWord(site.text, site.at - 1)) return null;
  const [all, volume, written, dot, chapter, verse, last, part] = match;
  const end = site.at + all.length;
  if (insideWord(site.text, end) || /^[:.,]\d/.test(site.text.slice(end, end + 2))) return null;
  const short = written!.toLowerCase();
  const book = SHORT.get(short) ?? short;
  const sure = verse !== undefined || (dot !== '' && SHORT.has(short) && !DOUBTFUL.has(short));
  if (volume !== undefined && !NUMBERED.test(book)) return null;
  if (!sure && volume === undefined) return null;
  const words = [book, numberWords(chapter!)];
  if (volume !== undefined) words.unshift(ordinalWords(volume.startsWith('I') ? `${volume.length}` : volume));
  if (verse !== undefined) {
    // After a volume a third and a fourth number are hard to follow without a pause; 20:3 is not 23.
    const unclear = /[2-9]0$/.test(chapter!) && /^[1-9]$/.test(verse);
    if (unclear || (volume !== undefined && last !== undefined)) words.push(',');
    words.push(numberWords(verse));
    if (last !== undefined) words.push('to', numberWords(last));
    if (part !== undefined) words.push(part.toUpperCase());
  }
  return { end, say: words.join(' ').replace(' ,', ',') };
}
