/** After so many failures in a row the next attempts wait: a first time, and after each further failure twice as long. Seconds. */
export interface Patience {
  failures: number;
  firstPause: number;
  longestPause: number;
}

/** Of one login, from wherever it is tried. */
export const patienceWithLogin: Patience = { failures: 10, firstPause: 60, longestPause: 3_600 };
/** Of one network address, whatever it tries: whole offices come from one. */
export const patienceWithAddress: Patience = { failures: 100, firstPause: 60, longestPause: 3_600 };
/** Of one login whose password somebody says to have forgotten: each is a mail. */
export const patienceWithForgetting: Patience = { failures: 3, firstPause: 3_600, longestPause: 86_400 };

/** Failures are forgotten after this long without another. */
export const forgottenAfterMilliseconds = 24 * 3_600_000;
