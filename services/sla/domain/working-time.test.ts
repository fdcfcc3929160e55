import fc from 'fast-check';
import { DateTime } from 'luxon';
import { type CalendarRules, findCalendarFaults, type TimeInterval, type Weekday, weekdays } from './calendar.ts';
import { compileCalendar } from './working-time.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = (text: string) => Date.parse(text);

function calendar(timeZone: string, days: readonly Weekday[], intervals: readonly TimeInterval[], rest: Partial<CalendarRules> = {}): CalendarRules {
  const hours = days.flatMap((weekday) => intervals.map((interval) => ({ weekday, ...interval })));
  return { timeZone, hours, holidays: [], exceptions: [], ...rest };
}
const workdays = weekdays.slice(0, 5);

describe('working time', () => {
  const office = compileCalendar(
    calendar(
      'Europe/Moscow',
      workdays,
      [
        { from: '14:00', to: '18:00' },
        { from: '09:00', to: '13:00' },
      ],
      {
        holidays: [{ date: '2026-11-04' }],
        exceptions: [
          { date: '2026-11-03', intervals: [{ from: '09:00', to: '16:00' }] },
          { date: '2026-11-07', intervals: [{ from: '10:00', to: '12:00' }] },
        ],
      },
    ),
  );

  it.each([
    ['within one interval', '2026-11-02T09:00+03:00', 2, '2026-11-02T11:00+03:00'],
    ['over the lunch break', '2026-11-02T12:00+03:00', 2, '2026-11-02T15:00+03:00'],
    ['from the night before', '2026-11-01T23:00+03:00', 1, '2026-11-02T10:00+03:00'],
    ['to the very end of an interval, not to the start of the next', '2026-11-02T09:00+03:00', 4, '2026-11-02T13:00+03:00'],
    ['over a shortened day and a holiday', '2026-11-03T15:00+03:00', 4, '2026-11-05T12:00+03:00'],
    ['over a weekend with a working Saturday', '2026-11-06T17:00+03:00', 4, '2026-11-09T10:00+03:00'],
    ['over the turn of the year', '2026-12-31T17:00+03:00', 2, '2027-01-01T10:00+03:00'],
  ])('counts %s', (_, from, hours, to) => {
    expect(office.add(at(from), hours * hour)).toBe(at(to));
    expect(office.between(at(from), at(to))).toBe(hours * hour);
  });

  it('is nothing between a moment and an earlier one, so that a clock set back takes nothing away', () => {
    expect(office.between(at('2026-11-02T12:00+03:00'), at('2026-11-02T10:00+03:00'))).toBe(0);
  });

  it('says so when a target can never be reached', () => {
    expect(() => office.add(0, 1e15)).toThrow(RangeError);
  });
});

describe('working time when the clocks change', () => {
  const between = (zone: string, interval: [string, string], from: string, to: string) =>
    compileCalendar(calendar(zone, weekdays, [{ from: interval[0], to: interval[1] }])).between(at(from), at(to)) / minute;

  it.each([
    ['Europe/Berlin loses an hour in March', 'Europe/Berlin', ['01:00', '04:00'], '2026-03-29T00:00+01:00', '2026-03-30T00:00+02:00', 2 * 60],
    ['Europe/Berlin gains one in October', 'Europe/Berlin', ['01:00', '03:00'], '2026-10-25T00:00+02:00', '2026-10-26T00:00+01:00', 3 * 60],
    [
      'a start that is left out moves on by what is left out',
      'Europe/Berlin',
      ['02:30', '05:00'],
      '2026-03-29T00:00+01:00',
      '2026-03-30T00:00+02:00',
      90,
    ],
    ['an interval that is left out moves on as a whole', 'Europe/Berlin', ['02:15', '02:45'], '2026-03-29T00:00+01:00', '2026-03-30T00:00+02:00', 30],
    [
      'an end on the far side of what is left out leaves nothing',
      'Europe/Berlin',
      ['02:30', '03:00'],
      '2026-03-29T00:00+01:00',
      '2026-03-30T00:00+02:00',
      0,
    ],
    ['a start that comes twice is the first', 'Europe/Berlin', ['02:30', '05:00'], '2026-10-25T00:00+02:00', '2026-10-26T00:00+01:00', 210],
    ['a night shift in March is an hour shorter', 'Europe/Berlin', ['22:00', '06:00'], '2026-03-28T12:00+01:00', '2026-03-29T12:00+02:00', 7 * 60],
    [
      'a night shift in November is an hour longer',
      'America/New_York',
      ['22:00', '06:00'],
      '2026-10-31T12:00-04:00',
      '2026-11-01T12:00-05:00',
      9 * 60,
    ],
    [
      'a whole day in New York has 23 hours in March',
      'America/New_York',
      ['00:00', '24:00'],
      '2026-03-08T00:00-05:00',
      '2026-03-09T00:00-04:00',
      23 * 60,
    ],
    [
      'half an hour is half an hour on Lord Howe',
      'Australia/Lord_Howe',
      ['00:00', '24:00'],
      '2026-04-05T00:00+11:00',
      '2026-04-06T00:00+10:30',
      24 * 60 + 30,
    ],
    ['Moscow has no such day in March', 'Europe/Moscow', ['00:00', '24:00'], '2026-03-29T00:00+03:00', '2026-03-30T00:00+03:00', 24 * 60],
    ['Kolkata works at half past by UTC', 'Asia/Kolkata', ['09:30', '18:00'], '2026-06-01T04:00Z', '2026-06-01T12:00Z', 8 * 60],
  ] as const)('%s', (_, zone, interval, from, to, minutes) => {
    expect(between(zone, [...interval], from, to)).toBe(minutes);
  });

  it('counts the hour once when a night shift runs into the next day’s hours', () => {
    const double = compileCalendar(
      calendar('Europe/Berlin', weekdays, [
        { from: '22:00', to: '06:00' },
        { from: '05:00', to: '09:00' },
      ]),
    );
    expect(double.between(at('2026-06-01T00:00+02:00'), at('2026-06-08T00:00+02:00'))).toBe(7 * 11 * hour);
  });

  it('carries a night shift over the turn of the year and of the week', () => {
    const sunday = compileCalendar(calendar('Europe/Moscow', ['sunday', 'thursday'], [{ from: '22:00', to: '06:00' }]));
    expect(sunday.add(at('2026-12-31T23:00+03:00'), 4 * hour)).toBe(at('2027-01-01T03:00+03:00')); // a Thursday
    expect(sunday.add(at('2026-11-22T23:00+03:00'), 8 * hour)).toBe(at('2026-11-26T23:00+03:00')); // from a Sunday
  });

  it('counts the last night of the year in the new year, west of Greenwich too, and once', () => {
    const nights = compileCalendar(
      calendar('America/New_York', weekdays, [
        { from: '22:00', to: '06:00' },
        { from: '05:00', to: '07:00' },
      ]),
    );
    expect(nights.add(at('2027-01-01T03:00-05:00'), 4 * hour)).toBe(at('2027-01-01T07:00-05:00'));
    expect(nights.between(at('2027-01-01T03:00-05:00'), at('2027-01-01T12:00-05:00'))).toBe(4 * hour);
  });
});

describe('any calendar', () => {
  const clock = fc
    .integer({ min: 5 * 4, max: 24 * 4 - 1 })
    .map((quarter) => `${String(quarter >> 2).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`);
  const hours = fc.array(fc.record({ weekday: fc.constantFrom(...weekdays), from: clock, to: clock }), { minLength: 1, maxLength: 12 });
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Europe/Moscow', 'Pacific/Kiritimati', 'Pacific/Niue');
  const rules: fc.Arbitrary<CalendarRules> = fc.record({ timeZone: zone, hours, holidays: fc.constant([]), exceptions: fc.constant([]) });
  const moment = fc.integer({ min: at('2026-01-01'), max: at('2027-12-31') });
  const amount = fc.integer({ min: 1, max: 60 * hour });

  it('reckons forward and back to the same, and to the earliest such moment', () => {
    fc.assert(
      fc.property(rules, moment, amount, (given, from, worked) => {
        const time = compileCalendar(given);
        const deadline = time.add(from, worked);
        expect(time.between(from, deadline)).toBe(worked);
        expect(time.between(from, deadline - 1)).toBe(worked - 1);
      }),
    );
  });

  it('gives the same in two steps as in one', () => {
    fc.assert(
      fc.property(rules, moment, amount, amount, (given, from, one, other) => {
        const time = compileCalendar(given);
        expect(time.add(time.add(from, one), other)).toBe(time.add(from, one + other));
      }),
    );
  });

  it('sets every deadline inside working hours, as the clock on its wall shows them', () => {
    fc.assert(
      fc.property(rules, moment, amount, (given, from, worked) => {
        const wall = DateTime.fromMillis(compileCalendar(given).add(from, worked) - 1, { zone: given.timeZone });
        const now = wall.toFormat('HH:mm');
        const today = given.hours.filter(({ weekday }) => weekday === weekdays[wall.weekday - 1]);
        const yesterday = given.hours.filter(({ weekday }) => weekday === weekdays[(wall.weekday + 5) % 7]);
        const isInside =
          today.some(({ from: start, to }) => start <= now && (now < to || to <= start)) ||
          yesterday.some(({ from: start, to }) => to <= start && now < to);
        expect(isInside).toBe(true);
      }),
    );
  });
});

describe('a calendar that is saved', () => {
  it('is refused with every fault at once', () => {
    const faults = findCalendarFaults({
      timeZone: 'Mars/Olympus',
      hours: [],
      holidays: [{ date: '2026-01-01' }],
      exceptions: [{ date: '2026-01-01', intervals: [{ from: '09:00', to: '10:00' }] }],
    });
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/timeZone', '/hours', '/exceptions/0/date']);
  });

  it('is taken when it can be used', () => {
    expect(findCalendarFaults(calendar('Asia/Kolkata', workdays, [{ from: '09:30', to: '18:30' }]))).toEqual([]);
  });
});
