// Digits of other bases, character by character: "0x1F", UUIDs, hardware and network addresses, the hashes of
// commits.
import { cardinalWords, digitWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky } from './reader.js';

const PREFIXED = sticky(
  '0(?:([xX])([0-9A-Fa-f]{1,32})|([bB])([01]{2,64})|([oO])([0-7]{1,32}))(?![A-Za-z0-9])',
);
const UUID = sticky(
  '([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})(?![A-Za-z0-9-])',
);
const HARDWARE = sticky('((?:[0-9A-Fa-f]{2}[:-]){3,7}[0-9A-Fa-f]{2})(?![A-Za-z0-9:-])');
const NETWORK = sticky(
  '((?:[0-9A-Fa-f]{1,4}:){2,7}:?[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,6}:[0-9A-Fa-f]{0,4})(?:/(\\d{1,3}))?(?![A-Za-z0-9:])',
);
const HASH = sticky('(?=[a-f]{0,39}\\d)(?=\\d{0,39}[a-f])[0-9a-f]{7,40}(?![A-Za-z0-9-])');

/** Characters one by one: "1A" -> "one A". */
export function characterWords(text: string): string {
  return [...text].map((sign) => (/\d/.test(sign) ? digitWords(sign) : sign.toUpperCase())).join(' ');
}

/** Whether a word is the digits of a hash: small hexadecimal letters and digits mixed. */
export function isHash(word: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(word) && /\d[a-f]/.test(word) && /[a-f]\d/.test(word);
}

/** "0x1F", UUIDs, hardware and network addresses, commit hashes. */
export function readHexadecimal(site: Site): Reading | null {
  if (/[A-Za-z0-9:._-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const prefixed = matchAt(PREFIXED, site);
  if (prefixed) {
    const [all, hex, digits, , bits, , octal] = prefixed;
    const say =
      hex !== undefined
        ? `hex ${characterWords(digits!)}`
        : bits !== undefined
          ? `binary ${digitWords(bits)}`
          : `octal ${digitWords(octal!)}`;
    return { end: site.at + all.length, say };
  }
  const uuid = matchAt(UUID, site);
  if (uuid) return { end: site.at + uuid[0].length, say: uuid[1]!.split('-').map(characterWords).join(', ') };
  const hardware = matchAt(HARDWARE, site);
  if (hardware && (/[A-Fa-f]/.test(hardware[1]!) || hardware[1]!.length > 14))
    return { end: site.at + hardware[0].length, say: characterWords(hardware[1]!.replace(/[:-]/g, '')) };
  const network = matchAt(NETWORK, site);
  if (network && /[A-Fa-f]/.test(network[1]!) && /\d/.test(network[1]!) && network[1]!.split(':').length > 3)
    return { end: site.at + network[0].length, say: networkWords(network[1]!, network[2]) };
  const hash = matchAt(HASH, site);
  return hash && isHash(hash[0]) ? { end: site.at + hash[0].length, say: characterWords(hash[0]) } : null;
}

function networkWords(address: string, mask: string | undefined): string {
  const groups = address.split(':').map((group) => (group === '' ? '' : characterWords(group)));
  const say = groups
    .filter((group, i) => group !== '' || i > 0)
    .map((group) => group || 'colon')
    .join(' colon ')
    .replace(/colon colon colon/g, 'colon colon');
  return mask === undefined ? say : `${say} slash ${cardinalWords(mask)}`;
}
