// Requests that a server must refuse, each with the statuses that are right.
import type { Sent } from './client.js';

/** A wrong request; its key is the client's own where none is named. */
export interface Wrong extends Sent {
  name: string;
  statuses: number[];
}

const SPEECH = '/v1/audio/speech';
const body = (fields: object): string => JSON.stringify({ input: 'Hello.', ...fields });

/** @param most characters of a text that the server takes. */
export function wrongRequests(most: number): Wrong[] {
  const speech = (name: string, statuses: number[], text: string, rest: Partial<Sent> = {}): Wrong => ({
    ...{ name, statuses, path: SPEECH, body: text },
    ...rest,
  });
  return [
    speech('no JSON', [400], '{"input": "Hel'),
    speech('no object', [400], '[]'),
    speech('no body', [400], ''),
    speech('no text', [400], '{}'),
    speech('an empty text', [400], body({ input: '' })),
    speech('a text of a wrong type', [400], body({ input: 7 })),
    speech('an unknown field', [400], body({ voise: 'hazel' })),
    speech('an unknown voice', [400], body({ voice: 'nobody' })),
    speech('an inherited name as voice', [400], body({ voice: '__proto__' })),
    speech('an unknown model', [404], body({ model: 'gpt-7' })),
    speech('an unknown format', [400], body({ response_format: 'ogg-vorbis' })),
    speech('an unknown rate', [400], body({ sample_rate: 12_345 })),
    speech('a wrong speed', [400], body({ speed: -1 })),
    speech('a wrong option of the engine', [400], body({ voirs: { pitchShift: 'high' } })),
    speech('an unknown option of the engine', [400], body({ voirs: { constructor: 1 } })),
    speech('a lexicon', [400], body({ voirs: { lexicon: [] } })),
    speech('too long a text', [400], body({ input: 'a'.repeat(most + 1) })),
    speech('too long a body', [413], body({ input: 'a'.repeat(8 * most + 100_000) })),
    speech('SSML that is not closed', [400], body({ input: '<speak>Hello.', voirs: { strictSsml: true } })),
    speech(
      'an entity in SSML',
      [400],
      body({ input: '<!DOCTYPE a [<!ENTITY b "c">]><speak>&b;</speak>', input_type: 'ssml' }),
    ),
    speech('another type of body', [415], 'Hello.', { headers: { 'content-type': 'text/plain' } }),
    speech('no key', [401], body({}), { headers: { authorization: '' } }),
    speech('a wrong key', [401], body({}), { headers: { authorization: 'Bearer voirs-wrong' } }),
    speech('a wrong method', [404], body({}), { method: 'PUT' }),
    speech('a body that does not come', [408, 400], body({}), { isCut: true }),
    { name: 'an unknown path', statuses: [404], path: '/v1/../../etc/passwd', body: body({}) },
    {
      name: 'captions of an unknown format',
      statuses: [400],
      path: `${SPEECH}/captions`,
      body: body({ caption_format: 'sub' }),
    },
  ];
}
