import { Duration } from 'luxon';

const pattern = /^PT(?=\d)(\d+H)?(\d+M)?(\d+S)?$/;
const longest = 20_000 * 3_600_000;

/**
 * A target as milliseconds of working time, from ISO 8601 in hours, minutes and seconds (`PT8H30M`), or undefined when it is not one. Days are not
 * taken: a day of working time could be 24 hours or one working day.
 */
export function parseTarget(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  const milliseconds = Duration.fromISO(text).toMillis();
  return milliseconds > 0 && milliseconds <= longest ? milliseconds : undefined;
}

/** Milliseconds as ISO 8601 in hours, minutes and seconds: `PT26H30M`. */
export function formatDuration(milliseconds: number): string {
  return Duration.fromMillis(milliseconds).shiftTo('hours', 'minutes', 'seconds').toISO() ?? 'PT0S';
}
