// If this fails, docs/mutants.md counts faults that were never planted, or that change what they should not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mutantsOf } from '../../bench/lib/mutants/mutate.js';

const test = suite('mutants');

const SOURCE = `const WAIT_MS = 5 * 60;
function check(x, most = 10) {
  if (x === undefined) throw new Error('none');
  if (x < 0 || x > most) {
    return x < 0 ? 'low' : 'high';
  }
  switch (x) {
    case 3: throw new RangeError('three');
    default: return 'sum ' + (x + 1);
  }
}
return (x) => { try { return check(x); } catch (error) { return error.message; } };`;

/** What the function gives with one fault planted, or none. */
function withFault(id: number): (x: number | undefined) => string {
  const { switched } = mutantsOf(SOURCE, 'x.ts');
  const given = globalThis as { isMutant?: (asked: number) => boolean };
  given.isMutant = (asked) => asked === id;
  return new Function(switched)();
}

test('plants each fault alone, and none where none is asked for', () => {
  const { mutants } = mutantsOf(SOURCE, 'x.ts');
  const inputs = [undefined, -1, 0, 2, 3, 10, 11];
  const usual = inputs.map(withFault(0));
  assert.equal(usual, ['none', 'low', 'sum 1', 'sum 3', 'three', 'sum 11', 'high']);
  const seen = mutants.map(({ id, line, kind, before, after }) => {
    const own = inputs.map(withFault(id));
    return [line, kind, `${before} -> ${after}`, inputs.filter((_, n) => own[n] !== usual[n]).length];
  });
  assert.equal(seen, [
    [2, 'constant by one', '10 -> 11', 1],
    [3, 'dropped guard', "if (x === undefined) throw new Error('none'); -> ;", 1],
    [3, 'swapped equality', '=== -> !==', 7],
    [4, 'negated condition', 'x < 0 || x > most -> !(x < 0 || x > most)', 6],
    [4, 'dropped guard', "if (x < 0 || x > most) { return x < 0 ? 'low' : 'high'; } -> ;", 2],
    [4, 'swapped logic', '|| -> &&', 2],
    [4, 'moved bound', '< -> <=', 1],
    [4, 'constant by one', '0 -> 1', 1],
    [4, 'moved bound', '> -> >=', 1],
    [5, 'negated condition', 'x < 0 -> !(x < 0)', 2],
    [5, 'moved bound', '< -> <=', 0],
    [5, 'constant by one', '0 -> 1', 0],
    [8, 'constant by one', '3 -> 4', 1],
    [8, 'dropped throw', "throw new RangeError('three'); -> ;", 1],
    [9, 'swapped sign', '+ -> -', 3],
    [9, 'constant by one', '1 -> 2', 3],
  ]);
});

test('keeps the lines, and what is no code', () => {
  const source =
    "import { a } from './a.js';\ntype T = 1 | 2;\nexport const b: T = 1;\nexport const o = { 1: 2 };\n";
  const { mutants, switched } = mutantsOf(source, 'x.ts');
  assert.equal(
    mutants.map(({ line }) => line),
    [3],
  );
  assert.is(switched.split('\n').length, source.split('\n').length);
  assert.ok(switched.includes('type T = 1 | 2;'));
});

test.run();
