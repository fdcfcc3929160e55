import fc from 'fast-check';
import { fromSerial, readMoment, tellOrder, toSerial } from './read-moment.ts';

describe('a date that a person wrote', () => {
  it.each([
    ['31.12.2025', '2025-12-31'],
    ['1.2.2025', '2025-02-01'],
    ['31.12.2025 г.', '2025-12-31'],
    ['2025-12-31', '2025-12-31'],
    ['2025/12/31', '2025-12-31'],
    ['12/31/2025', '2025-12-31'],
    ['31/12/2025', '2025-12-31'],
    ['31-12-2025', '2025-12-31'],
    ['05/05/2025', '2025-05-05'],
    ['31.12.2025 9:05', '2025-12-31T09:05:00'],
    ['2025-12-31T10:30:15', '2025-12-31T10:30:15'],
  ])('is read: %s', (text, moment) => {
    expect(readMoment(text, undefined)).toEqual({ moment });
  });

  it('keeps its zone where it names one', () => {
    expect(readMoment('2025-12-31T10:30:00Z', undefined)).toEqual({ moment: '2025-12-31T10:30:00', zone: 'Z' });
    expect(readMoment('2025-12-31 10:30+0300', undefined)).toEqual({ moment: '2025-12-31T10:30:00', zone: '+03:00' });
  });

  it('is told of when its year has two digits', () => {
    expect(readMoment('31.12.25', undefined)).toEqual({ moment: '2025-12-31', isShortYear: true });
    expect(readMoment('31.12.98', undefined)).toEqual({ moment: '1998-12-31', isShortYear: true });
  });

  it.each(['31.02.2025', '2025-13-01', '31.12.2025 25:00', '29.02.2023'])('is no day: %s', (text) => {
    expect(readMoment(text, undefined)).toEqual({ why: 'no_such_day' });
  });

  it.each(['вчера', '31.12', '2025', '31/12.2025', '1.2.3.4'])('is none: %s', (text) => {
    expect(readMoment(text, undefined)).toEqual({ why: 'no_date' });
  });

  it('is not decided when day and month may be swapped, unless its column tells', () => {
    expect(readMoment('01/02/2025', undefined)).toEqual({ why: 'ambiguous' });
    expect(readMoment('01/02/2025', 'mixed')).toEqual({ why: 'ambiguous' });
    expect(readMoment('01/02/2025', 'day')).toEqual({ moment: '2025-02-01' });
    expect(readMoment('01/02/2025', 'month')).toEqual({ moment: '2025-01-02' });
    expect(readMoment('31/12/2025', 'month')).toEqual({ moment: '2025-12-31' });
    expect([tellOrder('31/12/2025'), tellOrder('12/31/2025'), tellOrder('05/05/2025'), tellOrder('31.12.2025')]).toEqual([
      'day',
      'month',
      undefined,
      undefined,
    ]);
  });
});

describe('a date that a spreadsheet keeps as a number', () => {
  // What Excel itself shows for these numbers.
  it.each([
    [1, '1900-01-01'],
    [59, '1900-02-28'],
    [61, '1900-03-01'],
    [45657, '2024-12-31'],
    [45657.4375, '2024-12-31T10:30:00'],
    [0.4375, 'T10:30:00'],
  ])('%d is %s', (serial, moment) => {
    expect(fromSerial(serial, false)).toBe(moment);
  });

  it('is none for the day that never was, before the first and after the last', () => {
    expect([fromSerial(60, false), fromSerial(-1, false), fromSerial(2_958_466, false)]).toEqual([undefined, undefined, undefined]);
  });

  it('counts from 1904 where the workbook says so', () => {
    expect([fromSerial(0, true), fromSerial(44195, true)]).toEqual(['1904-01-01', '2024-12-31']);
  });

  it('comes back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 61 * 86_400, max: 2_958_465 * 86_400 }), (seconds) => {
        const moment = fromSerial(seconds / 86_400, false) ?? '';
        expect(Math.round((toSerial(moment) ?? 0) * 86_400)).toBe(seconds);
      }),
    );
    expect(toSerial('1899-01-01')).toBeUndefined();
  });
});
