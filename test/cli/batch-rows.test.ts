// If this fails, a batch reads other texts than its file has, or blames another line than the one that is wrong.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { batchFormat, parseCsv, readRows } from '../../src/cli/batch-rows.js';
import { VoirsError } from '../../src/errors.js';

const test = suite('rows of a batch');

function refused(action: () => unknown, message: RegExp): void {
  try {
    action();
  } catch (error) {
    assert.instance(error, VoirsError);
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable('nothing was refused');
}

test('reads the lines of a text file without the blank ones', () => {
  const rows = readRows('One.\r\n\r\n  \nTwo.', 'txt');
  assert.equal(
    rows.map(({ line, id, text }) => [line, id, text]),
    [
      [1, '0001', 'One.'],
      [4, '0002', 'Two.'],
    ],
  );
});

test('reads CSV with quotes, line breaks and columns in any order', () => {
  const rows = readRows('voice,Text,id,rate\nmiles,"A ""b"", c\nd",x,1.5\n,Plain,y,\n', 'csv');
  assert.equal(rows[0], {
    line: 2,
    id: 'x',
    text: 'A "b", c\nd',
    options: { voice: 'miles', speakingRate: 1.5 },
  });
  assert.equal(rows[1], { line: 4, id: 'y', text: 'Plain', options: {} });
});

test('reads back every record that is written as CSV', () => {
  const cell = fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      const quoted = rows
        .map((row) => row.map((text) => `"${text.replaceAll('"', '""')}"`).join(','))
        .join('\n');
      const kept = rows.filter((row) => row.some((text) => text.trim() !== ''));
      assert.equal(
        parseCsv(quoted).map(({ cells }) => cells),
        kept.map((row) => [...row]),
      );
    }),
    { numRuns: 200 },
  );
});

test('throws nothing but VoirsError for any content', () => {
  const formats = fc.constantFrom('txt' as const, 'csv' as const, 'jsonl' as const);
  fc.assert(
    fc.property(formats, fc.string({ maxLength: 80 }), fc.boolean(), (format, content, hasHeader) => {
      try {
        readRows(hasHeader ? `id,text\n${content}` : content, format);
      } catch (error) {
        if (!(error instanceof VoirsError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});

test('knows a batch by the end of its name', () => {
  for (const [path, format] of [
    ['-', 'txt'],
    ['a.TXT', 'txt'],
    ['a.txt.csv', 'csv'],
    ['b/a.JsonL', 'jsonl'],
  ] as const)
    assert.is(batchFormat(path), format);
});

test('reads JSON Lines of texts and objects, with numbers as numbers', () => {
  const rows = readRows('"One."\n\n{"text":"Two.","rate":1.5,"pitch":"-2","gain":3,"other":true}', 'jsonl');
  assert.equal(
    rows.map(({ line, id, text, options }) => [line, id, text, options]),
    [
      [1, '0001', 'One.', {}],
      [3, '0002', 'Two.', { speakingRate: 1.5, pitchShift: -2, volumeGain: 3 }],
    ],
  );
  for (const row of ['5', 'null', '[]', '["text"]', '{}'])
    refused(() => readRows(`"a"\n${row}`, 'jsonl'), /Line 2: There is no text/);
});

test('numbers rows with as many digits as the last one takes', () => {
  const ids = (count: number) => readRows('x\n'.repeat(count), 'txt').map(({ id }) => id);
  assert.is(ids(9999).at(-1), '9999');
  assert.equal([ids(10_000)[0], ids(10_000).at(-1)], ['00001', '10000']);
  for (const id of ['a'.repeat(100), '_', '0.x-y']) assert.is(readRows(`id,text\n${id},x`, 'csv')[0]!.id, id);
  for (const id of ['a'.repeat(101), '.a', '-a', 'a b', 'ä'])
    refused(() => readRows(`id,text\n${id},x`, 'csv'), /cannot name a file/);
});

test('counts the lines of CSV whatever ends them, and skips blank records', () => {
  for (const end of ['\n', '\r', '\r\n']) {
    const content = ['id,text', 'a,"x', 'y"', '', ' , ', 'b,z'].join(end);
    assert.equal(
      readRows(content, 'csv').map(({ line, id, text }) => [line, id, text]),
      [
        [2, 'a', `x${end}y`],
        [6, 'b', 'z'],
      ],
    );
  }
  assert.equal(parseCsv(''), []);
  assert.equal(parseCsv('a,'), [{ line: 1, cells: ['a', ''] }]);
  refused(() => readRows('', 'csv'), /Line 1: The header has no column text/);
  refused(() => readRows('text\na"b', 'csv'), /Line 2: A quote is not closed or stands inside a field/);
});

test('names the line of a mistake before it speaks', () => {
  refused(() => readRows('id,words\n1,x', 'csv'), /Line 1.*no column text/);
  refused(() => readRows('text,rate\nx,fast', 'csv'), /Line 2.*fast/);
  refused(() => readRows('text\n"open', 'csv'), /Line 2: A quote/);
  refused(() => readRows('id,text\n1,x,y', 'csv'), /Line 2.*3 fields; wanted 2/);
  refused(() => readRows('text,rate\nx,9', 'csv'), /Line 2.*0\.5 to 2/);
  refused(() => readRows('id,text\n../x,a', 'csv'), /Line 2.*cannot name a file/);
  refused(
    () => readRows('id,text\nA,a\na,b', 'csv'),
    /Line 3.*used twice; got a; wanted another id than that of line 2/,
  );
  refused(() => readRows('{"text":1}', 'jsonl'), /Line 1.*no text/);
  refused(() => readRows('{', 'jsonl'), /Line 1.*not JSON/);
  refused(() => readRows('\n\n', 'txt'), /empty/);
  refused(() => batchFormat('x.docx'), /\.txt, \.csv, \.jsonl/);
});

test.run();
