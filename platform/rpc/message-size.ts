import { AppError } from '../errors/app-error.ts';

/** Bytes of one message, the request or the answer, on every transport. */
export const longestMessage = 4 * 1024 * 1024;

export function requireSize(what: 'request' | 'message' | 'answer', message: Uint8Array): void {
  if (message.length <= longestMessage) return;
  const way = what === 'answer' ? 'Ask for less at once.' : 'Send it in parts.';
  throw new AppError('invalid_input', `The ${what} has ${message.length} bytes, and a call carries at most ${longestMessage}. ${way}`);
}
