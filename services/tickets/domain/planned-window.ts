import type { FieldViolation } from '../../../platform/errors/app-error.ts';

/** When a change is to be carried out, in epoch milliseconds: from the start until, but not with, the end. Both or none. */
export interface PlannedWindow {
  plannedStart?: number;
  plannedEnd?: number;
}

/** What is wrong with a ticket's window as it would be, of which `given` was said just now. */
export function checkWindow(
  { type, plannedStart, plannedEnd }: PlannedWindow & { type: string },
  given: PlannedWindow,
  unplanned = false,
): FieldViolation[] {
  const named = (['plannedStart', 'plannedEnd'] as const).filter((field) => given[field] !== undefined);
  const say = (field: keyof PlannedWindow, message: string) => [{ pointer: `/${field}`, message }];
  if (unplanned) return named.flatMap((field) => say(field, 'cannot be given together with unplanned; leave one of them out'));
  if (type !== 'change') return named.flatMap((field) => say(field, `is for changes only, and this is of type ${type}; leave it out`));
  const unreadable = named.filter((field) => Number.isNaN(given[field]));
  if (unreadable.length > 0) return unreadable.flatMap((field) => say(field, 'is no moment; write it as 2026-11-27T22:00:00Z'));
  if (plannedStart === undefined && plannedEnd === undefined) return [];
  if (plannedStart === undefined) return say('plannedStart', 'is missing: a planned window has a start and an end');
  if (plannedEnd === undefined) return say('plannedEnd', 'is missing: a planned window has a start and an end');
  return plannedEnd > plannedStart ? [] : say(named.includes('plannedEnd') ? 'plannedEnd' : 'plannedStart', 'the end must come after the start');
}
