import { readExpiry } from './read-expiry.ts';

describe('when a token ends', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it.each([
    ['12h', '2026-11-24T00:00:00.000Z'],
    ['90d', '2027-02-21T12:00:00.000Z'],
    ['2w', '2026-12-07T12:00:00.000Z'],
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T03:00:00+03:00', '2027-01-31T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(readExpiry(text, now)).toBe(expected);
  });

  it.each(['', '90', '90 days', 'd', '-3d', 'tomorrow', '2027-13-01', '2027-01-31T00:00:00', '999999d'])(
    'refuses "%s" with the way to write it',
    (text) => {
      expect(() => readExpiry(text, now)).toThrow('Write 90d');
    },
  );

  it.each(['0d', '2026-11-23', '2020-01-01T00:00:00Z'])('refuses %s, which is over', (text) => {
    expect(() => readExpiry(text, now)).toThrow('is over already');
  });
});
