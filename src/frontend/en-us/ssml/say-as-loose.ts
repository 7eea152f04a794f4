// Contents of <say-as> that only vendors have: durations such as 1'21" and 01:18:30.
import { cardinalWords } from '../normalize/numbers.js';

const UNITS = ['hour', 'minute', 'second'] as const;

/** "1'21\"", "01:18:30" (format hms, hm, ms), "90s": in words. */
export function durationWords(content: string, format: string): string | undefined {
  const primes = /^(?:(\d{1,4})[hH°] ?)?(?:(\d{1,4})['′] ?)?(?:(\d{1,4})(?:\.\d{1,6})?["″])?$/.exec(content);
  if (primes?.[0]) return joined([primes[1], primes[2], primes[3]]);
  const parts = content.split(':');
  if (parts.length > 3 || !parts.every((part) => /^\d{1,4}(?:\.\d{1,6})?$/.test(part))) return undefined;
  if (parts.length === 1) return undefined;
  const whole = parts.map((part) => part.split('.')[0]);
  if (parts.length === 3) return joined(whole);
  return joined(/^hm/.test(format) ? [...whole, undefined] : [undefined, ...whole]);
}

function joined(amounts: readonly (string | undefined)[]): string | undefined {
  const words = amounts.flatMap((amount, i) => {
    if (amount === undefined || (Number(amount) === 0 && amounts.some((one) => Number(one) > 0))) return [];
    return [`${cardinalWords(amount)} ${UNITS[i]}${Number(amount) === 1 ? '' : 's'}`];
  });
  return words.length === 0 ? undefined : words.join(' ');
}
