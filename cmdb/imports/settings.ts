import { IANAZone } from 'luxon';
import { AppError } from '../../platform/errors/app-error.ts';

export function requireZone(zone: string): string {
  if (IANAZone.isValidZone(zone)) return zone;
  throw new AppError('invalid_input', 'There is no such time zone.', {
    violations: [{ pointer: '/zone', message: 'must be a name of the IANA time zone database: Europe/Moscow, Asia/Yekaterinburg, UTC' }],
  });
}
