import { IANAZone } from 'luxon';
import type { FieldViolation } from '../../../platform/errors/app-error.ts';

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

/** Local wall time, `HH:mm`. When `to` is not after `from` it is the next day's; `24:00` is the end of the day. */
export interface TimeInterval {
  from: string;
  to: string;
}

/** When people work. Dates are local, `YYYY-MM-DD`; an exceptional day has its own intervals instead of its weekday's, a holiday has none. */
export interface CalendarRules {
  timeZone: string;
  hours: readonly (TimeInterval & { weekday: Weekday })[];
  holidays: readonly { date: string; name?: string }[];
  exceptions: readonly { date: string; intervals: readonly TimeInterval[]; name?: string }[];
}

/** All that the shape alone cannot refuse, with JSON pointers; empty when the calendar can be used. */
export function findCalendarFaults(rules: CalendarRules): FieldViolation[] {
  const faults: FieldViolation[] = [];
  if (!IANAZone.isValidZone(rules.timeZone)) {
    faults.push({ pointer: '/timeZone', message: `"${rules.timeZone}" is not a time zone; take an IANA name such as Europe/Moscow` });
  }
  if (rules.hours.length === 0) faults.push({ pointer: '/hours', message: 'needs working hours on at least one weekday' });
  const seen = new Map<string, string>();
  const days = [...rules.holidays.map(({ date }, index) => ({ date, pointer: `/holidays/${index}/date` }))];
  days.push(...rules.exceptions.map(({ date }, index) => ({ date, pointer: `/exceptions/${index}/date` })));
  for (const { date, pointer } of days) {
    const first = seen.get(date);
    if (first === undefined) seen.set(date, pointer);
    else faults.push({ pointer, message: `${date} is already given at ${first}; a date is a holiday or has other hours, once` });
  }
  return faults;
}
