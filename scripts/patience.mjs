// How long a test may take before it counts as hung. Wall time says nothing on a slow or busy machine, so a
// process is judged by what it does: it hangs when it prints nothing and computes nothing, or computes
// without end.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * VOIRS_TEST_PATIENCE is a factor on every limit of the tests: 1 by default, 4 on a machine that is four
 * times slower.
 *
 * @throws Error when it is not a positive number.
 */
export function patience() {
  const given = process.env.VOIRS_TEST_PATIENCE;
  if (given === undefined || given === '') return 1;
  const factor = Number(given);
  if (Number.isFinite(factor) && factor > 0) return factor;
  throw new Error(
    `VOIRS_TEST_PATIENCE is ${given}; wanted a positive number, a factor on the limits of tests`,
  );
}

/** Clock ticks of /proc in a second: USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * A process, its descendants, and the processor seconds that all of them have used; descendants that ended
 * count once their parent has waited for them. Undefined where there is no /proc.
 */
export function processTree(root) {
  const parents = new Map();
  const seconds = new Map();
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      let stat;
      try {
        stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      } catch {
        continue; // it has ended
      }
      // The second field is the command in parentheses and may hold anything: the rest begins after the last
      // one.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      parents.set(Number(name), Number(fields[1]));
      // utime, stime, and those of children that were waited for.
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      seconds.set(Number(name), ticks / TICKS);
    }
  } catch {
    return undefined;
  }
  if (!parents.has(process.pid)) return undefined; // a /proc of another kind
  const children = new Map();
  for (const [id, parent] of parents) children.set(parent, [...(children.get(parent) ?? []), id]);
  const ids = [];
  const walk = (id) => {
    if (!seconds.has(id)) return;
    ids.push(id);
    for (const child of children.get(id) ?? []) walk(child);
  };
  walk(root);
  return { ids, seconds: ids.reduce((sum, id) => sum + seconds.get(id), 0) };
}
