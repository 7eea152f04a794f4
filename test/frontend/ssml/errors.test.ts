// If this fails, a fault in markup is ignored, or its error does not say where it is.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { voirsError } from '../../expect.js';
import { readStrictly } from './read.js';

const test = suite('SSML errors');

/** Markup, and how the message must begin after "SSML, line 1, ". */
const CASES: [ssml: string, message: string | RegExp][] = [
  ['', /document must contain a root element/],
  ['hello', /text data outside of root/],
  ['<speak>', /unclosed tag: speak/],
  ['<speak', /must contain a root element/],
  ['<speak>a</p>', /unexpected close tag/],
  ['<speak>a & b</speak>', /malformed/],
  ['<speak>a < b</speak>', /malformed/],
  ['<speak>a</speak><speak>b</speak>', /only one root|outermost/],
  ['<speak><p x="1" x="2">a</p></speak>', /duplicate attribute: x/],
  ['<speak>&bomb;</speak>', 'column 13, <speak>: the XML is malformed: undefined entity'],
  ['<speak>&#0;</speak>', /malformed/],
  ['<speak>\u0001</speak>', /disallowed character/],
  ['<speak>\ud800x</speak>', 'column 8: half of a surrogate pair'],
  ['<y:speak/>', /unbound namespace prefix/],
  ['<!DOCTYPE speak><speak>a</speak>', 'column 1: a document type is not accepted'],
  ['<p>a</p>', 'column 1, <p>: the outermost element must be <speak>'],
  ['<speak><speak>a</speak></speak>', 'column 8, <speak>: it can only be the outermost element'],
  ['<speak xmlns="http://a.example">a</speak>', 'column 1, <speak>: the element is of another namespace'],
  ['<speak><x:p xmlns:x="u">a</x:p></speak>', 'column 8, <x:p>: the element is of another namespace'],
  ['<speak>a <b>c</b></speak>', 'column 10, <b>: there is no such element'],
  ['<speak><constructor/></speak>', 'column 8, <constructor>: there is no such element'],
  ['<speak><audio src="a.mp3"/></speak>', 'column 8, <audio>: the element is not supported'],
  ['<speak><lexicon uri="x"/></speak>', 'column 8, <lexicon>: the element is not supported'],
  ['<speak><break>a</break></speak>', 'column 15, <break>: the element must be empty'],
  ['<speak><sub alias="x"><p/></sub></speak>', 'column 23, <p>: <sub> holds text only'],
  ['<speak><sub>x</sub></speak>', 'column 8, <sub>: the attribute alias is missing'],
  ['<speak><mark/></speak>', 'column 8, <mark>: the attribute name is missing'],
  ['<speak><voice>x</voice></speak>', 'column 8, <voice>: the attribute name is missing'],
  ['<speak><prosody>x</prosody></speak>', 'column 8, <prosody>: it asks for nothing'],
  [
    '<speak><prosody contour="(0%,+20Hz)">x</prosody></speak>',
    'column 8, <prosody>: it has no attribute contour',
  ],
  ['<speak><prosody rate="quick">x</prosody></speak>', 'column 8, <prosody>: rate cannot be read'],
  ['<speak><prosody rate="+2">x</prosody></speak>', 'column 8, <prosody>: rate cannot be read'],
  ['<speak><prosody pitch="2st">x</prosody></speak>', 'column 8, <prosody>: pitch cannot be read'],
  ['<speak><prosody pitch="-1000Hz">x</prosody></speak>', 'column 8, <prosody>: the pitch'],
  ['<speak><prosody volume="11">x</prosody></speak>', 'column 8, <prosody>: volume cannot be read'],
  ['<speak><prosody rate="0%">x</prosody></speak>', 'column 8, <prosody>: the rate goes too far'],
  ['<speak><emphasis level="huge">x</emphasis></speak>', 'column 8, <emphasis>: level cannot be read'],
  ['<speak><break time="5"/></speak>', 'column 8, <break>: time cannot be read'],
  ['<speak><break time="-1s"/></speak>', 'column 8, <break>: time cannot be read'],
  ['<speak><break time="1h"/></speak>', 'column 8, <break>: time cannot be read'],
  ['<speak><break time="61s"/></speak>', 'column 8, <break>: time cannot be read'],
  ['<speak><break strength="long"/></speak>', 'column 8, <break>: strength cannot be read'],
  [
    '<speak>a<break time="40s"/> <break time="40s"/>b</speak>',
    'column 9, <break>: the breaks here are too long',
  ],
  ['<speak><phoneme ph="?">x</phoneme></speak>', 'column 8, <phoneme>: The phones cannot be read'],
  ['<speak><phoneme ph="">x</phoneme></speak>', 'column 8, <phoneme>: the attribute ph is missing'],
  [
    '<speak><phoneme alphabet="pinyin" ph="ma">x</phoneme></speak>',
    'column 8, <phoneme>: the alphabet is unknown',
  ],
];

for (const [ssml, message] of CASES) {
  test(`refuses ${JSON.stringify(ssml)}`.slice(0, 72), async () => {
    const error = await voirsError(() => readStrictly(ssml), 'INVALID_SSML');
    assert.match(error.message, /^SSML, line 1, column \d+/);
    if (typeof message === 'string')
      assert.ok(error.message.startsWith(`SSML, line 1, ${message}`), error.message);
    else assert.match(error.message, message);
  });
}

test('counts lines and columns from 1 through every line end', async () => {
  const error = await voirsError(
    () => readStrictly('<speak>\r\n one\r two\n  <sub\n>x</sub></speak>'),
    'INVALID_SSML',
  );
  assert.match(error.message, 'line 4, column 3, <sub>');
});

test('names the place of an unknown voice and the known ones', async () => {
  const error = await voirsError(
    () => readStrictly('<speak>a <voice name="hal">b</voice></speak>'),
    'VOICE_NOT_FOUND',
  );
  assert.match(error.message, 'line 1, column 10, <voice>');
  assert.match(error.message, 'kathleen, slt, bdl');
});

test('refuses markup with nothing to speak', async () => {
  for (const ssml of ['<speak/>', '<speak> <break/> <p/> </speak>', '<speak>...</speak>']) {
    await voirsError(() => readStrictly(ssml), 'INVALID_TEXT');
  }
});

test('refuses text in another script with its place in the markup', async () => {
  const error = await voirsError(
    () => readStrictly('<speak>Say <emphasis>Привет</emphasis></speak>', { unsupported: 'error' }),
    'UNSUPPORTED_TEXT',
  );
  assert.match(error.message, 'at 21-27');
});

test('bounds the size and the depth of a document', async () => {
  const nested = (depth: number) =>
    `${'<emphasis level="none">'.repeat(depth)}x${'</emphasis>'.repeat(depth)}`;
  assert.is(readStrictly(`<speak>${nested(63)}</speak>`).sentences[0]!.words.length, 1);
  assert.match(
    (await voirsError(() => readStrictly(`<speak>${nested(64)}</speak>`), 'INVALID_SSML')).message,
    'nested too deeply',
  );
  await voirsError(() => readStrictly(`<speak>${nested(100_000)}</speak>`), 'INVALID_SSML');
  const large = `<speak>${'word '.repeat(220_000)}</speak>`;
  assert.match((await voirsError(() => readStrictly(large), 'INVALID_SSML')).message, 'too large');
});

test('refuses a document type, and with it its entities', async () => {
  const lol = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  const bomb = `<!DOCTYPE speak [<!ENTITY l0 "lol">${lol}]><speak>&l9;</speak>`;
  assert.match((await voirsError(() => readStrictly(bomb), 'INVALID_SSML')).message, 'document type');
  const external = '<!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>a</speak>';
  assert.match((await voirsError(() => readStrictly(external), 'INVALID_SSML')).message, 'document type');
});

test.run();
