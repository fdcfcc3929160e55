import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../../platform/http/admission.ts';
import { HttpRefusal } from '../../platform/http/problem.ts';

const minutes = 15;
const perAccountAndAddress = 10;
const perAddress = 100;

export interface SignInThrottle {
  /** Throws HttpRefusal `too_many_requests` when this address failed too often, with this account or with all. */
  begin(login: string, address: string): Promise<void>;
  /** A success: what was counted for it is taken back. */
  succeed(login: string, address: string): Promise<void>;
}

/**
 * Slows down guessing by account AND address, so that nobody can lock somebody else out by failing in their name. Each attempt is counted before it
 * is made, so that a hundred at once do not slip through.
 */
export function createSignInThrottle(): SignInThrottle {
  const pairs = new RateLimiterMemory({ points: perAccountAndAddress, duration: minutes * 60 });
  const addresses = new RateLimiterMemory({ points: perAddress, duration: minutes * 60 });
  const pairOf = (login: string, address: string) => `${networkOf(address)} ${login.toLowerCase()}`;

  return {
    async begin(login, address) {
      try {
        await addresses.consume(networkOf(address));
        await pairs.consume(pairOf(login, address));
      } catch (refused) {
        const seconds = Math.max(1, Math.ceil((refused as RateLimiterRes).msBeforeNext / 1000));
        const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
        throw new HttpRefusal('too_many_requests', `Too many failed sign-ins from here. Try again in ${wait}.`, {
          headers: { 'retry-after': String(seconds) },
        });
      }
    },
    async succeed(login, address) {
      await pairs.delete(pairOf(login, address));
      await addresses.reward(networkOf(address));
    },
  };
}
