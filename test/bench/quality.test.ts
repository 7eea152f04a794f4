// If this fails, the bench of quality judges other voices than were asked for, or adds their figures up wrongly.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Intonation, intonationRows, intonationTexts } from '../../bench/lib/quality/intonation.js';
import type { Judgement } from '../../bench/lib/quality/judge.js';
import {
  naturalness,
  naturalnessTable,
  precisionTable,
  type Row,
} from '../../bench/lib/quality/naturalness.js';
import { bytesOf } from '../../bench/lib/quality/sizes.js';
import { evenly, judgedTexts } from '../../bench/lib/quality/texts.js';
import { chosenVoices, voiceFolders } from '../../bench/lib/quality/voices.js';
import { metadataEntries } from '../../bench/rivals/piper/index.js';
import { run } from '../../bench/suites/quality.js';

const test = suite('bench quality');

const speakers = new Map([
  ['aspen', ['hazel', 'miles']],
  ['arctic', ['kathleen', 'slt', 'bdl']],
]);

test('takes one speaker of a set or all of them', () => {
  assert.equal(chosenVoices('aspen:miles, arctic', speakers), [
    { set: 'aspen', speaker: 'miles' },
    { set: 'arctic', speaker: 'kathleen' },
    { set: 'arctic', speaker: 'slt' },
    { set: 'arctic', speaker: 'bdl' },
  ]);
});

test('refuses an unknown set with those there are', () => {
  assert.throws(() => chosenVoices('oak:hazel', speakers), /--voices: no set oak; there are aspen, arctic/);
});

test('refuses an unknown speaker with those there are', () => {
  assert.throws(() => chosenVoices('aspen:bdl', speakers), /no speaker bdl in aspen; there are hazel, miles/);
});

test('names a voice folder by itself or by the name given', () => {
  const folders = voiceFolders('a/aspen,eight=b/aspen', ['arctic']);
  assert.equal([...folders.keys()], ['arctic', 'aspen', 'eight']);
  assert.is(folders.get('aspen'), resolve('a/aspen'));
  assert.is(folders.get('eight'), resolve('b/aspen'));
});

test('puts a given folder in the place of a shipped set of its name', () => {
  assert.is(voiceFolders('a/arctic', ['arctic']).get('arctic'), resolve('a/arctic'));
});

test('refuses an empty voice folder', () => {
  assert.throws(() => voiceFolders('a,', []), /wanted FOLDER or NAME=FOLDER/);
});

test('has 60 different texts of five kinds with ids for file names', () => {
  const texts = judgedTexts();
  assert.is(new Set(texts.map(({ text }) => text)).size, 60);
  assert.is(new Set(texts.map(({ id }) => id)).size, 60);
  assert.is(new Set(texts.map(({ kind }) => kind)).size, 5);
  for (const { id, kind, text } of texts) {
    assert.match(id, new RegExp(`^${kind}-\\d\\d$`));
    assert.not.match(text, /\t|\n/);
  }
});

test('takes a part of the texts of every kind', () => {
  const part = evenly(judgedTexts(), 20);
  assert.is(part.length, 20);
  assert.is(new Set(part.map(({ kind }) => kind)).size, 5);
  assert.equal(evenly([1, 2, 3], 5), [1, 2, 3]);
});

const judgement = (overall: number, words: number, errors: number): Judgement => {
  return { overall, signal: 3, background: 4, p808: 3.5, words, errors, heard: '' };
};

test('gives mean scores and the word errors of all words', () => {
  const figures = naturalness([judgement(3, 8, 0), judgement(4, 2, 1)]);
  assert.equal(figures, { overall: 3.5, signal: 3, background: 4, p808: 3.5, wer: 0.1, words: 10 });
});

const row = (name: string, overall: number, wer: number, rtf = 0.2): Row => {
  const voice = {
    name,
    engine: '',
    options: {},
    installedBytes: 2 ** 21,
    downloadedBytes: 0,
    licences: 'MIT',
  };
  const scores = { overall, signal: 3, background: 4, p808: 3.5, wer, words: 100 };
  return { voice, ...scores, rtf, coldStartMs: 99.6 };
};

test('keeps three decimals of scores and gives RTF against the first', () => {
  const { title, columns, rows } = naturalnessTable([row('a:b', 3.3333, 0.054), row('c:d', 3, 0, 0.5)], 60);
  assert.is(title, 'Naturalness, 60 texts');
  assert.equal(rows[0], ['a:b', '3.333', '3.000', '4.000', '3.500', '5.4', 0.2, 1, 100, '2.0', '0.0', 'MIT']);
  assert.is(rows[1]![7], 2.5);
  assert.is(columns.length, rows[0]!.length);
});

test('compares 8-bit with 16-bit sets and names falls over 0.02', () => {
  const precision = precisionTable([row('a:b', 3.3, 0.05), row('c:d', 3, 0), row('a-8bit:b', 3.27, 0.06)])!;
  assert.equal(precision.table.rows, [['a:b', '-0.030', '+0.000', '+0.000', '+0.000', '+0.010']]);
  assert.equal(precision.falls, ['a:b overall -0.030']);
});

test('counts more word errors as a fall', () => {
  assert.equal(precisionTable([row('a:b', 3, 0.05), row('a-8bit:b', 3, 0.08)])!.falls, ['a:b WER +0.030']);
});

test('has no table of precisions where one form was judged', () => {
  assert.is(precisionTable([row('a:b', 3, 0), row('c:b', 3, 0)]), undefined);
});

test('makes three forms of the same words', () => {
  const texts = intonationTexts({ triples: ['It rains'], wh: ['Who came?'] });
  assert.equal(
    texts.map(({ id, text }) => `${id} ${text}`),
    ['statement_1 It rains.', 'question_1 It rains?', 'exclamation_1 It rains!', 'wh-question_1 Who came?'],
  );
});

test('gives medians, rises and the level against statements by form', () => {
  const figures = (finalSemitones: number | null, levelDb: number | null): Intonation => {
    return { finalSemitones, rangeSemitones: 6, levelDb };
  };
  const byId = new Map([
    ['statement_1', figures(-3, -20)],
    ['statement_2', figures(-1, -22)],
    ['question_1', figures(4, -20)],
    ['question_2', figures(null, null)],
    ['exclamation_1', figures(0.4, -18)],
  ]);
  assert.equal(intonationRows('a:b', byId), [
    ['a:b', 'statement', '-2.0', '0 of 2', '6.0', '-21.0', '0.0'],
    ['a:b', 'question', '4.0', '1 of 1', '6.0', '-20.0', '1.0'],
    ['a:b', 'exclamation', '0.4', '0 of 1', '6.0', '-18.0', '3.0'],
    ['a:b', 'wh-question', null, null, null, null, null],
  ]);
});

test('adds up the bytes of a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-sizes-'));
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'a'), '12345');
  writeFileSync(join(folder, 'inner', 'b'), '123');
  assert.is(bytesOf(folder), 8);
  assert.is(bytesOf(join(folder, basename('a'))), 5);
  assert.is(bytesOf(join(folder, 'missing')), 0);
  rmSync(folder, { recursive: true });
});

test('writes metadata in the form of an ONNX file', () => {
  const long = 'x'.repeat(130);
  assert.equal([...metadataEntries({ ab: 'c' })], [0x72, 7, 0x0a, 2, 97, 98, 0x12, 1, 99]);
  assert.equal([...metadataEntries({ ab: long }).subarray(0, 3)], [0x72, 0x89, 0x01]);
});

test('refuses an unknown rival with those there are', async () => {
  await run({ args: ['--rivals', 'parrot'] }).then(
    () => assert.unreachable('nothing was thrown'),
    (error: Error) => assert.match(error.message, /--rivals: no parrot; there are none, piper, kokoro/),
  );
});

test.run();
