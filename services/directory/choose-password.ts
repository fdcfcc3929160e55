import { AppError } from '../../platform/errors/app-error.ts';
import { checkPassword } from './domain/password-rules.ts';
import type { Passwords } from './passwords.ts';

/** The hash of a password that somebody chooses for this account. Throws AppError `invalid_input` at `pointer` for one that is easily guessed. */
export function choosePassword(
  passwords: Passwords,
  password: string,
  { login, name, email }: { login: string; name: string; email?: string },
  pointer: string,
): Promise<string> {
  const violations = checkPassword(password, [login, name, email], pointer);
  if (violations.length > 0) throw new AppError('invalid_input', 'The password is easily guessed.', { violations });
  return passwords.hash(password);
}
