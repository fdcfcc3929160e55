import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../errors/app-error.ts';
import { HttpRefusal } from './problem.ts';

export interface EdgeLimits {
  /** Most bytes of one body, after decompression. */
  bodyBytes: number;
  /** Most requests under way at once. */
  inFlight: number;
  /** Most bytes of bodies held in memory at once. */
  heldBytes: number;
  /** Most requests of one token or session in ten seconds. */
  perPrincipal: number;
  /** Most requests of one address in ten seconds that nobody has signed. */
  perAddress: number;
}

/** Who is let in, so that a storm costs its sender time and never the hub its memory. */
export interface Admission {
  /** Takes a place; the returned function gives it back. Throws AppError `unavailable` when all are taken. */
  enter(): () => void;
  /** Keeps account of the bytes of one body. */
  hold(): HeldBytes;
  /** Counts a request, or several, of a principal or of an address without one. Throws HttpRefusal `too_many_requests`. */
  count(who: { principal: string } | { address: string }, requests?: number): Promise<void>;
}

export interface HeldBytes {
  /** Throws AppError `unavailable` when all bodies together would be more than the hub may hold. */
  grow(bytes: number): void;
  release(): void;
}

const windowSeconds = 10;

export function createAdmission(limits: EdgeLimits): Admission {
  const principals = new RateLimiterMemory({ points: limits.perPrincipal, duration: windowSeconds });
  const addresses = new RateLimiterMemory({ points: limits.perAddress, duration: windowSeconds });
  let inFlight = 0;
  let held = 0;

  return {
    enter() {
      if (inFlight >= limits.inFlight)
        throw new AppError('unavailable', 'The hub is at work on as many requests as it can hold. Ask again.', { retryAfterSeconds: 1 });
      inFlight++;
      let isIn = true;
      return () => {
        if (isIn) inFlight--;
        isIn = false;
      };
    },
    hold() {
      let mine = 0;
      return {
        grow(bytes) {
          if (held + bytes > limits.heldBytes) {
            throw new AppError('unavailable', 'The hub holds as much input as it can. Send it again.', { retryAfterSeconds: 1 });
          }
          held += bytes;
          mine += bytes;
        },
        release() {
          held -= mine;
          mine = 0;
        },
      };
    },
    async count(who, requests = 1) {
      try {
        await ('principal' in who
          ? principals.consume(who.principal, Math.min(requests, limits.perPrincipal))
          : addresses.consume(networkOf(who.address), Math.min(requests, limits.perAddress)));
      } catch (refused) {
        const seconds = Math.max(1, Math.ceil((refused as RateLimiterRes).msBeforeNext / 1000));
        throw new HttpRefusal('too_many_requests', `Too many requests; ask again in ${seconds} s.`, { headers: { 'retry-after': String(seconds) } });
      }
    },
  };
}

/** One household of IPv6 has 2⁶⁴ addresses: they count as one. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
