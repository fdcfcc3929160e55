import { DateTime, Duration } from 'luxon';
import type { Deadline } from './list-deadlines.ts';

/** Days are days of UTC: `2026-06-30`. */
export function toDay(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}

export function countDays(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** When a date that has become known is told first. Of days that are past already the nearest counts, and is today's; a date that is over is not told. */
export function firstReminder(deadline: Pick<Deadline, 'on' | 'remind'>, today: string): string | undefined {
  if (deadline.on < today) return undefined;
  const days = listDays(deadline);
  return days.filter((day) => day <= today).at(-1) ?? days[0];
}

/** When it is told next, after it was told today. */
export function nextReminder(deadline: Pick<Deadline, 'on' | 'remind'>, today: string): string | undefined {
  return listDays(deadline).find((day) => day > today);
}

function listDays({ on, remind }: Pick<Deadline, 'on' | 'remind'>): string[] {
  const date = DateTime.fromISO(on, { zone: 'utc' });
  return remind.flatMap((period) => date.minus(Duration.fromISO(period)).toISODate() ?? []).sort();
}
