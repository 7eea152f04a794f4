// If this fails, a document that another service speaks is refused here, or loses words without a warning.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { voirsError } from '../../expect.js';
import { edits, readDocument, readPlainText, readStrictly, said } from './read.js';

/** A document, its words, and the tags that warnings name. */
const DOCUMENTS: [ssml: string, spoken: string, passedOver: string[]][] = [
  [
    '<speak>\n  I want to tell you a secret. <amazon:effect name="whispered">I am not a real human.</amazon:effect>\n  Can you believe it?\n</speak>',
    'i want to tell you a secret. i am not a real human. can you believe it?',
    ['<amazon:effect>'],
  ],
  [
    '<speak><amazon:domain name="news">Stocks rose 3% on <say-as interpret-as="date" format="mdy">9/10/2024</say-as>.</amazon:domain></speak>',
    'stocks rose three percent on september tenth, twenty twenty four.',
    ['<amazon:domain>'],
  ],
  [
    '<speak><amazon:emotion name="excited" intensity="high">Goal!</amazon:emotion> <say-as interpret-as="interjection">abracadabra!</say-as></speak>',
    'goal! abracadabra!',
    ['<amazon:emotion>'],
  ],
  [
    '<speak>The word <w role="amazon:VB">read</w> may be <w role="amazon:VBD">read</w> twice.<amazon:breath duration="medium" volume="x-loud"/></speak>',
    'the word read may be read twice.',
    ['<amazon:breath>'],
  ],
  [
    '<speak>He was caught up in the game.<break/>In the middle of the <say-as interpret-as="date">????1031</say-as> match, it took <say-as interpret-as="time">1\'21"</say-as>.</speak>',
    'he was caught up in the game. in the middle of the october thirty first match, it took one minute twenty one seconds.',
    [],
  ],
  [
    '<speak><amazon:auto-breaths volume="low" frequency="medium">A <prosody amazon:max-duration="2s">short</prosody> line.</amazon:auto-breaths></speak>',
    'a short line.',
    ['<amazon:auto-breaths>', '<prosody amazon:max-duration="2s">'],
  ],
  [
    '<speak><voice name="Kendra"><lang xml:lang="en-US">Meet me at <say-as interpret-as="address">150 Main St.</say-as></lang></voice></speak>',
    'meet me at one fifty main street.',
    ['<voice>'],
  ],
  [
    '<speak><phoneme alphabet="x-sampa" ph="pI&quot;kA:n">pecan</phoneme> or <phoneme alphabet="x-amazon-pinyin" ph="bao2">bao</phoneme>?</speak>',
    'pecan or bao?',
    ['<phoneme>'],
  ],
  ['<SPEAK>One <BREAK TIME="1S"/> two.</SPEAK>', 'one, two.', []],
  [
    '<speak>Ask <say-as interpret-as="name">ED</say-as>, <say-as interpret-as="name">ANNE LEE</say-as> and <say-as interpret-as="name">JT</say-as>.</speak>',
    'ask ed, anne lee and j t.',
    [],
  ],
  [
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="https://www.w3.org/2001/mstts" xml:lang="en-US">\n  <voice name="en-US-JennyNeural">\n    <mstts:express-as style="cheerful" styledegree="2">\n      That would be just amazing!\n    </mstts:express-as>\n  </voice>\n</speak>',
    'that would be just amazing!',
    ['<voice>', '<mstts:express-as>'],
  ],
  [
    '<speak version="1.0" xml:lang="en-US"><voice name="en-US-GuyNeural"><mstts:silence type="Sentenceboundary-exact" value="200ms"/>One. <bookmark mark="two"/>Two.</voice></speak>',
    'one. two.',
    ['<voice>', '<mstts:silence>'],
  ],
  [
    '<speak version="1.0"><voice name="en-US-AvaNeural" effect="eq_car"><prosody rate="+30.00%" pitch="-10%" volume="+20.00%">Fast and loud.</prosody></voice></speak>',
    'fast and loud.',
    ['<voice effect="eq_car">', '<voice>'],
  ],
  [
    '<speak version="1.0"><mstts:backgroundaudio src="https://a.example/b.wav" volume="0.7" fadein="3000"/><prosody contour="(60%,-60%) (100%,+80%)">Were you there?</prosody></speak>',
    'were you there?',
    ['<mstts:backgroundaudio>'],
  ],
  [
    '<speak version="1.0"><phoneme alphabet="sapi" ph="t ax - m ey 1 - t ow 2">tomato</phoneme> and <phoneme alphabet="ups" ph="S1 T OU">toe</phoneme>.</speak>',
    'tomato and toe.',
    [],
  ],
  [
    '<speak version="1.0">Code <say-as interpret-as="number_digit">9081</say-as>, for <say-as interpret-as="name">ED</say-as>, lasts <say-as interpret-as="duration" format="hms">01:18:30</say-as>.</speak>',
    'code nine zero eight one, for ed, lasts one hour eighteen minutes thirty seconds.',
    [],
  ],
  [
    '<speak version="1.0"><lexicon uri="https://a.example/lex.xml"/><emphasis level="Strong">Benigni</emphasis> is here.<break time="1 s"/>Really.</speak>',
    'benigni is here. really.',
    ['<lexicon>'],
  ],
  [
    '<speak>Step 1, take a deep breath. <break time="200ms"/> <audio src="https://a.example/cat.ogg"><desc>a cat purring</desc>PURR (sound did not load)</audio></speak>',
    'step one, take a deep breath. p u r r, sound did not load.',
    ['<audio>'],
  ],
  [
    '<speak><par><media xml:id="question" begin="0.5s"><speak>Who invented the Internet?</speak></media><media xml:id="answer" begin="question.end+2.0s"><speak>The internet was invented by cats.</speak></media></par></speak>',
    'who invented the internet? the internet was invented by cats.',
    ['<par>', '<media>'],
  ],
  [
    '<speak><say-as interpret-as="currency" language="en-US">$42.01</say-as>, <say-as interpret-as="telephone" google:style="zero-as-zero">1800-202-1212</say-as>, <say-as interpret-as="verbatim">abc</say-as></speak>',
    'forty two dollars and one cent, one, eight hundred, two zero two, one two one two, a b c.',
    ['<say-as google:style="zero-as-zero">'],
  ],
  [
    '<speak><say-as interpret-as="date" format="yyyymmdd" detail="1">1960-09-10</say-as>, <say-as interpret-as="bleep">censor</say-as>, <say-as interpret-as="unit">10 foot</say-as></speak>',
    'september tenth, nineteen sixty, bleep, ten foot.',
    [],
  ],
  [
    '<speak><google:style name="lively">Hello I am so happy today!</google:style> <prosody pitch="+2st" rate="slow">Can you hear me now?</prosody></speak>',
    'hello i am so happy today! can you hear me now?',
    ['<google:style>'],
  ],
  [
    '<speak version="1.1"><express-as type="GoodNews">Great news.</express-as> <say-as interpret-as="letters">Hello</say-as> <say-as interpret-as="vxml:date">20050720</say-as></speak>',
    'great news. h e l l o july twentieth, two thousand five.',
    ['<express-as>'],
  ],
  [
    '<speak version="1.1"><prosody pitch="150Hz" volume="50" rate="90">Half as loud.</prosody> <say-as interpret-as="number" format="ordinal">2</say-as> place</speak>',
    'half as loud. second place.',
    [],
  ],
  [
    '<speak version="1.1"><voice-transformation type="Custom" glottal_tension="-80%">A soft voice.</voice-transformation> <say-as interpret-as="vxml:currency">USD45.30</say-as></speak>',
    'a soft voice. forty five u s dollars and thirty cents.',
    ['<voice-transformation>'],
  ],
  [
    '<?xml version="1.0"?>\n<!DOCTYPE speak PUBLIC "-//W3C//DTD SYNTHESIS 1.0//EN" "http://www.w3.org/TR/speech-synthesis/synthesis.dtd">\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">\n <metadata><rdf:RDF xmlns:rdf="http://a.example"><x>hidden</x></rdf:RDF></metadata><meta name="seeAlso" content="x"/>\n <lookup ref="l">Tinoke</lookup> and <token>all</token>.\n</speak>',
    'tinoke and all.',
    [],
  ],
  [
    '<ssml:speak xmlns:ssml="http://www.w3.org/2001/10/synthesis" version="1.1"><ssml:s>Good morning.</ssml:s><ssml:s>It is <ssml:sub alias="eight">8</ssml:sub>.</ssml:s></ssml:speak>',
    'good morning. it is eight.',
    [],
  ],
  [
    '<speak version="1.1"><prosody duration="4s" range="low">Four seconds long.</prosody> <prosody volume="-3 dB" rate="1.5">Softer.</prosody></speak>',
    'four seconds long. softer.',
    [],
  ],
  [
    'Dear Q&A team, R&D & co: 5 < 6 &nbsp;&mdash; caf&eacute;.',
    'dear q and a team, r and d and co: five is less than six, cafe.',
    [],
  ],
  ['<p>Hello <b>world</b></p><p>Bye<br>now</p>', 'hello world. bye. now.', ['<b>']],
  [
    '<speak>Wait<break time="1500">, then <break strength="X-Strong"/>go <prosody rate=slow>slowly</speak>',
    'wait, then, go slowly.',
    ['<prosody>'],
  ],
  [
    '<speak>\n# Plan\n- buy milk\n- <say-as interpret-as="ordinal">IV</say-as> item\n</speak>',
    'plan. buy milk. fourth item.',
    [],
  ],
  [
    '<speak><prosody rate="fast">Hello</prosody><prosody rate="slow">world</prosody></speak>',
    'hello world.',
    [],
  ],
  [
    '<speak>a <phoneme alphabet="IPA" ph="/ˈɡɪf/">gif</phoneme>, <phoneme alphabet="cmu-arpabet" ph="G IH1 F">gif</phoneme>, <phoneme ph="???">gif</phoneme></speak>',
    'a gif, gif, gif.',
    ['<phoneme>'],
  ],
];

const test = suite('SSML of vendors');

DOCUMENTS.forEach(([ssml, spoken, passedOver], i) => {
  const tag = /<[a-z]+:[a-z-]+|<(?!speak|voice|\?xml)[a-z-]+/.exec(ssml)?.[0] ?? 'text';
  test(`speaks document ${i + 1}, with ${tag}`, () => {
    const utterance = readDocument(ssml);
    assert.is(said(utterance), spoken);
    assert.is(utterance.warnings.length, passedOver.length, utterance.warnings.join('\n'));
    passedOver.forEach((name, n) => {
      assert.ok(utterance.warnings[n]!.includes(name), `${utterance.warnings[n]} does not name ${name}`);
      assert.match(utterance.warnings[n]!, /, at line \d+, column \d+/);
    });
    for (const { words } of utterance.sentences)
      for (const { span } of words) assert.ok(span[1] > span[0] && span[1] <= ssml.length);
  });
});

test('holds at least 30 documents', () => assert.ok(DOCUMENTS.length >= 30));

const first = (content: string) => {
  const [sentence] = readDocument(`<speak>${content}</speak>`).sentences;
  return edits(sentence!, sentence!.words[0]!.text);
};
const near = (got: number, wanted: number) =>
  assert.ok(Math.abs(got - wanted) < 0.01, `${got}, not ${wanted}`);

test('reads the spellings of rate, pitch and volume', () => {
  const rate = (value: string) => first(`<prosody rate="${value}">one</prosody>`).rate;
  for (const [value, wanted] of [
    ...([
      ['+20', 1.2],
      ['-10%', 0.9],
      ['1.5', 1.5],
      ['90', 0.9],
      ['X-Fast', 1.5],
      ['80 %', 0.8],
    ] as const),
  ])
    near(rate(value), wanted);
  const pitch = (value: string) => first(`<prosody pitch="${value}">one</prosody>`).pitchShift;
  for (const [value, wanted] of [
    ...([
      ['2st', 2],
      ['-3 st', -3],
      ['+2', 2],
      ['50%', -12],
      ['X_High', 6],
      ['default', 0],
    ] as const),
  ])
    near(pitch(value), wanted);
  const gain = (value: string) => first(`<prosody volume="${value}">one</prosody>`).gain;
  for (const [value, wanted] of [
    ...([
      ['50', -6.02],
      ['+20%', 1.58],
      ['-3 dB', -3],
      ['X-LOUD', 6],
      ['0', -100],
      ['80%', -1.94],
    ] as const),
  ])
    near(gain(value), wanted);
});

test('reads the spellings of a break', () => {
  const pause = (time: string) => readDocument(`a.<break time="${time}"/>b`).sentences[0]!.pauseAfter;
  assert.equal(
    ['1 s', '1sec', '1500', '200 ms', '2', '.5s', '300s', '1 minute', '2 seconds'].map(pause),
    [1, 1, 1.5, 0.2, 2, 0.5, 60, 60, 2],
  );
  assert.is(readDocument('a.<break time="40s"/><break time="40s"/>b').sentences[0]!.pauseAfter, 60);
  assert.is(readDocument('a.<break time="soon"/>b').sentences[0]!.pauseAfter, 0.5);
});

test('bends the pitch along a contour', () => {
  const ssml = '<prosody contour="(0%,+0st) (50%,+6st) (100%,+0st)">one two six ten two</prosody>';
  const [sentence] = readDocument(ssml).sentences;
  const shifts = sentence!.words.map(
    (_, w) => sentence!.tokens.find(({ word }) => word === w)!.pitchShift ?? 0,
  );
  assert.ok(shifts[0]! > 0 && shifts[0]! < shifts[1]! && shifts[1]! < shifts[2]!, shifts.join());
  assert.ok(shifts[2]! > shifts[3]! && shifts[3]! > shifts[4]!, shifts.join());
  near(shifts[2]!, 6);
});

test('widens and narrows the movement of pitch', () => {
  const range = (value: string) =>
    readDocument(`<prosody range="${value}">one</prosody>`).sentences[0]!.tokens[1]!.pitchRange;
  assert.equal(['x-low', 'high', '+50%', '0%', 'default'].map(range), [0.4, 1.3, 1.5, 0, undefined]);
  assert.equal(['1.5', '0.5x', '2', '9', '-12st', '+12st'].map(range), [1.5, 0.5, 2, 3, 0.5, 2]);
});

test('gives the time of an element to its tokens', () => {
  const [sentence] = readDocument('a <prosody duration="3s">bee, sea</prosody> d').sentences;
  const { lengths, tokens } = sentence!;
  assert.is(lengths!.length, 1);
  const { from, to, seconds } = lengths![0]!;
  near(seconds, 3);
  assert.is(
    tokens
      .slice(from, to)
      .map(({ symbol }) => symbol)
      .join(' '),
    'B IY1 , S IY1',
  );
  const parts = readDocument('<prosody duration="4s">Be. Sea.</prosody>').sentences;
  near(
    parts.reduce((sum, part) => sum + part.lengths![0]!.seconds, 0),
    4,
  );
});

test('reads a homograph as its role says', () => {
  const phones = (role: string) =>
    readDocument(`<speak>I <w role="${role}">read</w> it</speak>`).sentences[0]!.words[1]!.phones.join(' ');
  assert.is(phones('amazon:VB'), 'R IY1 D');
  assert.is(phones('amazon:VBD'), 'R EH1 D');
  assert.match(readDocument('<speak><w role="x:y">read</w></speak>').warnings[0]!, '<w role="x:y">');
});

test('reads a fragment as plain text is read', () => {
  const text = 'Tom & Jerry paid $5. "Yes," he said: 5 < 6.';
  assert.is(said(readDocument(text)), said(readPlainText(text)));
});

test('keeps the refusals of strict reading', async () => {
  for (const ssml of ['a', '<speak>a & b</speak>', '<speak><amazon:effect>a</amazon:effect></speak>'])
    await voirsError(() => readStrictly(ssml), 'INVALID_SSML');
});

test('refuses declared entities, and nothing to speak', async () => {
  const bomb = '<!DOCTYPE speak [<!ENTITY a "aa">]><speak>&a;</speak>';
  assert.match((await voirsError(() => readDocument(bomb), 'INVALID_SSML')).message, 'declarations');
  await voirsError(() => readDocument('<speak><break/></speak>'), 'INVALID_TEXT');
});

test('bounds the warnings of a long document', () => {
  const { warnings } = readDocument(Array.from({ length: 500 }, (_, i) => `<x:y${i % 90}/>a `).join(''));
  assert.is(warnings.length, 40);
  assert.match(warnings[0]!, 'and 3 more');
});

test.run();
