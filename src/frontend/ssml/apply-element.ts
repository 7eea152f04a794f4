// Applies each element of SSML to the text and to how it is spoken.
import { VoirsError } from '../../errors.js';
import { PHONETIC_ALPHABETS, parsePhones } from '../phonetic-alphabets.js';
import type { Span } from '../utterance.js';
import { breakSeconds, emphasis, prosody } from './delivery.js';
import type { Manner, MarkedText } from './marked-text.js';
import type { SsmlContext } from './ssml-document.js';
import { excerpt, ssmlError } from './ssml-error.js';
import type { SsmlVoice } from './ssml-voice.js';

/** An open element. */
export interface Frame {
  /** As written, with its prefix. */
  name: string;
  local: string;
  /** Where its tag begins. */
  offset: number;
  holds: 'anything' | 'text' | 'nothing';
  attributes: ReadonlyMap<string, string>;
  /** How what is in it is spoken. */
  manner: Manner;
  /**
   * The text of an element that holds only text, and where it stands (the whole element, where it has none).
   */
  content: string;
  contentSpan: Span | undefined;
}

interface ElementContext extends SsmlContext {
  source: string;
}

type Handler = (frame: Frame, marked: MarkedText, context: ElementContext) => void;

const endsSentence: Handler = (_, marked) => marked.endStretch('sentence');
const endsParagraph: Handler = (_, marked) => marked.endStretch('paragraph');
const partsWords: Handler = (frame, marked) => marked.part(frame.offset, frame.manner);

const OPEN: Readonly<Record<string, Handler>> = {
  p: endsParagraph,
  s: endsSentence,
  w: partsWords,
  token: partsWords,
  voice: (frame, marked, context) => {
    marked.part(frame.offset, frame.manner);
    const { id } = chosenVoice(frame, context);
    frame.manner = { ...frame.manner, voice: id === context.voice ? undefined : id };
  },
  prosody: (frame, _, context) => {
    const id = frame.manner.voice ?? context.voice;
    const { meanHz } = context.voices.find((voice) => voice.id === id) ?? context.voices[0]!;
    if (frame.attributes.size === 0) {
      throw new VoirsError('INVALID_SSML', 'it asks for nothing', { wanted: 'rate, pitch or volume' });
    }
    frame.manner = {
      ...frame.manner,
      delivery: prosody(frame.manner.delivery, frame.attributes, meanHz),
    };
  },
  emphasis: (frame) => {
    const delivery = emphasis(frame.manner.delivery, frame.attributes.get('level')?.trim());
    frame.manner = { ...frame.manner, delivery };
  },
  break: (frame, marked) => {
    marked.part(frame.offset, frame.manner);
    const seconds = breakSeconds(frame.attributes.get('time'), frame.attributes.get('strength')?.trim());
    marked.events.push({ kind: 'break', at: marked.length, seconds, source: frame.offset });
  },
  mark: (frame, marked) => {
    marked.events.push({ kind: 'mark', at: marked.length, name: required(frame, 'name') });
  },
};

const CLOSE: Readonly<Record<string, Handler>> = {
  speak: endsParagraph,
  p: endsParagraph,
  s: endsSentence,
  w: partsWords,
  token: partsWords,
  voice: partsWords,
  sub: (frame, marked) => {
    const alias = required(frame, 'alias').replace(/\s/g, ' ');
    const [start, end] = frame.contentSpan!;
    const fill = (value: number) => new Uint32Array(alias.length).fill(value);
    marked.add(alias, { starts: fill(start), ends: fill(end) }, frame.manner);
  },
  'say-as': (frame, marked, { words: language }) => {
    const { attributes, content } = frame;
    const say =
      attributes.get('say') ??
      language.sayAs(
        attributes.get('content') ?? content.trim(),
        required(frame, 'interpret-as').trim(),
        attributes.get('format'),
      );
    const words = language.wordsOf(say);
    give(
      frame,
      marked,
      words,
      words.map(({ boundary }) => boundary),
    );
  },
  phoneme: (frame, marked) => {
    const name = frame.attributes.get('alphabet')?.trim() ?? 'ipa';
    const alphabet = PHONETIC_ALPHABETS.find((one) => one === name);
    if (alphabet === undefined) {
      throw new VoirsError('INVALID_SSML', 'the alphabet is unknown', {
        got: JSON.stringify(excerpt(name)),
        wanted: PHONETIC_ALPHABETS.join(', '),
      });
    }
    const phones = parsePhones(required(frame, 'ph'), alphabet);
    const written = frame.content.trim().replace(/\s+/g, ' ').toLowerCase();
    const text = written === '' ? phones.join(' ').toLowerCase().replace(/\d/g, '') : written;
    give(frame, marked, [{ text, reading: 'word', phones }], ['_']);
  },
};

/**
 * Applies an element when it opens or closes.
 * @throws VoirsError INVALID_SSML or VOICE_NOT_FOUND with line, column and element.
 */
export function applyElement(
  moment: 'open' | 'close',
  frame: Frame,
  marked: MarkedText,
  context: ElementContext,
): void {
  const handlers = moment === 'open' ? OPEN : CLOSE;
  if (!Object.hasOwn(handlers, frame.local)) return;
  try {
    handlers[frame.local]!(frame, marked, context);
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    const place = { source: context.source, offset: frame.offset, element: frame.name };
    // A fault in the phones is a fault of the markup here.
    const code = error.code === 'VOICE_NOT_FOUND' ? error.code : 'INVALID_SSML';
    const { got, wanted, suggestion } = error;
    const what = error.message.split(/; (?:got|wanted) /)[0]!;
    throw ssmlError(
      place,
      what,
      {
        ...(got === undefined ? {} : { got }),
        ...(wanted === undefined ? {} : { wanted }),
        ...(suggestion === undefined ? {} : { suggestion }),
        cause: error,
      },
      code,
    );
  }
}

function required(frame: Frame, attribute: string): string {
  const value = frame.attributes.get(attribute);
  if (value !== undefined && value.trim() !== '') return value;
  throw new VoirsError('INVALID_SSML', `the attribute ${attribute} is missing`);
}

function give(
  frame: Frame,
  marked: MarkedText,
  words: Parameters<MarkedText['give']>[0] extends (infer W)[] ? Omit<W, 'span'>[] : never,
  boundaries: Parameters<MarkedText['give']>[1],
): void {
  const span = frame.contentSpan!;
  const isCapital = /^[\p{Lu}\d]/u.test(frame.content.trim());
  marked.give(
    words.map((word) => ({ ...word, span })),
    boundaries,
    span,
    frame.manner,
    isCapital,
  );
}

/** By name (several in order of preference), else by gender. */
function chosenVoice({ attributes }: Frame, { voices, voice }: ElementContext): SsmlVoice {
  const names =
    attributes
      .get('name')
      ?.trim()
      .split(/[\s,]+/) ?? [];
  for (const name of names) {
    const found = voices.find((one) =>
      [one.id, one.name].some((own) => own.toLowerCase() === name.toLowerCase()),
    );
    if (found) return found;
  }
  const gender = attributes.get('gender')?.trim();
  if (names.length === 0 && gender) {
    const now = voices.find((one) => one.id === voice && one.gender === gender);
    const found = now ?? voices.find((one) => one.gender === gender);
    if (found) return found;
  }
  if (names.length === 0 && !gender) throw new VoirsError('INVALID_SSML', 'the attribute name is missing');
  throw new VoirsError('VOICE_NOT_FOUND', 'there is no such voice', {
    got: JSON.stringify(excerpt(names.join(' ') || gender || '')),
    wanted: voices.map(({ id }) => id).join(', '),
  });
}
