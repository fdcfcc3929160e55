import { IANAZone } from 'luxon';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';

export function checkTimeZone(timeZone: string, pointer: string): FieldViolation[] {
  // A bare offset would be taken too, and knows no summer time.
  if (/^[A-Za-z]/.test(timeZone) && IANAZone.isValidZone(timeZone)) return [];
  return [{ pointer, message: `"${timeZone}" is no time zone: take an IANA name such as Europe/Moscow` }];
}
