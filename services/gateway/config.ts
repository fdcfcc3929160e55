import { isIP } from 'node:net';
import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const network = z.string().refine((text) => {
  const [address = '', bits = '0'] = text.split('/');
  return isIP(address) !== 0 && Number(bits) >= 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}, 'is neither an address nor a network like 10.0.0.0/8');

export const gatewayConfig = z.object({
  OPORA_HOST: z.string().default('127.0.0.1').describe('address on which HTTP is answered; 0.0.0.0 is all'),
  OPORA_PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe('its port'),
  OPORA_TRUSTED_PROXIES: z
    .string()
    .default('')
    .describe('addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas between them')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(network)),
  OPORA_BODY_BYTES: count(1024 * 1024).describe('longest body of a request, and longest line of a stream'),
  OPORA_INGEST_BODY_BYTES: count(10 * 1024 * 1024).describe('longest body of what monitoring sends'),
  OPORA_HELD_BYTES: count(64 * 1024 * 1024).describe('bytes of all bodies that are held in memory at once'),
  OPORA_REQUESTS_IN_FLIGHT: count(256).describe('requests that are answered at once'),
  OPORA_RATE_PER_TOKEN: count(100_000).describe('requests of one token or session in ten seconds'),
  OPORA_RATE_PER_ADDRESS: count(300).describe('requests of one address in ten seconds that nobody is signed in for'),
});
