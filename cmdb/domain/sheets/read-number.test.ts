import fc from 'fast-check';
import { readNumber, tellComma } from './read-number.ts';

describe('a number that a person wrote', () => {
  it.each([
    ['1 234,50', 1234.5],
    ['1\u00a0234,50', 1234.5],
    ['1\u202f234\u202f567', 1234567],
    ['1,234.50', 1234.5],
    ['1.234,50', 1234.5],
    ['1.234.567', 1234567],
    ["1'234.5", 1234.5],
    ['7,5', 7.5],
    ['0,125', 0.125],
    ['1234,567', 1234.567],
    ['−5', -5],
    ['– 5,5', -5.5],
    ['+3', 3],
    [',5', 0.5],
    ['7,5 кВт', 7.5],
    ['7,5КВТ', 7.5],
  ])('is read: %s', (text, number) => {
    expect(readNumber(text, undefined, 'кВт')).toEqual({ number });
  });

  it.each(['много', '12 34', '1,2,3', '5 МВт', '1.2.3', '10-12', '', '1 2345', '١٢'])('is none: %s', (text) => {
    expect(readNumber(text, undefined, 'кВт')).toEqual({ why: 'no_number' });
  });

  it('is not decided when a comma may mean two things, unless its column tells', () => {
    expect(readNumber('1,234', undefined)).toEqual({ why: 'ambiguous' });
    expect(readNumber('1,234', 'mixed')).toEqual({ why: 'ambiguous' });
    expect(readNumber('1,234', 'decimal')).toEqual({ number: 1.234 });
    expect(readNumber('1,234', 'thousands')).toEqual({ number: 1234 });
    expect([tellComma('1,5'), tellComma('1,234.5'), tellComma('1,234,567'), tellComma('1,234'), tellComma('15')]).toEqual([
      'decimal',
      'thousands',
      'thousands',
      undefined,
      undefined,
    ]);
  });

  it('is the number again, however Russian or English spreadsheets show it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), fc.constantFrom('ru-RU', 'en-US'), (cents, locale) => {
        const number = cents / 100;
        const text = number.toLocaleString(locale, { minimumFractionDigits: 2 });
        expect(readNumber(text, undefined)).toEqual({ number: Object.is(number, -0) ? 0 : number });
      }),
    );
  });
});
