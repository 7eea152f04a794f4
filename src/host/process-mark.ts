// Marks for temporary files and locks, by which any later process can tell whether the one that made them
// still runs. A process number cannot do that: it is the same again in every container.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';

/** This process, as others on the machine can find it. */
interface Identity {
  /** Which /proc of which boot of which machine numbers the process: 8 hexadecimal digits. */
  view: string;
  pid: number;
  /** Clock ticks from the boot to the start of the process; 0 on a system without /proc. */
  start: string;
}

/** A mark, for patterns of file names: VIEW-PID-START-RANDOM. */
export const MARK_PATTERN = '[0-9a-f]{8}-\\d+-\\d+-[0-9a-f]{16}';

/** `unknown`: in another container, on another machine, or on a system without /proc. */
export type MarkState = 'alive' | 'dead' | 'unknown';

let own: Identity | undefined;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Fields 1, 3 and 22 of /proc/PID/stat (proc(5)); undefined where there is none. */
function processStat(pid: number | 'self'): { pid: number; state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the name before it may hold anything
    return { pid: Number.parseInt(text, 10), state: fields[0]!, start: fields[19]! };
  } catch {
    return undefined;
  }
}

function identify(): Identity {
  const self = processStat('self'); // with the number that /proc has, where that is of another namespace
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    // Each PID namespace has a /proc of its own, which is a device of its own.
    if (self) return { ...self, view: digest(`${boot} ${statSync('/proc').dev}`) };
  } catch {
    // a system without /proc
  }
  return { view: digest(hostname()), pid: process.pid, start: '0' };
}

/** A mark of this process that no other process and no other call ever makes. */
export function processMark(): string {
  own ??= identify();
  return `${own.view}-${own.pid}-${own.start}-${randomBytes(8).toString('hex')}`;
}

/** Whether the process that made a mark still runs. */
export function markState(mark: string): MarkState {
  own ??= identify();
  const [view, pid, start] = mark.split('-');
  if (view !== own.view) return 'unknown';
  const found = start === '0' ? undefined : processStat(Number(pid));
  if (found) return found.start === start && !'ZX'.includes(found.state) ? 'alive' : 'dead';
  if (own.pid !== process.pid) return 'dead'; // signals would go by other numbers than /proc has
  try {
    process.kill(Number(pid), 0);
    return 'unknown'; // alive, but perhaps another process of that number
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'unknown';
  }
}
