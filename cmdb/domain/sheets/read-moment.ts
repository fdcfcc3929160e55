/** Which part comes first in the dates of a column; `mixed` when some say one and some the other, undefined when none tells. */
export type DateOrder = 'day' | 'month' | 'mixed' | undefined;

/** A moment as in `Cell`; `zone` only where the text names one (`Z`, `+03:00`). */
export type MomentReading = { moment: string; zone?: string; isShortYear?: boolean } | { why: 'no_date' | 'ambiguous' | 'no_such_day' };

const time = '(?:[ T]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,]\\d+)?)?\\s*(Z|[+-]\\d{2}:?\\d{2})?)?';
const yearFirst = new RegExp(`^(\\d{4})[-./](\\d{1,2})[-./](\\d{1,2})${time}$`, 'i');
const yearLast = new RegExp(`^(\\d{1,2})([-./])(\\d{1,2})\\2(\\d{4}|\\d{2})(?:\\s*г\\.?)?${time}$`, 'i');

/** A date as people write it: `31.12.2025`, `2025-12-31`, `12/31/2025`, each with or without a time. A dot means that the day comes first. */
export function readMoment(text: string, order: DateOrder): MomentReading {
  const iso = yearFirst.exec(text);
  if (iso) return build(Number(iso[1]), Number(iso[2]), Number(iso[3]), iso.slice(4));
  const match = yearLast.exec(text);
  if (!match) return { why: 'no_date' };
  const [, first = '', separator, second = '', year = ''] = match;
  const told = separator === '.' ? 'day' : (tellParts(Number(first), Number(second)) ?? order);
  if (told === undefined || told === 'mixed') return { why: 'ambiguous' };
  const [day, month] = told === 'day' ? [first, second] : [second, first];
  const reading = build(year.length === 2 ? toFullYear(Number(year)) : Number(year), Number(month), Number(day), match.slice(5));
  return year.length === 2 && 'moment' in reading ? { ...reading, isShortYear: true } : reading;
}

/** Which part comes first in this date, when it tells; a date with dots tells nothing of those with other signs. */
export function tellOrder(text: string): 'day' | 'month' | undefined {
  const match = yearLast.exec(text);
  return !match || match[2] === '.' || match[1] === match[3] ? undefined : tellParts(Number(match[1]), Number(match[3]));
}

/** As spreadsheets read them. */
function toFullYear(short: number): number {
  return short < 50 ? 2000 + short : 1900 + short;
}

function tellParts(first: number, second: number): 'day' | 'month' | undefined {
  if (first === second) return 'day';
  if (first > 12 && second <= 12) return 'day';
  return second > 12 && first <= 12 ? 'month' : undefined;
}

function build(year: number, month: number, day: number, [hour, minute, second = '0', zone]: (string | undefined)[]): MomentReading {
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || year < 1000) return { why: 'no_such_day' };
  const dateText = date.toISOString().slice(0, 10);
  if (hour === undefined || minute === undefined) return { moment: dateText };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return { why: 'no_such_day' };
  const moment = `${dateText}T${[hour, minute, second].map((part) => part.padStart(2, '0')).join(':')}`;
  return zone === undefined ? { moment } : { moment, zone: zone.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2') };
}

const millisecondsOfDay = 86_400_000;

/**
 * The moment behind a serial number of a spreadsheet (days, the fraction is the time of day), or undefined where it means none. In the system of 1900 day 60 is
 * 29 February 1900, which never was, and days before it are one off (ECMA-376 part 1, 18.17.4.1).
 */
export function fromSerial(serial: number, is1904: boolean): string | undefined {
  const seconds = Math.round(serial * 86_400);
  if (seconds < 0 || serial >= 2_958_466) return undefined;
  const timeText = new Date((seconds % 86_400) * 1000).toISOString().slice(10, 19);
  if (seconds < 86_400 && !is1904) return timeText;
  const day = Math.floor(seconds / 86_400);
  if (!is1904 && day === 60) return undefined;
  const base = is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, day < 60 ? 31 : 30);
  const date = new Date(base + day * millisecondsOfDay).toISOString().slice(0, 10);
  return timeText === 'T00:00:00' ? date : date + timeText;
}

/** The serial number of a date, or of wall time, in the system of 1900; undefined before March 1900, which spreadsheets count wrongly. */
export function toSerial(moment: string): number | undefined {
  const milliseconds = Date.parse(moment.length === 10 ? `${moment}T00:00:00Z` : `${moment}Z`);
  const serial = (milliseconds - Date.UTC(1899, 11, 30)) / millisecondsOfDay;
  return serial >= 61 && serial < 2_958_466 ? serial : undefined;
}
