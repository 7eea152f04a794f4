// Whether the end of a request was right: an answer that is the library's, or a refusal for a reason that there was.
import type { Ended } from './client.js';

/** What the library gives for a request alone. */
export type Reference = { sha256: string; seconds: number } | { code: string };

/** What is known of the request. */
interface Known {
  /** Whether an answer of status 200 is what it should be. */
  isRight: () => boolean;
  reference: Reference | undefined;
  /** Whether a worker was ended since it began. */
  didDie: boolean;
}

/** The name of its end, and whether it should have been another. */
export interface Verdict {
  end: string;
  isFault: boolean;
}

const right = (end: string): Verdict => ({ end, isFault: false });
const fault = (end: string): Verdict => ({ end, isFault: true });

function codeOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()).error.code;
  } catch {
    return undefined;
  }
}

function ofRefusal({ status, retryAfter, body }: Ended, { reference, didDie }: Known): Verdict {
  const code = codeOf(body);
  if (typeof code !== 'string') return fault(`an error in another form: ${body.toString().slice(0, 200)}`);
  const isFull = status === 429 && retryAfter !== undefined;
  const isLate = status === 503 && code === 'queue_timeout';
  const isAsAlone =
    reference && 'code' in reference && status === 400 && code === reference.code.toLowerCase();
  const isLost = status === 500 && code === 'worker_lost' && didDie;
  const isDue = isFull || isLate || isAsAlone || isLost;
  return isDue ? right(`refused ${status} ${code}`) : fault(`refused with ${code}`);
}

export function verdict(ended: Ended, known: Known): Verdict {
  const { how, status, error } = ended;
  const { isRight, reference, didDie } = known;
  if (how === 'left') return right('left by the client');
  if (how === 'hung') return fault('hung');
  if (how === 'cut') return didDie ? right('cut off by a dead worker') : fault(`ended early: ${error}`);
  if (status !== 200) return ofRefusal(ended, known);
  if (reference && 'code' in reference) return fault(`spoken; wanted ${reference.code}`);
  return isRight() ? right('answered whole and right') : fault('another answer than alone');
}
