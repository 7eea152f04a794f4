// If this fails, a document crashes its reader, or gives words whose places are not in it.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../../src/errors.js';
import elements from '../../../src/frontend/data/ssml-elements.json' with { type: 'json' };
import type { Utterance } from '../../../src/frontend/utterance.js';
import { readDocument, readStrictly } from './read.js';

const test = suite('SSML fuzz');

const text = fc.oneof(
  fc.constantFrom(
    'Hello. ',
    ' $5.20 ',
    "'s",
    'Dr. ',
    ' 3/4 ',
    '!',
    ' a',
    'B',
    ', ',
    '12',
    ' ',
    '\r\n',
    '&amp;',
    '&#x1F600;',
    '\u00e9',
    ' (x) ',
  ),
  fc.string({ maxLength: 8 }).map((s) => s.replace(/[<&]/g, '')),
);
const value = fc.constantFrom(
  ...[
    'slow',
    '80%',
    '+10%',
    '+2st',
    '-3st',
    '150Hz',
    '+6dB',
    'loud',
    'silent',
    '1s',
    '300ms',
    'strong',
    'none',
    'slt',
  ],
  ...[
    'cardinal',
    'date',
    'characters',
    'mdy',
    'ipa',
    'x-sampa',
    'arpabet',
    'yyyymmdd',
    'interjection',
    '(0%,+2st) (100%,-10%)',
    'x-high',
    '+20',
    'h@loU',
    'həˈloʊ',
    '12',
    'x',
    '',
    'en',
    '&lt;',
  ],
);
const attribute = fc.tuple(
  fc.constantFrom(
    'rate',
    'pitch',
    'volume',
    'time',
    'strength',
    'level',
    'name',
    'alias',
    'ph',
    'alphabet',
    'interpret-as',
    'format',
    'xml:lang',
    'contour',
    'range',
    'duration',
    'role',
    'q',
  ),
  value,
);
const usual: Record<string, string> = {
  prosody: 'rate="slow" pitch="+1st"',
  'say-as': 'interpret-as="characters"',
  sub: 'alias="some words"',
  phoneme: 'ph="həˈloʊ"',
  mark: 'name="m"',
  voice: 'name="bdl"',
  break: 'time="200ms"',
};

/** Markup that is mostly right: its elements have what they need. */
const { content } = fc.letrec<{ content: string; element: string }>((tie) => ({
  content: fc
    .array(
      fc.oneof({ maxDepth: 4 }, { weight: 3, arbitrary: text }, { weight: 2, arbitrary: tie('element') }),
      {
        maxLength: 6,
      },
    )
    .map((parts) => parts.join('')),
  element: fc
    .record({ name: fc.constantFrom(...Object.keys(elements).slice(1)), inside: tie('content') })
    .map(({ name, inside }) => {
      const tag = usual[name] ? `${name} ${usual[name]}` : name;
      const { holds } = elements[name as keyof typeof elements];
      if (holds === 'nothing') return `<${tag}/>`;
      return `<${tag}>${holds === 'text' ? inside.replace(/<[^>]*>/g, '') : inside}</${name}>`;
    }),
}));
/** Any tags at all. */
const { wild } = fc.letrec<{ wild: string; tag: string }>((tie) => ({
  wild: fc
    .array(fc.oneof({ maxDepth: 4 }, text, tie('tag')), { maxLength: 6 })
    .map((parts) => parts.join('')),
  tag: fc
    .record({
      name: fc.constantFrom(
        ...Object.keys(elements),
        'audio',
        'foo',
        'x:y',
        'br',
        'bookmark',
        'metadata',
        'amazon:effect',
      ),
      attributes: fc.array(attribute, { maxLength: 3 }),
      inside: tie('wild'),
    })
    .map(
      ({ name, attributes, inside }) =>
        `<${[name, ...attributes.map(([key, v]) => `${key}="${v}"`)].join(' ')}>${inside}</${name}>`,
    ),
}));

/** Spans lie in order inside the document; numbers are in range; tokens are well-formed. */
function checkUtterance({ sentences, text: source }: Utterance): void {
  let last: [number, number] = [0, 0];
  for (const { words, tokens, pauseAfter, pauseBefore = 0, marks = [] } of sentences) {
    assert.ok(
      words.length > 0 && pauseAfter >= 0 && pauseAfter <= 60 && pauseBefore >= 0 && pauseBefore <= 60,
    );
    for (const { span, phones, text: word } of words) {
      assert.ok(span[0] >= 0 && span[1] > span[0] && span[1] <= source.length, `${word}: ${span}`);
      const isSame = span[0] === last[0] && span[1] === last[1];
      assert.ok(isSame || span[0] >= last[1], `${word}: ${span} after ${last}`);
      assert.ok(phones.length > 0, `${word} has no phones`);
      last = span;
    }
    let before = -1;
    for (const { word } of marks) {
      assert.ok(word >= before && word <= words.length + 1, `mark before word ${word} of ${words.length}`);
      before = word;
    }
    for (const { rate = 1, pitchShift = 0, gain = 0 } of tokens) {
      assert.ok(rate >= 0.1 && rate <= 10 && Math.abs(pitchShift) <= 48 && gain >= -100 && gain <= 40);
    }
  }
}

/** Reads a document strictly and as people write it. @returns what strict reading makes of it. */
function survive(ssml: string): 'read' | 'refused' {
  const refusal = (read: (ssml: string) => Utterance): VoirsError | undefined => {
    try {
      checkUtterance(read(ssml));
      return undefined;
    } catch (error) {
      if (!(error instanceof VoirsError)) throw error;
      return error;
    }
  };
  const tolerant = refusal(readDocument);
  if (tolerant?.code === 'INVALID_SSML') assert.match(tolerant.message, /too large|too deeply|declarations/);
  const strict = refusal(readStrictly);
  if (!strict) assert.is(tolerant, undefined, `only strict reading accepts ${JSON.stringify(ssml)}`);
  return strict ? 'refused' : 'read';
}

test('reads most markup that is mostly right', () => {
  let read = 0;
  fc.assert(
    fc.property(content, (inside) => {
      if (survive(`<speak>Word ${inside}</speak>`) === 'read') read += 1;
    }),
    { numRuns: 200 },
  );
  assert.ok(read > 150, `only ${read} of 400 documents were read`);
});

test('survives arbitrary tags and attributes', () => {
  fc.assert(
    fc.property(wild, (inside) => void survive(`<speak>${inside}</speak>`)),
    { numRuns: 200 },
  );
});

test('survives a deleted, doubled or changed character', () => {
  fc.assert(
    fc.property(
      content,
      fc.nat(),
      fc.constantFrom('', '<', '>', '"', '&', '/', ';', 'x', '\ud83d'),
      (inside, where, by) => {
        const ssml = `<speak version="1.1">One ${inside}</speak>`;
        const at = where % ssml.length;
        survive(ssml.slice(0, at) + by + ssml.slice(at + 1));
        survive(ssml.slice(0, at) + by + ssml.slice(at));
        survive(ssml.slice(0, at));
      },
    ),
    { numRuns: 150 },
  );
});

test('survives any string', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (any) => {
      survive(any);
      survive(`<speak>${any}</speak>`);
      survive(`<speak><prosody rate="${any}" pitch="${any}" volume="${any}">x</prosody></speak>`);
      survive(`<speak><say-as interpret-as="date" format="mdy">${any}</say-as></speak>`);
      survive(`<speak><phoneme ph="${any}">x</phoneme></speak>`);
    }),
    { numRuns: 150 },
  );
});

test('does work linear in the length of a document', () => {
  const documents: ((n: number) => string)[] = [
    (n) => '<'.repeat(n),
    (n) => '<a "'.repeat(n),
    (n) => '<!'.repeat(n),
    (n) => '</x>'.repeat(n),
    (n) => '<b>'.repeat(60) + '&a'.repeat(n),
    (n) => '<x:y/>'.repeat(n),
    (n) => '\n- a'.repeat(n),
    (n) => '<s>a</s>'.repeat(n),
    (n) => '<mark name="m"/>'.repeat(n),
    (n) => 'a<break time="0s"/>'.repeat(n),
    (n) => '<emphasis>a </emphasis>b '.repeat(n / 2),
    (n) => '<say-as interpret-as="digits">12</say-as>'.repeat(n / 4),
    (n) => '&amp;'.repeat(n),
    (n) => '<!-- -->'.repeat(n),
    (n) => `<s ${Array.from({ length: n }, (_, i) => `a${i}="1"`).join(' ')}>x</s>`,
    (n) => `<sub alias="${'word '.repeat(n)}">x</sub>`,
    (n) => `<say-as interpret-as="characters">${'a'.repeat(n)}</say-as>`,
    (n) => `<phoneme ph="${'a'.repeat(n)}">x</phoneme>`,
    (n) => '<voice name="slt">a</voice>'.repeat(n / 4),
  ];
  // Sixteen times the length within the test's time: quadratic work would take hours.
  for (const document of documents) {
    survive(`<speak>x ${document(1_000)}</speak>`);
    survive(`<speak>x ${document(16_000)}</speak>`);
  }
});

test.run();
