import { isAppError } from '../../../platform/errors/app-error.ts';
import { refuseFile } from '../refuse-file.ts';

/** What the readers of archives and XML say of a broken file, as a refusal of the file. */
export function asBroken(error: unknown): never {
  if (isAppError(error)) throw error;
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  throw refuseFile('broken', { ru: `${message.replace(/\.$/, '')}.` });
}
