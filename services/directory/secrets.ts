import { createHash, randomBytes } from 'node:crypto';

/** What is kept of a secret of 256 random bits. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function makeToken(): string {
  return `opora_${randomBytes(32).toString('base64url')}`;
}

export function makeSessionSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Something that a person can type once: 20 letters and digits that do not look alike, about 98 bits. */
export function makePassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  let text = '';
  // Bytes above the largest multiple of the alphabet are thrown away, so that every letter is as likely as the others.
  while (text.length < 20) {
    for (const byte of randomBytes(32)) {
      if (byte < 256 - (256 % alphabet.length) && text.length < 20) text += alphabet[byte % alphabet.length];
    }
  }
  return text.replace(/(.{5})(?=.)/g, '$1-');
}
