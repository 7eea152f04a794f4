// If this fails, Praat does not open our TextGrids, or shows other labels or times than those of the speech.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ensureVenv } from '../../bench/lib/python.js';
import { toTextGrid } from '../../src/audio/captions.js';
import type { Timeline } from '../../src/audio/timeline.js';

const test = suite('TextGrids in Praat');
const requirements = fileURLToPath(new URL('./praat-requirements.txt', import.meta.url));
const venv = await ensureVenv('praat', requirements);
if ('unavailable' in venv) console.log(`SKIP no Praat: ${venv.unavailable}`);

/** Praat's own library reads the file, and prints what is in it. */
const READER = `
import json, sys, parselmouth
from parselmouth.praat import call
grid = parselmouth.read(sys.argv[1])
tiers = []
for t in range(1, call(grid, 'Get number of tiers') + 1):
    rows = []
    for i in range(1, call(grid, 'Get number of intervals', t) + 1):
        rows.append([call(grid, 'Get start time of interval', t, i), call(grid, 'Get end time of interval', t, i),
                     call(grid, 'Get label of interval', t, i)])
    tiers.append({'name': call(grid, 'Get tier name', t), 'rows': rows})
sys.stdout.buffer.write(json.dumps({'end': call(grid, 'Get end time'), 'tiers': tiers}).encode('utf-8'))
`;

interface Grid {
  end: number;
  tiers: { name: string; rows: [start: number, end: number, label: string][] }[];
}

function inPraat(content: string): Grid {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-test-'));
  try {
    const path = join(folder, 'speech.TextGrid');
    writeFileSync(path, content);
    const { python } = venv as { python: string };
    const { status, stdout, stderr } = spawnSync(python, ['-c', READER, path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TEXT = 'Say "naïve" 東京 \\bu x.\nТы — да?';
const places: [text: string, start: number, end: number][] = [
  ['Say', 0.1, 0.3],
  ['naïve', 0.3, 0.7],
  ['東京', 0.75, 1.1],
  ['\\bu', 1.1, 1.3],
  ['Ты', 2, 2.25],
  ['да', 2.4, 2.725],
];
const timeline: Timeline = {
  marks: [],
  words: places.map(([text, start, end]) => {
    const at = TEXT.indexOf(text);
    const phones = [{ phone: 'AH0', start, end }];
    return {
      text: text.toLowerCase(),
      span: [at, at + text.length],
      start,
      end,
      phones,
      provenance: 'lexicon',
    };
  }),
};

if (!('unavailable' in venv)) {
  test('opens with all tiers, labels and times', () => {
    const { end, tiers } = inPraat(toTextGrid(timeline, { text: TEXT, duration: 3 }));
    assert.is(end, 3);
    assert.equal(
      tiers.map(({ name }) => name),
      ['captions', 'words', 'phones'],
    );
    const spoken = (name: string): [number, number, string][] =>
      tiers.find((tier) => tier.name === name)!.rows.filter(([, , label]) => label !== '');
    assert.equal(
      spoken('words'),
      places.map(([text, start, to]) => [start, to, text]),
    );
    assert.equal(
      spoken('phones').map(([start, to]) => [start, to]),
      places.map(([, start, to]) => [start, to]),
    );
    const shown = spoken('captions')
      .map(([, , label]) => label)
      .join(' ');
    assert.is(shown.replace(/\s+/g, ' '), TEXT.replace(/\s+/g, ' '));
    for (const { rows } of tiers) {
      assert.is(rows[0]![0], 0);
      assert.is(rows.at(-1)![1], 3);
      for (const [i, [start]] of rows.entries()) if (i > 0) assert.is(start, rows[i - 1]![1]);
    }
  });

  test('opens without a word, and without a text', () => {
    const silence = inPraat(toTextGrid({ words: [], marks: [] }, { duration: 1.5 }));
    assert.equal(
      silence.tiers.map(({ rows }) => rows),
      [[[0, 1.5, '']], [[0, 1.5, '']], [[0, 1.5, '']]],
    );
    const { tiers } = inPraat(toTextGrid(timeline));
    assert.ok(tiers[1]!.rows.some(([, , label]) => label === '東京'));
  });
}

test('begins as the long format of Praat does', () => {
  const [type, kind, , first] = toTextGrid(timeline).split('\n');
  assert.equal([type, kind], ['File type = "ooTextFile"', 'Object class = "TextGrid"']);
  assert.match(first!, /^xmin = 0/);
});

test.run();
