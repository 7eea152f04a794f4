// If this fails, a listener hears a wrong reading: a number, a date, a name or a sign said as no newsreader
// would.
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toSpoken } from '../../../src/frontend/normalize/spoken.js';
import { toNotation } from './notation.js';

/** `out` is in the notation of reader.ts: capitals are letters said by name, " | " parts sentences. */
interface Case {
  in: string;
  out: string;
}

const folder = new URL('./cases/', import.meta.url);
let count = 0;

for (const file of readdirSync(folder).sort()) {
  const cases = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Case[];
  const table = suite(`normalize ${file}`);
  for (const { in: written, out: spoken } of cases) {
    count += 1;
    table(written, () => {
      assert.is(toSpoken(written).sentences.map(toNotation).join(' | '), spoken);
    });
  }
  table.run();
}

const size = suite('normalize tables');
size('hold at least 600 cases', () => assert.ok(count >= 600, `${count} cases`));
size.run();
