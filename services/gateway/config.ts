import { isIP } from 'node:net';
import { z } from 'zod';

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const network = z.string().refine((text) => {
  const [address = '', bits = '0'] = text.split('/');
  return isIP(address) !== 0 && Number(bits) >= 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}, 'is neither an address nor a network like 10.0.0.0/8');

export const gatewayConfig = z.object({
  OPORA_HOST: z.string().default('127.0.0.1'),
  OPORA_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas between them. */
  OPORA_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .transform((parts) => parts.filter((part) => part !== ''))
    .pipe(z.array(network)),
  OPORA_BODY_BYTES: count(1024 * 1024),
  OPORA_INGEST_BODY_BYTES: count(10 * 1024 * 1024),
  /** Bytes of all bodies that are held in memory at once. */
  OPORA_HELD_BYTES: count(64 * 1024 * 1024),
  OPORA_REQUESTS_IN_FLIGHT: count(256),
  /** Requests in ten seconds of one token or session, and of one address that nobody has signed. */
  OPORA_RATE_PER_TOKEN: count(100_000),
  OPORA_RATE_PER_ADDRESS: count(300),
});
