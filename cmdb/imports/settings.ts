import { IANAZone } from 'luxon';
import { AppError } from '../../platform/errors/app-error.ts';
import { manual } from '../domain/identify/authority.ts';

/** People speak by editing; a list speaks as the system or the department that it is from. */
export function requireSource(source: string): string {
  if (source !== manual) return source;
  throw new AppError('invalid_input', 'A list is not a person.', {
    violations: [{ pointer: '/source', message: `"${manual}" is people's own word; name the list's: spreadsheet, accounting, 1c` }],
  });
}

export function requireZone(zone: string): string {
  if (IANAZone.isValidZone(zone)) return zone;
  throw new AppError('invalid_input', 'There is no such time zone.', {
    violations: [{ pointer: '/zone', message: 'must be a name of the IANA time zone database: Europe/Moscow, Asia/Yekaterinburg, UTC' }],
  });
}
