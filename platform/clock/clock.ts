import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Time and identity come in as arguments, so that a history can be replayed and a test can stand at any moment. */
export interface Clock {
  /** The wall clock, as epoch milliseconds. */
  now(): number;
}

/** Gives a new UUID v7 for the moment `at` (epoch milliseconds), so that ids rise with time; those of one moment rise too, in the order in which they are made. */
export type NewId = (at?: number) => string;

export const systemClock: Clock = { now: () => Date.now() };

export const newUuid: NewId = (at) => {
  if (at === undefined) return v7();
  const random = drawRandom();
  return v7({ msecs: at, random, seq: nextSequence(at, random) });
};

let latest = 0;
let sequence = 0;

/** Of 32 bits, and begun in the lower half: no millisecond counts to the end of it. */
function nextSequence(at: number, random: Buffer): number {
  sequence = at === latest ? sequence + 1 : random.readUInt32BE(6) >>> 1;
  latest = at;
  return sequence;
}

/** Asking the system for 16 bytes costs ten times as much as making an id of them, so they are drawn many at a time. */
const drawn = Buffer.alloc(16 * 256);
let used = drawn.length;

function drawRandom(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  return drawn.subarray(used, (used += 16));
}
