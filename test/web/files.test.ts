// If this fails, a file of subtitles crashes the studio or is read with its times, or sentences move when they are
// edited.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { textOfSubtitles } from '../../web/src/files/srt.js';
import { NOTHING, type Row, rowing } from '../../web/src/state/split.js';

function splitRows(text: string): Row[] {
  const cutting = rowing(NOTHING, text);
  let step = cutting.next();
  while (!step.done) step = cutting.next();
  return step.value.rows.list;
}

const test = suite('files of the studio');

test('reads what is said in subtitles', () => {
  const srt =
    '\uFEFF1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello,</i>\r\nyou.\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n- In {\\an8}1999\r\n3\r\n00:00:05,000 --> 00:00:06,000\r\nit rained.';
  assert.is(textOfSubtitles(srt), 'Hello, you.\nIn 1999 it rained.');
  const vtt =
    'WEBVTT\n\nNOTE not said\n\nintro\n00:01.000 --> 00:02.000 align:start\n<v Roger>Hi.\n\n00:03.000 --> 00:04.000\n42\n';
  assert.is(textOfSubtitles(vtt), 'Hi.\n42');
  assert.is(textOfSubtitles(''), '');
});

test('reads subtitles of any length once, not again and again', () => {
  const { exec } = RegExp.prototype;
  let looked = 0;
  RegExp.prototype.exec = function (text: string) {
    if (!this.global && !this.sticky) looked += text.length; // those go on from where they were
    return exec.call(this, text);
  };
  const time = '00:00:01,000 --> 00:00:02,000';
  const cues = Array.from({ length: 3000 }, (_, n) => `${n}\n${time}\nThis is cue ${n}, which goes on\n`);
  const file = cues.join('\n');
  try {
    assert.is(textOfSubtitles(file).match(/This is cue/g)!.length, 3000);
    assert.ok(looked < 20 * file.length, `${looked} characters of a file of ${file.length}`);
  } finally {
    RegExp.prototype.exec = exec;
  }
  assert.is(textOfSubtitles(`${time}\n${'<'.repeat(200_000)}`).length, 200_000);
});

test('takes any subtitles, and keeps their words', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), (cues) => {
      const file = cues
        .map((words, n) => `${n + 1}\n00:00:0${n},000 --> 00:00:0${n},900\n${words.join('\n')}\n`)
        .join('\n');
      assert.is(textOfSubtitles(file), cues.flat().join(' '));
    }),
  );
  const piece = fc.constantFrom(
    '1',
    '\n',
    '\r\n',
    '00:00:01,000 --> 00:00:02,000',
    '-->',
    '<i>',
    '<',
    '{\\',
    ' ',
    'a',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((parts) => parts.join('')),
      ),
      (file) => {
        assert.type(textOfSubtitles(file), 'string');
      },
    ),
  );
});

test('cuts any text into sentences that stand where they say', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const rows = splitRows(text);
      for (const row of rows) assert.is(text.slice(row.start, row.start + row.text.length), row.text);
      assert.is(new Set(rows.map(({ key }) => key)).size, rows.length);
    }),
  );
});

test('knows a sentence again after an edit before it', () => {
  const keys = (text: string): string[] => splitRows(text).map(({ key }) => key);
  const before = keys('One day. Two days. One day.');
  const after = keys('Some more. One day. Two days. One day.');
  assert.equal(after.slice(1), before);
  assert.is(splitRows('Dr. Smith left. He ran.\n\nNew.').length, 3);
});

test.run();
