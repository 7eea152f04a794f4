// If this fails, captions show at the wrong time, break in the middle of a phrase, or no player reads them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import webvtt from 'webvtt-parser';
import { captionCues } from '../../src/audio/caption-cues.js';
import {
  CAPTION_FORMATS,
  type CaptionFormat,
  captions,
  toJson,
  toLrc,
  toSrt,
  toTextGrid,
  toTtml,
  toVtt,
  VttStream,
} from '../../src/audio/captions.js';
import type { Timeline } from '../../src/audio/timeline.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { bufferOf } from './made.js';

const test = suite('captions');

/** Words of the text, 0.2 s each, 0.05 s apart and 0.3 s after the full stop of a sentence. */
function timelineOf(text: string): Timeline {
  let at = 0.1;
  const words = [...text.matchAll(/[\p{L}\p{N}'’$]+/gu)].map((match) => {
    const span: [number, number] = [match.index, match.index + match[0].length];
    const start = at;
    at += 0.2;
    const end = at;
    at += text[span[1]] === '.' && match[0] !== 'Dr' ? 0.3 : 0.05;
    const phones = [{ phone: 'AH0', start, end }];
    return { text: match[0].toLowerCase(), span, start, end, phones, provenance: 'lexicon' as const };
  });
  return { words, marks: [] };
}

const TEXT =
  'Dr. Smith said: "It\'s <done> & paid!" The old clock in the hall struck seven, and nobody who lived there ' +
  'answered the door until the rain had stopped. Was it 1999?\n\nYes — it was.';
const timeline = timelineOf(TEXT);

test('keeps every word of the text, in order', () => {
  for (const options of [
    { text: TEXT },
    { text: TEXT, words: true },
    { text: TEXT, lineLength: 10, lines: 1 },
  ]) {
    const shown = captionCues(timeline, options)
      .flatMap(({ lines }) => lines)
      .join(' ');
    assert.is(shown.replace(/\s+/g, ' '), TEXT.replace(/\s+/g, ' '));
  }
});

test('joins punctuation to its word across the blanks of markup', () => {
  const texts: [string, string][] = [
    ['A   link   . And "  bold  " (  here  ), then    ! Done', 'A link. And "bold" (here), then! Done'],
    ['Wait . . . and see', 'Wait . . . and see'],
  ];
  for (const [text, wanted] of texts) {
    const cues = captionCues(timelineOf(text), { text, lineLength: 200 });
    assert.is(cues.flatMap(({ lines }) => lines).join(' '), wanted);
  }
});

test('breaks lines at 42 characters, and cues at sentences', () => {
  const cues = captionCues(timeline, { text: TEXT });
  for (const { lines } of cues) {
    assert.ok(lines.length <= 2, lines.join('|'));
    for (const line of lines) assert.ok(line.length <= 42, line);
  }
  assert.equal(
    cues.map(({ lines }) => lines.join(' ')),
    [
      'Dr. Smith said: "It\'s <done> & paid!"',
      'The old clock in the hall struck seven,',
      'and nobody who lived there answered the door until the rain had stopped.',
      'Was it 1999?',
      'Yes — it was.',
    ],
  );
});

test('orders cues without overlap, at the times of their words', () => {
  for (const words of [true, false]) {
    const cues = captionCues(timeline, { text: TEXT, words });
    cues.forEach(({ start, end, words: own }, i) => {
      assert.ok(end > start && end <= (cues[i + 1]?.start ?? 99), `${start} ${end}`);
      assert.equal([start, end], [own[0]!.start, own.at(-1)!.end]);
    });
    if (words) assert.is(cues.length, timeline.words.length);
  }
});

test('shows what was written for what is spoken', () => {
  const spoken: Timeline = {
    words: ['nineteen', 'ninety', 'nine'].map((text, i) => ({
      ...timeline.words[0]!,
      text,
      span: [3, 7] as [number, number],
      start: i,
      end: i + 1,
    })),
    marks: [],
  };
  assert.equal(captionCues(spoken, { text: 'In 1999.' })[0]!.lines, ['In 1999.']);
  assert.is(captionCues(spoken, { text: 'In 1999.' })[0]!.end, 3);
  assert.equal(captionCues(spoken)[0]!.lines, ['nineteen ninety nine']);
});

test('writes WebVTT that the parser of the W3C takes without an error', () => {
  for (const words of [true, false]) {
    const cues = captionCues(timeline, { text: TEXT, words });
    const { cues: read, errors } = new webvtt.WebVTTParser().parse(toVtt(timeline, { text: TEXT, words }));
    assert.equal(errors, []);
    assert.is(read.length, cues.length);
    read.forEach(({ startTime, endTime, tree }, i) => {
      assert.ok(Math.abs(startTime - cues[i]!.start) <= 0.0005 && Math.abs(endTime - cues[i]!.end) <= 0.0005);
      // This parser takes `&lt` for the whole of `&lt;`, and leaves the semicolon.
      const text = tree.children.map(({ value }) => value.replace(/([<>&]);/g, '$1')).join('');
      assert.is(text, cues[i]!.lines.join('\n'));
    });
  }
});

test('writes SubRip', () => {
  const srt = toSrt(timeline, { text: TEXT });
  const blocks = srt.trimEnd().split('\n\n');
  blocks.forEach((block, i) => {
    const [number, times, ...lines] = block.split('\n');
    assert.is(number, `${i + 1}`);
    assert.match(times!, /^\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}$/);
    assert.ok(lines.length >= 1 && lines.length <= 2);
  });
  const late: Timeline = { words: [{ ...timeline.words[0]!, start: 3661.5, end: 3662.9996 }], marks: [] };
  assert.match(toSrt(late), '01:01:01,500 --> 01:01:03,000');
});

/** Reads the long form of a TextGrid. */
function readTextGrid(
  text: string,
): { name: string; intervals: { min: number; max: number; text: string }[] }[] {
  const lines = text.split('\n').map((line) => line.trim());
  const value = (line: string): string => line.slice(line.indexOf('=') + 1).trim();
  const quoted = (line: string): string => value(line).slice(1, -1).replaceAll('""', '"');
  assert.equal(lines.slice(0, 2), ['File type = "ooTextFile"', 'Object class = "TextGrid"']);
  const tiers: ReturnType<typeof readTextGrid> = [];
  lines.forEach((line, i) => {
    if (line.startsWith('name =')) tiers.push({ name: quoted(line), intervals: [] });
    if (!/^intervals \[\d+\]:$/.test(line)) return;
    const [min, max, label] = lines.slice(i + 1, i + 4) as [string, string, string];
    tiers.at(-1)!.intervals.push({ min: Number(value(min)), max: Number(value(max)), text: quoted(label) });
  });
  return tiers;
}

test('writes a TextGrid whose tiers cover the time without gaps', () => {
  const tiers = readTextGrid(toTextGrid(timeline, { text: TEXT, duration: 20 }));
  assert.equal(
    tiers.map(({ name }) => name),
    ['captions', 'words', 'phones'],
  );
  for (const { intervals } of tiers) {
    let at = 0;
    for (const { min, max } of intervals) {
      assert.is(min, at);
      assert.ok(max > min);
      at = max;
    }
    assert.is(at, 20);
  }
  const words = tiers[1]!.intervals.filter(({ text }) => text !== '');
  assert.is(words.length, timeline.words.length);
  assert.is(tiers[0]!.intervals[1]!.text, 'Dr. Smith said: "It\'s <done> & paid!"');
});

test('writes JSON with words and phones, LRC and TTML', () => {
  const cues = JSON.parse(toJson(timeline, { text: TEXT }));
  assert.is(cues[0].words[0].text, 'Dr');
  assert.equal(cues[0].words[0].phones, timeline.words[0]!.phones);
  const lrc = toLrc(timeline, { text: TEXT }).trimEnd().split('\n');
  for (const line of lrc) assert.match(line, /^\[\d\d:\d\d\.\d\d\]\S.{0,41}$/);
  const ttml = toTtml(timeline, { text: TEXT });
  assert.match(ttml, '&lt;done&gt; &amp; paid!');
  assert.match(ttml, /<p begin="00:00:00\.100" end="[\d:.]+">Dr\. Smith/);
});

test('writes every format for silence too', () => {
  const silence = { words: [], marks: [] };
  for (const format of CAPTION_FORMATS) assert.type(captions(silence, format), 'string');
  assert.is(toVtt(silence), 'WEBVTT\n\n');
});

test('streams the same WebVTT, wherever the chunks are cut', () => {
  for (const options of [{ text: TEXT }, {}, { text: TEXT, words: true }, { text: TEXT, lineLength: 12 }]) {
    for (const size of [1, 2, 5]) {
      const stream = new VttStream(options);
      const parts: string[] = [];
      for (let at = 0; at < timeline.words.length; at += size)
        parts.push(stream.push({ words: timeline.words.slice(at, at + size), marks: [] }));
      parts.push(stream.end());
      assert.is(parts.join(''), toVtt(timeline, options), `${JSON.stringify(options)} by ${size}`);
      assert.ok(parts.filter((part) => part.includes('-->')).length > 1 || !('text' in options));
    }
  }
});

test('is a method of audio, timed from its start', () => {
  const arena = new Arena();
  using audio = bufferOf(arena, new Float32Array(80000), { timeline, startTime: 0 });
  assert.is(audio.captions('srt', { text: TEXT }), toSrt(timeline, { text: TEXT }));
  const [, , phones] = readTextGrid(audio.captions('textgrid', { text: TEXT }));
  assert.is(phones!.intervals.at(-1)!.max, audio.duration);
});

test('refuses unknown formats and options', async () => {
  for (const run of [
    () => captions(timeline, 'sub' as CaptionFormat),
    () => toVtt(timeline, { word: true } as never),
    () => toVtt(timeline, { lineLength: 5 }),
    () => toVtt(timeline, { lines: 0 }),
    () => toVtt(timeline, { words: 1 as never }),
    () => toVtt(timeline, { text: 5 as never }),
  ])
    await voirsError(run, 'INVALID_OPTIONS');
});

test.run();
