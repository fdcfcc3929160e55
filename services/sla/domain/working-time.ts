import type { CalendarRules } from './calendar.ts';
import { type WorkingYear, workingYears } from './working-intervals.ts';

/** Reckoning in the working time of one calendar. All moments are epoch milliseconds, all amounts milliseconds. */
export interface WorkingTime {
  /** The earliest moment until which `amount` of working time has gone by since `from`; `from` itself for nothing. */
  add(from: number, amount: number): number;
  /** How much working time lies between two moments; 0 when `to` is not after `from`. */
  between(from: number, to: number): number;
}

const day = 86_400_000;
const longestSearch = 100;

/** Compiles a calendar. A year's intervals are made when they are first asked for, and kept. */
export function compileCalendar(rules: CalendarRules): WorkingTime {
  const makeYear = workingYears(rules);
  const years = new Map<number, WorkingYear>();
  const yearOf = (number: number): WorkingYear => {
    const known = years.get(number);
    if (known) return known;
    const made = makeYear(number);
    years.set(number, made);
    return made;
  };

  return {
    add(from, amount) {
      if (amount <= 0) return from;
      const first = firstYearAt(from);
      let left = amount;
      for (let number = first; number < first + longestSearch; number++) {
        const year = yearOf(number);
        const used = workedBefore(year, from);
        if (left <= year.total - used) return momentAt(year, used + left);
        left -= year.total - used;
      }
      throw new RangeError(`${amount} ms of working time do not fit into ${longestSearch} years of this calendar.`);
    },
    between(from, to) {
      let sum = 0;
      for (let number = firstYearAt(from); number <= new Date(to + day).getUTCFullYear() && from < to; number++) {
        const year = yearOf(number);
        sum += workedBefore(year, to) - workedBefore(year, from);
      }
      return sum;
    },
  };
}

/** The first local year whose intervals can still run at the moment: zones are up to 14 h off UTC, and a shift ends at most a day after it began. */
function firstYearAt(moment: number): number {
  return new Date(moment - 2 * day).getUTCFullYear();
}

/** Working time of the year that is over at the moment. */
function workedBefore(year: WorkingYear, moment: number): number {
  const index = countBelow(year.starts, moment) - 1;
  if (index < 0) return 0;
  return at(year.before, index) + Math.min(moment, at(year.ends, index)) - at(year.starts, index);
}

/** The moment at which `worked` (more than 0, at most the total) of the year's working time is over. */
function momentAt(year: WorkingYear, worked: number): number {
  const index = countBelow(year.before, worked) - 1;
  return at(year.starts, index) + worked - at(year.before, index);
}

/** How many of the sorted values are below the limit. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(sorted, middle) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function at(values: readonly number[], index: number): number {
  return values[index] as number; // the searches above stay inside
}
