import { findCalendarFaults } from './calendar.ts';
import { russianWorkingDays } from './russian-working-days.ts';
import { compileCalendar } from './working-time.ts';

const hour = 3_600_000;
const hoursOf = (year: number) => {
  const rules = russianWorkingDays('Europe/Moscow', [year]);
  return compileCalendar(rules).between(Date.parse(`${year}-01-01T00:00+03:00`), Date.parse(`${year + 1}-01-01T00:00+03:00`)) / hour;
};

describe('the Russian working year', () => {
  const { holidays, exceptions } = russianWorkingDays('Europe/Moscow', [2026]);

  it('has the days off of the production calendar of 2026', () => {
    expect(holidays.map(({ date }) => date.slice(5))).toEqual([
      ...['01-01', '01-02', '01-05', '01-06', '01-07', '01-08', '01-09', '02-23', '03-09', '05-01', '05-11', '06-12', '11-04', '12-31'],
    ]);
    expect(exceptions.map(({ date }) => date.slice(5))).toEqual(['04-30', '05-08', '06-11', '11-03']);
  });

  it('has the 1972 hours of the 40-hour week of 2026', () => {
    expect(hoursOf(2026)).toBe(1972);
  });

  it('moves holidays from weekends by the law alone when there is no decree yet', () => {
    const dates = russianWorkingDays('Europe/Moscow', [2027]).holidays.map(({ date }) => date.slice(5));
    expect(dates).toEqual(expect.arrayContaining(['05-03', '05-10', '06-14']));
    expect(dates).not.toContain('01-11');
  });

  it('makes a calendar that can be saved', () => {
    expect(findCalendarFaults(russianWorkingDays('Europe/Moscow', [2026, 2027]))).toEqual([]);
  });
});
