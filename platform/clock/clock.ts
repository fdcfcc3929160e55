import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Time and identity come in as arguments, so that a history can be replayed and a test can stand at any moment. */
export interface Clock {
  /** The wall clock, as epoch milliseconds. */
  now(): number;
}

/** Gives a new UUID v7 for the moment `at` (epoch milliseconds), so that ids rise with time. */
export type NewId = (at?: number) => string;

export const systemClock: Clock = { now: () => Date.now() };

export const newUuid: NewId = (at) => (at === undefined ? v7() : v7({ msecs: at, random: drawRandom() }));

/** Asking the system for 16 bytes costs ten times as much as making an id of them, so they are drawn many at a time. */
const drawn = new Uint8Array(16 * 256);
let used = drawn.length;

function drawRandom(): Uint8Array {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  return drawn.subarray(used, (used += 16));
}
