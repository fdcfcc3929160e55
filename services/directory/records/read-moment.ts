import { AppError } from '../../../platform/errors/app-error.ts';

/** Epoch milliseconds of a moment that was asked for. Throws AppError `invalid_input` for one that there is not, such as 30 February. */
export function readMoment(text: string | undefined, pointer: string): number | undefined {
  const moment = text === undefined ? undefined : Date.parse(text);
  if (!Number.isNaN(moment)) return moment;
  throw new AppError('invalid_input', 'That is no moment.', { violations: [{ pointer, message: 'is no moment: write it as 2026-12-25T00:00:00Z' }] });
}
