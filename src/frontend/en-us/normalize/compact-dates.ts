// Dates as files and tables have them: "20241225", "2024-03", "2024-W05".
import calendar from '../data/calendar.json' with { type: 'json' };
import { dateWords, yearWords } from './dates.js';
import { cardinalWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky } from './reader.js';

const COMPACT = sticky('((?:19|20)\\d\\d)(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])(?![A-Za-z0-9-]|[.,]\\d)');
const YEAR_MONTH = sticky('((?:19|20)\\d\\d)-(0[1-9]|1[0-2])(?![A-Za-z0-9]|[-/.:]\\d)');
const YEAR_WEEK = sticky('((?:19|20)\\d\\d)-?W(0[1-9]|[1-4]\\d|5[0-3])(?:-([1-7]))?(?![A-Za-z0-9])');
const MONTH_NAMES: readonly string[] = calendar.months;

/** "20241225", "2024-03", "2024-W05". */
export function readCompactDate(site: Site): Reading | null {
  if (/[A-Za-z0-9.,$#-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const week = matchAt(YEAR_WEEK, site);
  if (week)
    return {
      end: site.at + week[0].length,
      say: `${yearWords(Number(week[1]))} week ${cardinalWords(week[2]!)}${week[3] === undefined ? '' : ` day ${cardinalWords(week[3])}`}`,
    };
  const compact = matchAt(COMPACT, site);
  if (compact)
    return {
      end: site.at + compact[0].length,
      say: dateWords(Number(compact[2]), Number(compact[3]), Number(compact[1])),
    };
  const month = matchAt(YEAR_MONTH, site);
  // "2011-12" is a season: its second year follows the first.
  if (!month || Number(month[2]) === (Number(month[1]) + 1) % 100) return null;
  return {
    end: site.at + month[0].length,
    say: `${MONTH_NAMES[Number(month[2]) - 1]} ${yearWords(Number(month[1]))}`,
  };
}
