// If this fails, a batch names its files otherwise than it was told, or writes two rows into one file.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rowNames } from '../../src/cli/batch-names.js';
import { readRows } from '../../src/cli/batch-rows.js';
import { voirsError } from '../expect.js';

const test = suite('names of a batch');
const rows = readRows('{"id":"a","text":"One."}\n{"text":"Two.","voice":"miles"}', 'jsonl');

test('names files by a template, and refuses one that cannot', async () => {
  assert.equal(rowNames(rows, '{number}-{id}-{voice}.{ext}', 'mp3', 'hazel'), [
    '0001-a-hazel.mp3',
    '0002-0002-miles.mp3',
  ]);
  assert.equal(rowNames(rows, 'line{line}.wav', 'wav', ''), ['line1.wav', 'line2.wav']);
  for (const template of [
    '{id}',
    '{idd}.{ext}',
    '../{id}.{ext}',
    '{voice}/{id}.{ext}',
    'same.{ext}',
    '{id}.mp3',
  ])
    await voirsError(() => rowNames(rows, template, 'wav', 'hazel'), 'INVALID_OPTIONS');
  const many = readRows('x\n'.repeat(10_000), 'txt');
  assert.equal(rowNames(many, '{number}.{ext}', 'wav', '').slice(-1), ['10000.wav']);
  assert.is(rowNames(many, '{number}.{ext}', 'wav', '')[0], '00001.wav');
  const named = (name: string) => rowNames(rows.slice(0, 1), name, 'wav', 'hazel');
  assert.equal(named(`${'n'.repeat(196)}.{ext}`), [`${'n'.repeat(196)}.wav`]);
  await voirsError(() => named(`${'n'.repeat(197)}.{ext}`), 'INVALID_OPTIONS');
  const same = readRows('{"id":"a","text":"x"}\n\n{"id":"b","text":"x","voice":"HAZEL"}', 'jsonl');
  const twice = await voirsError(() => rowNames(same, '{voice}.{ext}', 'wav', 'hazel'), 'INVALID_OPTIONS');
  assert.is(
    twice.message,
    'Line 3: --name gives the name of line 1; got "HAZEL.wav". Put {id} or {number} into it',
  );
  const unknown = await voirsError(() => rowNames(rows, '{zzzzzz}.{ext}', 'wav', ''), 'INVALID_OPTIONS');
  assert.is(unknown.suggestion, undefined);
  const { suggestion } = await voirsError(() => rowNames(rows, '{idd}.{ext}', 'wav', ''), 'INVALID_OPTIONS');
  assert.is(suggestion, 'Did you mean {id}?');
});

test.run();
