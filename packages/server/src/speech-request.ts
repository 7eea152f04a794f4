// The body of a request for speech: its schema, which validates it and stands in the OpenAPI document, and
// what the engine is asked for in turn. What is accepted and not done is told to the client as a notice.
import type { AudioFormat, SynthesisOptions } from 'voirs';
import { FORMATS, type Settings } from './options.js';
import { RequestError } from './request-error.js';
import type { VoiceNames } from './voice-names.js';
import type { SpeechSpec } from './workers/messages.js';

/** Names of the model: OpenAI's for clients that have a fixed list. All are the same engine. */
export const MODELS = ['voirs', 'tts-1', 'tts-1-hd', 'gpt-4o-mini-tts', 'kokoro'] as const;

/** The rates that the engine speaks at, beyond which it is clamped. */
const ENGINE_SPEED = { min: 0.5, max: 2 };
const SAMPLE_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
/** Telephony has one rate. */
const TELEPHONE_RATE = 8000;

/** Options of the engine that a request may set, in an object of their own. */
const ENGINE_OPTIONS = [
  ...['pitchShift', 'volumeGain', 'intonation', 'unsupported', 'emoji', 'leaveOut', 'strictSsml'],
  ...['numbers', 'pauses', 'lexicon'],
] as const;

/** Fields of other servers that change nothing here. */
const IGNORED = {
  instructions: { type: 'string', description: 'Accepted and ignored, which a header says.' },
  user: { type: 'string', description: 'Accepted and ignored.' },
  lang_code: { type: ['string', 'null'], description: 'Accepted and ignored: all voices speak US English.' },
  normalization_options: { type: ['object', 'null'], description: 'Accepted and ignored (Kokoro-FastAPI).' },
  return_download_link: { type: 'boolean', description: 'Accepted and ignored (Kokoro-FastAPI).' },
  download_format: { type: ['string', 'null'], description: 'Accepted and ignored (Kokoro-FastAPI).' },
} as const;

/** What every route that speaks takes. */
export const SPEECH_PROPERTIES = {
  model: { type: 'string', description: `One of ${MODELS.join(', ')}: all are the same engine.` },
  input: { type: 'string', minLength: 1, description: 'The text, or SSML.' },
  input_type: {
    type: 'string',
    enum: ['auto', 'text', 'ssml'],
    description: 'Default auto: SSML where the input begins with <speak.',
  },
  voice: {
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: { id: { type: 'string' } },
        required: ['id'],
        additionalProperties: false,
      },
    ],
    description: 'A voice of GET /v1/audio/voices or one of its aliases. Default: the first of them.',
  },
  response_format: { type: 'string', enum: FORMATS, description: 'Default mp3.' },
  speed: {
    type: 'number',
    minimum: 0.25,
    maximum: 4,
    description:
      'Default 1. The engine speaks at 0.5 to 2; what lies beyond is spoken at the nearest, which a header says.',
  },
  sample_rate: {
    type: 'integer',
    enum: SAMPLE_RATES,
    description: 'Hz. Default 24000; 8000 for mulaw and alaw.',
  },
  bit_rate: {
    type: 'integer',
    minimum: 8000,
    maximum: 512_000,
    description: 'Bits per second of mp3 and opus.',
  },
  voirs: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(ENGINE_OPTIONS.map((name) => [name, {}])),
    description: 'Options of the engine, as its documentation has them.',
  },
  ...IGNORED,
} as const;

export interface SpeechBody {
  model?: string;
  input: string;
  input_type?: 'auto' | 'text' | 'ssml';
  voice?: string | { id: string };
  response_format?: string;
  speed?: number;
  sample_rate?: number;
  bit_rate?: number;
  voirs?: Omit<SynthesisOptions, 'voice' | 'signal' | 'onProgress' | 'input' | 'speakingRate'>;
}

/** The body of POST /v1/audio/speech. */
export const SPEECH_SCHEMA = {
  type: 'object',
  required: ['input'],
  properties: {
    ...SPEECH_PROPERTIES,
    stream_format: {
      type: 'string',
      enum: ['audio', 'sse'],
      description: 'audio (default): the bytes of the file. sse: events with base64, as OpenAI sends them.',
    },
    stream: { type: 'boolean', description: 'Accepted and ignored: audio always comes as it is made.' },
  },
} as const;

/** A request for speech, understood. */
export interface Understood {
  spec: SpeechSpec;
  format: string;
  /** What was accepted and is not done, or is done otherwise, for a header. */
  notices: string[];
}

/** @throws RequestError 404 as OpenAI's. */
export function refuseUnknownModel(model: string | undefined): void {
  if (model === undefined || (MODELS as readonly string[]).includes(model)) return;
  throw new RequestError(
    404,
    `There is no model ${JSON.stringify(model.slice(0, 80))}; there are ${MODELS.join(', ')}`,
    { param: 'model', code: 'model_not_found' },
  );
}

/** What `speed` becomes, and what is said where that is not what was asked for. */
function rateOf(speed: number, notices: string[]): number {
  const rate = Math.min(ENGINE_SPEED.max, Math.max(ENGINE_SPEED.min, speed));
  if (rate !== speed)
    notices.push(
      `speed ${speed} is spoken at ${rate}: the engine has ${ENGINE_SPEED.min} to ${ENGINE_SPEED.max}`,
    );
  return rate;
}

/** Whether a text is SSML: as its asker says, or by how it begins. */
export function isSsml(text: string | undefined, type: SpeechBody['input_type']): boolean {
  return type === 'ssml' || (type !== 'text' && /^\s*<speak[\s>]/.test(text ?? ''));
}

/**
 * @param text undefined where it comes in pieces.
 * @throws RequestError for what the schema cannot know.
 */
export function understood(
  body: Omit<SpeechBody, 'input'>,
  text: string | undefined,
  { voices, settings, defaultFormat }: { voices: VoiceNames; settings: Settings; defaultFormat: string },
): Understood {
  refuseUnknownModel(body.model);
  const notices: string[] = [];
  for (const name of Object.keys(IGNORED)) {
    const value = (body as Record<string, unknown>)[name];
    if (value !== undefined && value !== null) notices.push(`${name} is ignored`);
  }
  const most = settings.maxCharacters;
  if (text !== undefined && text.length > most)
    throw new RequestError(400, `input has ${text.length} characters; the most here is ${most}`, {
      param: 'input',
      code: 'string_above_max_length',
    });
  if (body.voirs?.lexicon !== undefined && !settings.clientLexicons)
    throw new RequestError(400, 'This server takes no lexicon from its clients', { param: 'voirs.lexicon' });
  const format = body.response_format ?? defaultFormat;
  const isTelephone = format === 'mulaw' || format === 'alaw';
  const { voice } = body;
  return {
    format,
    notices,
    spec: {
      text,
      voice: voices.find(typeof voice === 'object' ? voice.id : voice),
      sampleRate: body.sample_rate ?? (isTelephone ? TELEPHONE_RATE : settings.sampleRate),
      encoding: {
        format: format as AudioFormat,
        ...(body.bit_rate === undefined ? {} : { bitRate: body.bit_rate }),
      },
      options: {
        ...body.voirs,
        input: isSsml(text, body.input_type) ? 'ssml' : 'text',
        speakingRate: rateOf(body.speed ?? 1, notices),
      },
    },
  };
}
