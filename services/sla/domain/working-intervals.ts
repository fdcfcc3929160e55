import { IANAZone } from 'luxon';
import { type CalendarRules, type TimeInterval, weekdays } from './calendar.ts';

const day = 86_400_000;
const minute = 60_000;

/** The working intervals of one local year: sorted, without overlap, as epoch milliseconds. `before[i]` is the working time of the year before `starts[i]`. */
export interface WorkingYear {
  starts: readonly number[];
  ends: readonly number[];
  before: readonly number[];
  total: number;
}

/** Gives the working intervals that begin in a local year. */
export function workingYears(rules: CalendarRules): (year: number) => WorkingYear {
  const zone = IANAZone.create(rules.timeZone);
  const intervalsOf = intervalsByDate(rules);
  return (year) => {
    const first = Date.UTC(year, 0, 1);
    const days = Math.round((Date.UTC(year + 1, 0, 1) - first) / day);
    const offsets = offsetsFrom(zone, first - 2 * day, days + 5);
    const starts: number[] = [];
    const ends: number[] = [];
    const before: number[] = [];
    let total = 0;
    let busyUntil = -Infinity;
    for (let index = -1; index < days; index++) {
      const midnight = first + index * day;
      const plain = sameOffset(offsets[index + 1], offsets[index + 5]);
      for (const { from, to } of intervalsOf(midnight)) {
        // A night shift may run into the hours of the next day: time counts once.
        const start = Math.max(toMoment(zone, midnight + from * minute, plain), busyUntil);
        const end = toMoment(zone, midnight + to * minute, plain);
        if (end <= start) continue;
        busyUntil = end;
        if (index < 0) continue; // 31 December belongs to the year before
        starts.push(start);
        ends.push(end);
        before.push(total);
        total += end - start;
      }
    }
    return { starts, ends, before, total };
  };
}

/** Minutes from local midnight; `to` is past 1440 when the interval ends the next day. */
interface MinuteInterval {
  from: number;
  to: number;
}

function intervalsByDate(rules: CalendarRules): (midnight: number) => readonly MinuteInterval[] {
  const weekly = weekdays.map((weekday) => toMinutes(rules.hours.filter((hours) => hours.weekday === weekday)));
  const special = new Map<number, readonly MinuteInterval[]>();
  for (const { date, intervals } of rules.exceptions) special.set(Date.parse(date), toMinutes(intervals));
  for (const { date } of rules.holidays) special.set(Date.parse(date), []);
  // 1970-01-01 was a Thursday, the fourth of the week.
  return (midnight) => special.get(midnight) ?? weekly[(((midnight / day + 3) % 7) + 7) % 7] ?? [];
}

function toMinutes(intervals: readonly TimeInterval[]): MinuteInterval[] {
  return intervals
    .map(({ from, to }) => ({ from: minutesOf(from), to: minutesOf(to) }))
    .map(({ from, to }) => ({ from, to: to > from ? to : to + 1440 }))
    .sort((one, other) => one.from - other.from);
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** The zone's offset in milliseconds at the midnight (UTC) of each of `count` days. */
function offsetsFrom(zone: IANAZone, first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => zone.offset(first + index * day) * minute);
}

/** The offset when no change of the zone's clocks is near, or undefined. */
function sameOffset(before: number | undefined, after: number | undefined): number | undefined {
  return before === after ? before : undefined;
}

/**
 * The moment of a local wall time, which is given as if it were UTC. A time that comes twice is the first; one that is left out is moved on by
 * what is left out (as RFC 5545 does). luxon itself decides by today's offset, so that its answer would change with the seasons.
 */
function toMoment(zone: IANAZone, wall: number, plainOffset: number | undefined): number {
  if (plainOffset !== undefined) return wall - plainOffset;
  const before = zone.offset(wall - day) * minute;
  const after = zone.offset(wall + day) * minute;
  const isRight = (offset: number) => zone.offset(wall - offset) * minute === offset;
  return isRight(before) || !isRight(after) ? wall - before : wall - after;
}
