import { Duration } from 'luxon';
import { formatDuration, parseTarget } from './duration.ts';

describe('a target', () => {
  it.each([
    ['PT15M', 900_000],
    ['PT8H30M', 30_600_000],
    ['PT1S', 1000],
    ['PT40H', 144_000_000],
  ])('%s is read and written the same', (text, milliseconds) => {
    expect(parseTarget(text)).toBe(milliseconds);
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it.each([0, 1, 999, 59_999, 3_600_000, 3_661_250, 93_784_005])('of %d ms is written as luxon reads it', (milliseconds) => {
    expect(Duration.fromISO(formatDuration(milliseconds)).toMillis()).toBe(milliseconds);
  });

  it.each(['P1D', 'PT', 'PT0S', '8H', 'PT1.5H', '-PT1H', 'PT99999999H', 'P1M', ''])('%s is not one', (text) => {
    expect(parseTarget(text)).toBeUndefined();
  });
});
