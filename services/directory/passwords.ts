import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../platform/errors/app-error.ts';

/** OWASP's argon2id: 19 MiB, two passes, one lane; the library's default algorithm is argon2id. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashing takes a core for some 30 ms: no more at once than leaves the others room, and no endless queue. */
const atOnce = 2;
const longestQueue = 64;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes as long for an account that is not there, so that the time tells nothing. */
  matches(passwordHash: string | undefined, password: string): Promise<boolean>;
}

/** Passwords in argon2id. Throws AppError `unavailable` when too many wait to be checked. */
export async function createPasswords(): Promise<Passwords> {
  const waiting: (() => void)[] = [];
  let running = 0;
  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (waiting.length >= longestQueue)
      throw new AppError('unavailable', 'Too many people sign in at this moment. Try again.', { retryAfterSeconds: 2 });
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
  const nobodys = await hash(randomBytes(16).toString('hex'), cost);

  return {
    hash: (password) => inTurn(() => hash(password.normalize('NFKC'), cost)),
    async matches(passwordHash, password) {
      const isRight = await inTurn(() => verify(passwordHash ?? nobodys, password.normalize('NFKC')));
      return passwordHash !== undefined && isRight;
    },
  };
}
