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

/** Milliseconds as ISO 8601 in hours, minutes and seconds: `PT26H30M`. By hand, because every clock is announced with one and luxon takes 20 µs. */
export function formatDuration(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = (milliseconds % 60_000) / 1000;
  const text = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${seconds > 0 ? `${seconds}S` : ''}`;
  return text === '' ? 'PT0S' : `PT${text}`;
}
