import type { CalendarRules, TimeInterval } from './calendar.ts';

/** Non-working holidays: article 112 of the Labour Code. */
const holidays: readonly (readonly [date: string, name: string])[] = [
  ...['01', '02', '03', '04', '05', '06', '08'].map((day) => [`01-${day}`, 'Новогодние каникулы'] as const),
  ['01-07', 'Рождество Христово'],
  ['02-23', 'День защитника Отечества'],
  ['03-08', 'Международный женский день'],
  ['05-01', 'Праздник Весны и Труда'],
  ['05-09', 'День Победы'],
  ['06-12', 'День России'],
  ['11-04', 'День народного единства'],
];

/** What the government moved, by year: from a weekend day to a working day. */
const decrees: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  // Постановление Правительства РФ от 24.09.2025 № 1466
  2026: { '01-03': '01-09', '01-04': '12-31' },
};

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] as const;
const morning: TimeInterval = { from: '09:00', to: '13:00' };
const afternoon: TimeInterval = { from: '14:00', to: '18:00' };
const shortAfternoon: TimeInterval = { from: '14:00', to: '17:00' };

/**
 * Five days of eight hours a week with the public holidays of these years. A holiday on a weekend moves to the next working day (in January only by decree), and
 * the working day before a holiday is an hour shorter (article 95). For a year without a decree here the law alone is taken: a person adds what the
 * government moves.
 */
export function russianWorkingDays(timeZone: string, years: readonly number[]): CalendarRules {
  const off = new Map(years.flatMap(listDaysOff));
  const eves = years.flatMap((year) => [...holidays.map(([date]) => addDays(`${year}-${date}`, -1)), `${year}-12-31`]);
  const isCovered = (date: string) => years.includes(Number(date.slice(0, 4)));
  const shortened = [...new Set(eves)].filter((date) => isCovered(date) && !isWeekend(date) && !off.has(date));
  return {
    timeZone,
    hours: weekdays.flatMap((weekday) => [morning, afternoon].map((interval) => ({ weekday, ...interval }))),
    holidays: [...off].filter(([date]) => !isWeekend(date)).map(([date, name]) => ({ date, name })),
    exceptions: shortened.map((date) => ({ date, intervals: [morning, shortAfternoon], name: 'Предпраздничный день' })),
  };
}

function listDaysOff(year: number): [date: string, name: string][] {
  const moved = decrees[year] ?? {};
  const days = new Map(holidays.map(([date, name]) => [`${year}-${date}`, name]));
  for (const to of Object.values(moved)) days.set(`${year}-${to}`, 'Перенесённый выходной');
  for (const [date, name] of holidays) {
    if (date.startsWith('01-') || date in moved || !isWeekend(`${year}-${date}`)) continue;
    let next = addDays(`${year}-${date}`, 1);
    while (isWeekend(next) || days.has(next)) next = addDays(next, 1);
    days.set(next, `${name} (перенос)`);
  }
  return [...days].sort();
}

function isWeekend(date: string): boolean {
  return [0, 6].includes(new Date(date).getUTCDay());
}

function addDays(date: string, count: number): string {
  return new Date(Date.parse(date) + count * 86_400_000).toISOString().slice(0, 10);
}
