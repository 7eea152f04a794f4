// If this fails, bench tables are unreadable or programs cannot find the JSON that --json promises on the
// last line.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { formatCell, markdownTable, printReport } from '../../bench/lib/report.js';

const test = suite('bench report');

test('prints three significant digits, and a dash for no value', () => {
  assert.equal([0.123456, 12.3456, 1234.5, 7, 0, 0.00001234, null].map(formatCell), [
    '0.123',
    '12.3',
    '1,235',
    '7',
    '0',
    '1.2e-5',
    '-',
  ]);
  assert.is(formatCell('a|b'), 'a\\|b');
});

test('aligns columns, numbers to the right', () => {
  const table = {
    title: 't',
    columns: ['engine', 'ms'],
    rows: [
      ['wasm', 12],
      ['onnxruntime', 3.5],
    ],
  };
  assert.equal(markdownTable(table).split('\n'), [
    '| engine      |  ms |',
    '| ----------- | --: |',
    '| wasm        |  12 |',
    '| onnxruntime | 3.5 |',
  ]);
});

test('ends --json with one object that holds the whole report', () => {
  const environment = {
    date: '2026-01-01',
    cpu: 'x',
    cores: 1,
    memoryGiB: 1,
    platform: 'p',
    node: 'n',
    v8: 'v',
    voirs: '0',
    tfjs: '0',
    versions: { rival: '1' },
    load: 0,
    seed: 1,
    warmups: 2,
    runs: 3,
  };
  const report = {
    name: 'n',
    environment,
    tables: [{ title: 't', columns: ['a'], rows: [[1]] }],
    notes: ['n'],
  };
  const lines: string[] = [];
  const log = console.log;
  console.log = (line: string) => lines.push(...line.split('\n'));
  try {
    printReport(report, { json: true });
  } finally {
    console.log = log;
  }
  assert.equal(JSON.parse(lines.at(-1)!), report);
  assert.ok(lines.some((line) => line.includes('seed 1, 2 warm-ups, 3 runs')));
});

test.run();
