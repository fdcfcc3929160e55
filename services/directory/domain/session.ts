/** A session ends after this long without use … */
export const idleMilliseconds = 12 * 3_600_000;
/** … and after this long in any case. */
export const longestMilliseconds = 7 * 24 * 3_600_000;
/** Last use is kept to the minute: a write for every request would cost more than it tells. */
export const coarseMilliseconds = 60_000;
