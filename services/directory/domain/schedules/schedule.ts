import { DateTime } from 'luxon';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';
import { checkOnce } from '../records/check-once.ts';
import { checkTimeZone } from '../records/check-time-zone.ts';

/** Local wall time, `HH:mm`, from `from` until, but not at, `to`. When `to` is not after `from` it is the next day's: a night shift. */
export interface Shift {
  from: string;
  to: string;
}

/**
 * When somebody works: days that come round again and again, the first of them on `cycleStart`. Five and two are seven days from a Monday; two and two are
 * four. A date among the exceptions has its own shifts, or none. Dates are local, `YYYY-MM-DD`.
 */
export interface ScheduleRules {
  timeZone: string;
  cycleStart: string;
  days: readonly { shifts: readonly Shift[] }[];
  exceptions: readonly { date: string; shifts: readonly Shift[]; name?: string }[];
}

/** Epoch milliseconds, from `start` until, but not at, `end`. */
export interface Interval {
  start: number;
  end: number;
}

const day = 86_400_000;
/** A schedule that has no shift in so many days has none. */
const furthestDays = 800;

export function checkSchedule({ timeZone, days, exceptions }: ScheduleRules): FieldViolation[] {
  const violations = checkTimeZone(timeZone, '/timeZone');
  if (!days.some(({ shifts }) => shifts.length > 0)) violations.push({ pointer: '/days', message: 'have no shift at all: give at least one' });
  const lists = [
    ...days.map(({ shifts }, index) => ({ shifts, pointer: `/days/${index}/shifts` })),
    ...exceptions.map(({ shifts }, index) => ({ shifts, pointer: `/exceptions/${index}/shifts` })),
  ];
  for (const { shifts, pointer } of lists) {
    for (const [index, { from }] of shifts.entries()) {
      const before = shifts[index - 1];
      if (before && (before.to <= before.from || from < before.to)) {
        violations.push({ pointer: `${pointer}/${index}/from`, message: 'must not come before the end of the shift before it: put them in order' });
      }
    }
  }
  return [...violations, ...checkOnce(exceptions, ({ date }) => date, '/exceptions', 'date')];
}

/** The shifts that begin on a local date, in order. A time that the clocks skip is as much later; a shift that they skip whole is none. */
export function shiftsOn(rules: ScheduleRules, date: string): Interval[] {
  const exception = rules.exceptions.find((one) => one.date === date);
  const place = Math.round((Date.parse(date) - Date.parse(rules.cycleStart)) / day);
  const { length } = rules.days;
  const { shifts } = exception ?? rules.days[((place % length) + length) % length] ?? { shifts: [] };
  return shifts.flatMap(({ from, to }) => {
    const start = momentOf(date, from, rules.timeZone);
    const end = momentOf(to > from ? date : dayAfter(date, 1), to, rules.timeZone);
    return end > start ? [{ start, end }] : [];
  });
}

/** The shift that is on at this moment, if one is. */
export function shiftAt(rules: ScheduleRules, at: number): Interval | undefined {
  const today = localDate(at, rules.timeZone);
  return [dayAfter(today, -1), today].flatMap((date) => shiftsOn(rules, date)).find(({ start, end }) => start <= at && at < end);
}

/** The first moment from `at` on that is working time and not in one of the absences; undefined when there is none in two years. */
export function nextWorkingMoment(rules: ScheduleRules, at: number, absences: readonly Interval[] = []): number | undefined {
  const first = dayAfter(localDate(at, rules.timeZone), -1);
  for (let ahead = 0; ahead <= furthestDays; ahead++) {
    for (const { start, end } of shiftsOn(rules, dayAfter(first, ahead))) {
      const moment = leaveAbsences(Math.max(start, at), absences);
      if (moment < end) return moment;
    }
  }
  return undefined;
}

function leaveAbsences(at: number, absences: readonly Interval[]): number {
  const absence = absences.find(({ start, end }) => start <= at && at < end);
  return absence ? leaveAbsences(absence.end, absences) : at;
}

function momentOf(date: string, time: string, zone: string): number {
  return DateTime.fromISO(`${date}T${time}`, { zone }).toMillis();
}

function localDate(at: number, zone: string): string {
  return DateTime.fromMillis(at, { zone }).toFormat('yyyy-MM-dd');
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * day).toISOString().slice(0, 10);
}
