import { compileModel } from '../model/compile-model.ts';
import { aClass, label } from '../model/fixtures/small-model.ts';
import { isQuiet, listDeadlines } from './list-deadlines.ts';
import { countDays, firstReminder, nextReminder } from './next-reminder.ts';

const deadline = { on: '2026-06-30', remind: ['P7D', 'P1M', 'P90D'] };

describe('a date', () => {
  it.each([
    ['2026-01-01', '2026-04-01', 'long before, first 90 days before it'],
    ['2026-04-01', '2026-04-01', 'on that very day'],
    ['2026-05-20', '2026-04-01', 'when it becomes known later than that, at once, though another is to come'],
    ['2026-06-10', '2026-05-30', 'when two are past, once'],
    ['2026-06-30', '2026-06-23', 'on the day itself'],
    ['2026-07-01', undefined, 'never when it is over'],
  ] as [string, string | undefined, string][])('that becomes known on %s is told first on %s: %s', (today, expected, _) =>
    expect(firstReminder(deadline, today)).toBe(expected),
  );

  it.each([
    ['2026-04-01', '2026-05-30'],
    ['2026-05-29', '2026-05-30'],
    ['2026-05-30', '2026-06-23'],
    ['2026-06-23', undefined],
  ] as [string, string | undefined][])('that was told on %s is told next on %s', (today, expected) =>
    expect(nextReminder(deadline, today)).toBe(expected),
  );

  it('is so many days from another', () => {
    expect([countDays('2026-02-27', '2026-03-01'), countDays('2026-03-02', '2026-03-01')]).toEqual([2, -1]);
  });
});

describe('dates of an item', () => {
  const model = compileModel({
    classes: [
      aClass('meter', {
        attributes: {
          verifiedUntil: { type: 'date', label, remind: ['P30D'] },
          validUntil: { type: 'time', label, remind: ['P1D'] },
          laidOn: { type: 'date', label },
        },
        states: { in_use: { label, phase: 'active' }, disposed: { label, phase: 'retired' } },
        initialState: 'in_use',
      }),
    ],
    relationTypes: [],
  });
  const of = (attributes: object) =>
    listDeadlines({ class: 'meter', attributes: { ...attributes } }, model).map(({ attribute, on }) => [attribute, on]);

  it('are those of which its class reminds, when they are dates', () => {
    expect(of({ verifiedUntil: '2026-06-30', validUntil: '2026-07-01T21:00:00.000Z', laidOn: '2026-01-01' })).toEqual([
      ['verifiedUntil', '2026-06-30'],
      ['validUntil', '2026-07-01'],
    ]);
    for (const verifiedUntil of ['30.06.2026', '2026-02-30', '0000-01-01', 7, null]) expect(of({ verifiedUntil })).toEqual([]);
    expect(listDeadlines({ class: 'unknown', attributes: { verifiedUntil: '2026-06-30' } }, model)).toEqual([]);
  });

  it('are of no interest once its life is over', () => {
    const quiet = (state: 'active' | 'retired', lifecycleState?: string) => isQuiet({ class: 'meter', attributes: { lifecycleState }, state }, model);
    expect([quiet('active'), quiet('active', 'in_use'), quiet('active', 'disposed'), quiet('retired', 'in_use')]).toEqual([false, false, true, true]);
  });
});
