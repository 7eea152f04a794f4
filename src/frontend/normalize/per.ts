// The slash of a rate: "$5/month" is five dollars per month, "10 mg/kg" milligrams per kilogram.
import units from './data/units.json' with { type: 'json' };

const UNITS = new Map(Object.entries(units) as [string, [string, string]][]);
const SHORT = new Map(
  Object.entries({
    mo: 'month',
    yr: 'year',
    hr: 'hour',
    wk: 'week',
    sec: 'second',
    min: 'minute',
    ea: 'each',
    d: 'day',
  }),
);

/** What "/unit" at `at` adds to an amount, or null where no rate stands there. */
export function perUnitWords(text: string, at: number): { end: number; say: string } | null {
  const match = /^ ?\/ ?([A-Za-zµ°]{1,20}(?:\^[23])?)(?![A-Za-z0-9/])(?:\.(?=[ ,;)]))?/.exec(
    text.slice(at, at + 30),
  );
  if (!match) return null;
  const unit = match[1]!;
  const [base, power] = unit.split('^');
  const raised = power === '2' ? 'squared' : 'cubed';
  const say =
    SHORT.get(unit) ??
    UNITS.get(unit)?.[0] ??
    (power === undefined || !UNITS.has(base!) ? undefined : `${UNITS.get(base!)![0]} ${raised}`) ??
    (/^[a-z]{3,}$/.test(unit) ? unit : undefined);
  return say === undefined ? null : { end: at + match[0].length, say: `per ${say}` };
}
