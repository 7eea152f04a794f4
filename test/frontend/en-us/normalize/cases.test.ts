// If this fails, a listener hears a number, a date, a name or a sign that no newsreader would say so.
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readEnglish } from '../english.js';
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
    table(`reads ${JSON.stringify(written)}`.slice(0, 72), () => {
      assert.is(readEnglish(written).sentences.map(toNotation).join(' | '), spoken);
    });
  }
  table.run();
}

const size = suite('normalize tables');
size('holds at least 600 cases', () => assert.ok(count >= 600, `${count} cases`));
size.run();
