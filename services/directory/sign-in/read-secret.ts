import { AppError } from '../../../platform/errors/app-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The secret that a provider's definition names. Throws AppError `unavailable` when the directory was started without it. */
export function readSecret(environment: Environment, variable: string): string {
  const secret = environment[variable];
  if (!secret) throw new AppError('unavailable', `The directory was started without ${variable}, which this sign-in needs.`);
  return secret;
}
