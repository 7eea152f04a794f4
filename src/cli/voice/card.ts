// What a voice must say of itself before it is written or published: its licence, who made it, and what it was made from.
// On a terminal the missing fields are asked for; else they are refused by name.
import { createInterface } from 'node:readline/promises';
import { JsonReader } from '../../checkpoints/json-reader.js';
import { shown, VoirsError } from '../../errors.js';

/** The fields of a card. */
export interface VoiceCard {
  /** An SPDX expression. */
  license: string;
  author: string;
  /** Where the model comes from: an address, or a sentence. */
  origin: string;
}

/** Options of a command by the field that each fills. */
export const cardOptions = {
  license: {
    type: 'string',
    value: 'SPDX',
    help: 'Licence of the voice as SPDX has it: CC-BY-4.0, MIT, LicenseRef-NAME',
  },
  author: { type: 'string', value: 'NAME', help: 'Who made the model' },
  origin: {
    type: 'string',
    value: 'TEXT',
    help: 'Where the model and its recordings come from: an address or a sentence',
  },
} as const;

const QUESTIONS: Readonly<Record<keyof VoiceCard, string>> = {
  license: 'Licence of the voice (SPDX, such as CC-BY-4.0)',
  author: 'Who made the model',
  origin: 'Where the model and its recordings come from',
};

const MOST_CHARACTERS = 500;
/** The form of an expression; whether a licence of that name exists is not looked up. */
const SPDX = /^\(?[A-Za-z0-9.+-]+(?:[ )(]+(?:AND|OR|WITH)[ )(]+[A-Za-z0-9.+-]+)*\)?$/;

/** Whether a text has the form of an SPDX expression. */
export const isSpdx = (text: string): boolean => text.length <= MOST_CHARACTERS && SPDX.test(text);

/**
 * The card from options, else from what the voice has, else from answers.
 * @param known fields that the voice states already.
 * @param canAsk whether a person is at the terminal.
 * @throws VoirsError INVALID_OPTIONS with all that is missing, or what is no SPDX expression.
 */
export async function completeCard(
  given: Partial<VoiceCard>,
  known: Partial<VoiceCard>,
  canAsk: boolean,
): Promise<VoiceCard> {
  const card: Partial<VoiceCard> = { ...known, ...given };
  const fields = Object.keys(QUESTIONS) as (keyof VoiceCard)[];
  const lacking = (): (keyof VoiceCard)[] => fields.filter((field) => (card[field] ?? '').trim() === '');
  if (lacking().length > 0 && canAsk) await askFor(card, lacking());
  const missing = lacking();
  if (missing.length > 0) {
    throw new VoirsError('INVALID_OPTIONS', 'The card of the voice lacks fields', {
      got: `no ${missing.join(', no ')}`,
      wanted: missing.map((field) => `--${field} ${cardOptions[field].value}`).join(' '),
      suggestion: 'State them; who speaks with the voice must know what they may do with it.',
    });
  }
  const { license, author, origin } = card as VoiceCard;
  if (!isSpdx(license)) {
    throw new VoirsError('INVALID_OPTIONS', 'The licence is not an SPDX expression', {
      got: shown(license),
      wanted: 'CC-BY-4.0, MIT, Apache-2.0, CC0-1.0; LicenseRef-NAME for one of its own',
      suggestion: 'spdx.org/licenses lists them.',
    });
  }
  return { license, author: author.slice(0, MOST_CHARACTERS), origin: origin.slice(0, MOST_CHARACTERS) };
}

async function askFor(card: Partial<VoiceCard>, fields: readonly (keyof VoiceCard)[]): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController(); // by Ctrl-C or Ctrl-D, after which no answer comes
  terminal.once('close', () => gone.abort());
  const { signal } = gone;
  try {
    for (const field of fields)
      card[field] = (await terminal.question(`${QUESTIONS[field]}: `, { signal })).trim();
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new VoirsError('ABORTED', 'No answer was given', {
      wanted: fields.map((one) => `--${one}`).join(' '),
      cause,
    });
  } finally {
    terminal.close();
  }
}

/** Whether a person can be asked. */
export const canAsk = (json: boolean | undefined): boolean =>
  json !== true && process.stdin.isTTY === true && process.stderr.isTTY === true;

/** The card in a manifest, as far as it has one. */
export function cardIn(json: string, source: string): Partial<VoiceCard> {
  const card = JsonReader.parse(json, source).field('card');
  if (card.isAbsent) return {};
  const found: Partial<VoiceCard> = {};
  for (const field of ['license', 'author', 'origin'] as const) {
    const value = card.field(field);
    if (!value.isAbsent) found[field] = value.string();
  }
  return found;
}
