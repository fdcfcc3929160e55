import { AppError } from '../errors/app-error.ts';

/** Streams take no idempotency key. Throws AppError `invalid_input`. */
export function refuseKey(idempotencyKey: string | undefined): void {
  if (idempotencyKey === undefined) return;
  throw new AppError('invalid_input', 'A stream takes no idempotency key: each message is settled by itself. Leave the key out.');
}
