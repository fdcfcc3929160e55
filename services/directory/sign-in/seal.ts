import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';

export interface Seal {
  /** Text that nobody else can read or make, good until `expiresAt` (epoch milliseconds). */
  close(content: object, expiresAt: number): string;
  /** Undefined for what was not sealed here, was changed, or is over. */
  open<Content>(sealed: string, now: number): Content | undefined;
}

const nonceBytes = 12;
const tagBytes = 16;

/** AES-256-GCM under the key that all replicas find in the database. */
export async function openSeal(database: Database): Promise<Seal> {
  const [row] = await database.query<{ key: Buffer }>(sql`select key from seal_key limit 1`);
  if (!row) throw new Error('The directory has no key to seal with: its migrations were undone.');
  const { key } = row;
  return {
    close(content, expiresAt) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const text = Buffer.concat([cipher.update(JSON.stringify({ content, expiresAt })), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    open<Content>(sealed: string, now: number) {
      try {
        const bytes = Buffer.from(sealed, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
        decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
        const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString();
        const { content, expiresAt } = JSON.parse(text) as { content: Content; expiresAt: number };
        return expiresAt > now ? content : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
