import fc from 'fast-check';
import { DateTime } from 'luxon';
import { checkSchedule, nextWorkingMoment, type ScheduleRules, shiftAt, shiftsOn } from './schedule.ts';

const office = {
  shifts: [
    { from: '09:00', to: '13:00' },
    { from: '14:00', to: '18:00' },
  ],
};
const free = { shifts: [] };
const fiveAndTwo: ScheduleRules = {
  timeZone: 'Europe/Moscow',
  cycleStart: '2026-01-05',
  days: [office, office, office, office, office, free, free],
  exceptions: [
    { date: '2026-03-09', shifts: [], name: 'Праздник' },
    { date: '2026-03-14', shifts: [{ from: '10:00', to: '15:00' }] },
  ],
};
const twoAndTwo: ScheduleRules = {
  timeZone: 'Asia/Yekaterinburg',
  cycleStart: '2026-03-02',
  days: [{ shifts: [{ from: '08:00', to: '20:00' }] }, { shifts: [{ from: '20:00', to: '08:00' }] }, free, free],
  exceptions: [],
};
const local = (text: string, zone: string) => DateTime.fromISO(text, { zone }).toMillis();
const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

describe('a schedule', () => {
  it('of five days and two knows lunch, weekends, holidays and moved days', () => {
    const isOn = (text: string) => shiftAt(fiveAndTwo, local(text, 'Europe/Moscow')) !== undefined;
    expect(['2026-03-06T09:00', '2026-03-06T17:59', '2026-03-14T10:00', '2025-12-31T10:00'].filter((text) => !isOn(text))).toEqual([]);
    expect(
      ['2026-03-06T08:59', '2026-03-06T13:30', '2026-03-06T18:00', '2026-03-07T10:00', '2026-03-09T10:00', '2026-03-14T15:00'].filter(isOn),
    ).toEqual([]);
    expect(iso(nextWorkingMoment(fiveAndTwo, local('2026-03-06T18:00', 'Europe/Moscow')))).toBe('2026-03-10T06:00:00.000Z');
  });

  it('of two days and two has a night that belongs to the day on which it began', () => {
    const zone = 'Asia/Yekaterinburg';
    expect(shiftAt(twoAndTwo, local('2026-03-04T07:59', zone))).toEqual({
      start: local('2026-03-03T20:00', zone),
      end: local('2026-03-04T08:00', zone),
    });
    expect(shiftAt(twoAndTwo, local('2026-03-04T08:00', zone))).toBeUndefined();
    expect(iso(nextWorkingMoment(twoAndTwo, local('2026-03-04T08:00', zone)))).toBe('2026-03-06T03:00:00.000Z');
  });

  it('passes over absences, also those that follow each other', () => {
    const absence = (from: string, to: string) => ({ start: local(from, 'Europe/Moscow'), end: local(to, 'Europe/Moscow') });
    const absences = [absence('2026-03-11T00:00', '2026-03-13T00:00'), absence('2026-03-10T00:00', '2026-03-11T00:00')];
    expect(iso(nextWorkingMoment(fiveAndTwo, local('2026-03-10T09:00', 'Europe/Moscow'), absences))).toBe('2026-03-13T06:00:00.000Z');
    expect(nextWorkingMoment(fiveAndTwo, 0, [{ start: 0, end: Number.MAX_SAFE_INTEGER }])).toBeUndefined();
  });

  it('has a night that is an hour shorter in spring and longer in autumn, and no shift in an hour that there is not', () => {
    const night: ScheduleRules = {
      timeZone: 'Europe/Berlin',
      cycleStart: '2026-01-01',
      days: [{ shifts: [{ from: '22:00', to: '06:00' }] }],
      exceptions: [],
    };
    const hours = (date: string) => shiftsOn(night, date).map(({ start, end }) => (end - start) / 3_600_000);
    expect([hours('2026-03-27'), hours('2026-03-28'), hours('2026-10-24')]).toEqual([[8], [7], [9]]);
    const short = { ...night, days: [{ shifts: [{ from: '02:30', to: '03:15' }] }] };
    expect(shiftsOn(short, '2026-03-29')).toEqual([]);
  });

  it('is told what is wrong with it', () => {
    const days = [
      {
        shifts: [
          { from: '14:00', to: '18:00' },
          { from: '09:00', to: '13:00' },
        ],
      },
    ];
    const exceptions = [
      { date: '2026-01-01', shifts: [] },
      { date: '2026-01-01', shifts: [] },
    ];
    const wrong = checkSchedule({ timeZone: 'Moscow', cycleStart: '2026-01-01', days, exceptions });
    expect(wrong.map(({ pointer }) => pointer)).toEqual(['/timeZone', '/days/0/shifts/1/from', '/exceptions/1/date']);
    expect(checkSchedule({ ...fiveAndTwo, days: [free] })).toHaveLength(1);
    expect(checkSchedule(fiveAndTwo)).toEqual([]);
  });
});

describe('any schedule', () => {
  const time = fc
    .integer({ min: 0, max: 95 })
    .map((quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`);
  const oneDay = fc.option(fc.record({ from: time, to: time })).map((shift) => ({ shifts: shift ? [shift] : [] }));
  const rules = fc.record({
    timeZone: fc.constantFrom('Europe/Moscow', 'Asia/Yekaterinburg', 'Asia/Kolkata', 'UTC'),
    cycleStart: fc.constantFrom('2026-01-05', '2026-12-31', '2020-02-29'),
    days: fc.array(oneDay, { minLength: 1, maxLength: 9 }),
    exceptions: fc.constant([
      { date: '2026-06-10', shifts: [{ from: '22:00', to: '02:00' }] },
      { date: '2026-06-12', shifts: [] },
    ]),
  });
  const moment = fc.integer({ min: 0, max: 20 * 96 }).map((quarter) => Date.UTC(2026, 5, 1) + quarter * 900_000);

  /** By the clock on the wall alone: what stands in the plan for today, or is left of yesterday's. */
  function isOnByTheClock({ timeZone, cycleStart, days, exceptions }: ScheduleRules, at: number): boolean {
    const wall = DateTime.fromMillis(at, { zone: timeZone });
    const now = wall.toFormat('HH:mm');
    const planOf = (date: DateTime) => {
      const text = date.toFormat('yyyy-MM-dd');
      const place = Math.round(
        date
          .startOf('day')
          .setZone('UTC', { keepLocalTime: true })
          .diff(DateTime.fromISO(cycleStart, { zone: 'UTC' }), 'days').days,
      );
      return (exceptions.find((one) => one.date === text) ?? days[((place % days.length) + days.length) % days.length] ?? { shifts: [] }).shifts;
    };
    const isToday = planOf(wall).some(({ from, to }) => (to > from ? from <= now && now < to : from <= now));
    return isToday || planOf(wall.minus({ days: 1 })).some(({ from, to }) => to <= from && now < to);
  }

  it('is on when the clock on the wall says so', () => {
    fc.assert(fc.property(rules, moment, (schedule, at) => (shiftAt(schedule, at) !== undefined) === isOnByTheClock(schedule, at)));
  });

  it('has its next working moment at the first quarter of an hour that is working time', () => {
    fc.assert(
      fc.property(rules, moment, (schedule, at) => {
        const next = nextWorkingMoment(schedule, at);
        for (let quarter = at; quarter < at + 2 * 86_400_000; quarter += 900_000) {
          if (isOnByTheClock(schedule, quarter)) return next === quarter;
        }
        return next === undefined || next >= at + 2 * 86_400_000;
      }),
      { numRuns: 20 },
    );
  });
});
