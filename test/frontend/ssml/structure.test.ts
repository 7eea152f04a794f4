// If this fails, marked-up text loses words or places: wrong spans, wrong pauses, prosody on the wrong words.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { edits, read, readDocument, readPlainText, readStrictly, said, sources } from './read.js';

const test = suite('SSML structure');
const pauses = (content: string) => read(content).sentences.map(({ pauseAfter }) => pauseAfter);
const close = (got: number, wanted: number) =>
  assert.ok(Math.abs(got - wanted) < 1e-9, `${got}, not ${wanted}`);

test('reads text without elements as plain text', () => {
  const text = "Dr. Smith paid $5.20 on 12/31/1999, didn't he? I think so.";
  const plain = readPlainText(text);
  const marked = read(text);
  assert.equal(
    marked.sentences.map(({ tokens, pauseAfter }) => [tokens, pauseAfter]),
    plain.sentences.map(({ tokens, pauseAfter }) => [tokens, pauseAfter]),
  );
});

test('maps spans through references, CDATA and line ends', () => {
  assert.equal(sources(read('AT&amp;T &#x68;i, caf&#233;\r\n<![CDATA[a & b]]> &#128512; end')), [
    ['a', 'AT&amp;T'],
    ['t', 'AT&amp;T'],
    ['and', 'AT&amp;T'],
    ['t', 'AT&amp;T'],
    ['hi', '&#x68;i'],
    ['cafe', 'caf&#233;'],
    ['a', 'a'],
    ['and', '&'],
    ['b', 'b'],
    ['end', 'end'],
  ]);
  const document =
    '\ufeff<?xml version="1.0"?>\n<!-- <speak> -->\n<speak version="1.1">One<!-- x --> two</speak>\n';
  assert.equal(sources(readDocument(document)), [
    ['one', 'One'],
    ['two', 'two'],
  ]);
});

test('speaks a word as the element around most of it asks', () => {
  const utterance = read('un<emphasis level="strong">believ</emphasis>able <emphasis>a</emphasis>nd');
  assert.equal(sources(utterance), [
    ['unbelievable', 'un<emphasis level="strong">believ</emphasis>able'],
    ['and', 'a</emphasis>nd'],
  ]);
  const [sentence] = utterance.sentences;
  assert.equal(edits(sentence!, 'unbelievable'), { rate: 0.8, pitchShift: 2, gain: 3 });
  assert.equal(edits(sentence!, 'and'), { rate: 1, pitchShift: 0, gain: 0 });
  assert.is(said(read('<w>hello</w><w>world</w><token>too</token>')), 'hello world too.');
});

test('splits at elements, not at line breaks', () => {
  assert.is(said(read('A line\n  that goes\n\n\n  on')), 'a line that goes on.');
  assert.equal(
    pauses('<p>One</p><p>Two</p>Three<p><s>Four</s> <s>Five?</s>\n</p> Six'),
    [0.7, 0.7, 0.7, 0.35, 0.7, 0],
  );
  assert.equal(pauses('One. Two.'), [0.35, 0]);
  assert.is(said(read('<s>One</s><s>two?</s>three')), 'one. two? three.');
});

test('puts breaks where they are written', () => {
  assert.equal(pauses('One<break time="750ms"/>two.'), [0.75, 0]);
  assert.equal(pauses('One.<break time="50ms"/> Two.'), [0.05, 0], 'in place of what the full stop implies');
  assert.equal(pauses('<p>One</p><break strength="none"/><p>Two</p>'), [0, 0]);
  assert.equal(pauses('One<break strength="none"/>two.'), [0], 'no break is no cut');
  assert.equal(pauses('One <break time="1s"/><break time=".5s"/> two.'), [1.5, 0]);
  assert.equal(pauses('One.<break time="2s"/>'), [2]);
  const leading = read('<break time="1s"/>One.').sentences[0]!;
  assert.equal([leading.pauseBefore, leading.pauseAfter], [1, 0]);
  const strengths = ['none', 'x-weak', 'weak', 'medium', 'strong', 'x-strong'];
  const seconds = strengths.map((strength) => pauses(`One.<break strength="${strength}"/>`)[0]);
  assert.equal(seconds, [0, 0.1, 0.25, 0.5, 1, 2]);
  assert.equal(pauses('One<break/>two.'), [0.5, 0]);
});

test('pronounces a sentence the same with a break in it', () => {
  const phones = (content: string) =>
    read(content).sentences.flatMap(({ words }) => words.map(({ phones }) => phones.join(' ')));
  assert.equal(
    phones('I read it<break/> yesterday. The<break/> apple.'),
    phones('I read it yesterday. The apple.'),
  );
});

test('puts marks before a word or at an end', () => {
  const marks = (content: string) => read(content).sentences.map((sentence) => sentence.marks ?? []);
  assert.equal(marks('One <mark name="a"/>two. <mark name="b"/>Three<mark name="c"/>'), [
    [{ name: 'a', word: 1 }],
    [
      { name: 'b', word: 0 },
      { name: 'c', word: 1 },
    ],
  ]);
  assert.equal(
    marks(
      '<mark name="a"/><break/><mark name="b"/>One<mark name="c"/><break/><mark name="d"/>two<break/><mark name="e"/>',
    ),
    [
      [
        { name: 'a', word: -1 },
        { name: 'b', word: 0 },
        { name: 'c', word: 1 },
      ],
      [
        { name: 'd', word: 0 },
        { name: 'e', word: 2 },
      ],
    ],
  );
});

test('combines nested prosody on its own words', () => {
  const [sentence] = read(
    'a <prosody rate="80%" pitch="+2st" volume="-6dB">b <prosody rate="+25%" pitch="low" volume="loud">c</prosody> d</prosody> e',
  ).sentences;
  const usual = { rate: 1, pitchShift: 0, gain: 0 };
  assert.equal(edits(sentence!, 'a'), usual);
  assert.equal(edits(sentence!, 'b'), { rate: 0.8, pitchShift: 2, gain: -6 });
  assert.equal(edits(sentence!, 'c'), { rate: 1, pitchShift: -1, gain: -3 });
  assert.equal(edits(sentence!, 'd'), { rate: 0.8, pitchShift: 2, gain: -6 });
  assert.equal(edits(sentence!, 'e'), usual);
});

test('cuts very slow speech into shorter runs', () => {
  const words = Array.from({ length: 40 }, () => 'seven').join(' ');
  const runs = (rate: string) => read(`<prosody rate="${rate}">${words}</prosody>`).sentences;
  const longest = (rate: string) => Math.max(...runs(rate).map(({ tokens }) => tokens.length));
  assert.is(longest('50%'), longest('100%'));
  assert.ok(longest('10%') <= longest('50%') / 3, `${longest('10%')} tokens`);
  assert.is(runs('10%').flatMap((run) => run.words).length, 40);
  assert.is(
    read(`<prosody rate="10%">${'x'.repeat(300)}</prosody>`).sentences.flatMap(({ tokens }) => tokens)
      .length > 300,
    true,
  );
});

test('reads every form of a rate, a pitch and a volume', () => {
  const of = (attribute: string, name: 'rate' | 'pitchShift' | 'gain') =>
    edits(read(`<prosody ${attribute}>word</prosody>`).sentences[0]!, 'word')[name];
  const rates = ['x-slow', 'slow', 'medium', 'fast', 'x-fast', 'default', '120%', '-10%', '0.5', '2'];
  assert.equal(
    rates.map((rate) => of(`rate="${rate}"`, 'rate')),
    [0.5, 0.75, 1, 1.25, 1.5, 1, 1.2, 0.9, 0.5, 2],
  );
  const pitches = ['x-low', 'low', 'medium', 'high', 'x-high', 'default', '+1.5st', '-2St'];
  assert.equal(
    pitches.map((pitch) => of(`pitch="${pitch}"`, 'pitchShift')),
    [-6, -3, 0, 3, 6, 0, 1.5, -2],
  );
  close(of('pitch="+100%"', 'pitchShift'), 12);
  close(of('pitch="-50%"', 'pitchShift'), -12);
  const meanHz = 200 / 2 ** (of('pitch="200Hz"', 'pitchShift') / 12);
  assert.ok(Math.abs(meanHz - 158.69) < 0.01, `${meanHz} Hz is not the mean of the default voice`);
  close(of('pitch="+20Hz"', 'pitchShift'), 12 * Math.log2((meanHz + 20) / meanHz));
  const volumes = ['silent', 'x-soft', 'soft', 'medium', 'loud', 'x-loud', 'default', '+4.5dB', '-3db'];
  assert.equal(
    volumes.map((volume) => of(`volume="${volume}"`, 'gain')),
    [-100, -12, -6, 0, 3, 6, 0, 4.5, -3],
  );
});

test('chooses a voice by name or gender for its content', () => {
  const voices = (content: string) =>
    read(content).sentences.map(({ voice, words }) => [voice, ...words.map(({ text }) => text)]);
  assert.equal(voices('You <voice name="slt">and <voice gender="male">he</voice> and me</voice>.'), [
    [undefined, 'you'],
    ['slt', 'and'],
    ['bdl', 'he'],
    ['slt', 'and', 'me'],
  ]);
  assert.equal(voices('<voice name="nobody BDL">He</voice>'), [['bdl', 'he']]);
  assert.equal(voices('<voice name="kathleen">She</voice> too'), [[undefined, 'she', 'too']]);
});

test('says the alias of a sub with the span of its content', () => {
  assert.equal(sources(read('The <sub alias="World Wide Web">WWW</sub>!')), [
    ['the', 'The'],
    ['world', 'WWW'],
    ['wide', 'WWW'],
    ['web', 'WWW'],
  ]);
  assert.is(said(read('<sub alias="5 km">x</sub>')), 'five kilometers.');
});

test('speaks phonemes as given, in each alphabet', () => {
  const phones = (content: string) => read(content).sentences[0]!.words.map((word) => word.phones.join(' '));
  for (const attributes of [
    'ph="təˈmɑtoʊ"',
    'alphabet="ipa" ph="təˈmɑtoʊ"',
    'alphabet="x-sampa" ph="t@&quot;mAtoU"',
    'alphabet="x-arpabet" ph="T AH0 M AA1 T OW0"',
  ]) {
    assert.equal(phones(`<phoneme ${attributes}>tomato</phoneme>`), ['T AH0 M AA1 T OW0'], attributes);
  }
  const [word] = read('<phoneme ph="dʒɪf">GIF</phoneme>.').sentences[0]!.words;
  assert.equal(word, { text: 'gif', span: [26, 29], phones: ['JH', 'IH1', 'F'], provenance: 'user' });
  assert.equal(
    phones('<phoneme ph="dʒɪf">gif</phoneme>\'s <phoneme ph="dɔɡ">dog</phoneme>’s end')[0],
    'JH IH1 F S',
  );
  assert.is(phones('the <phoneme ph="ˈɛl">x</phoneme>')[0], 'DH IY0');
  assert.is(phones('the <phoneme ph="ˈtɛl">x</phoneme>')[0], 'DH AH0');
});

test('warns of each language other than English once', () => {
  const { warnings } = readStrictly(
    '<speak xml:lang="en-GB"><lang xml:lang="fr">Oui</lang> <s xml:lang="fr">non</s>\n<lang xml:lang="de-DE">ja</lang></speak>',
  );
  assert.is(warnings.length, 2);
  assert.match(warnings[0]!, 'line 1, column 25: <lang xml:lang="fr">');
  assert.match(warnings[1]!, 'line 2, column 1: <lang xml:lang="de-DE">');
});

test('warns of what is left out with its place in the markup', () => {
  const ssml = '<speak><p>One <emphasis>\u{1F600}</emphasis> two.</p></speak>';
  const { warnings } = readDocument(ssml);
  const at = ssml.indexOf('\u{1F600}');
  assert.equal(warnings, [`left out, an emoji: "\u{1F600}" at ${at}-${at + 2}`]);
  const plain = readDocument('<speak>I have <emphasis>5</emphasis> cats.</speak>', {
    preprocessing: 'plain',
  });
  assert.is(said(plain), 'i have cats.');
  assert.match(plain.warnings[0]!, '"5" at 24-25');
});

test.run();
