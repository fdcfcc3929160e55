import type { TimelineContract } from '../contract.ts';
import { checkToldFields, isOneText, isTextOrTexts } from './check-told-fields.ts';
import type { FieldModel } from './model.ts';
import type { TimelineOption } from './read-options.ts';

interface Declaring {
  fields: readonly FieldModel[];
  permissions: readonly string[];
}

/** What an event says in the timelines of items; all that is wrong with it is told to `refuse`. */
export function readTimeline(option: TimelineOption, { fields, permissions }: Declaring, refuse: (reason: string) => void): TimelineContract {
  const { kind, items, ref, person, personName, severity, at } = option;
  const { check, checkKind, readTitle } = checkToldFields('timeline', fields, refuse);
  checkKind(kind, 'ticket');
  if (permissions.length === 0) refuse('timeline: nobody may see it; name the permissions of the event');
  check('items', items, 'texts or one text', isTextOrTexts);
  check('ref', ref, 'one text', isOneText);
  if (person !== '') check('person', person, 'one text', isOneText);
  if (personName !== '') check('person_name', personName, 'one text', isOneText);
  if (severity !== '') check('severity', severity, 'one text', isOneText);
  if (at !== '') check('at', at, 'one text of the format date-time', (field) => isOneText(field) && field.rules.format === 'date-time');
  return {
    kind,
    items,
    title: readTitle(option.title),
    ref,
    ...(person !== '' && { person }),
    ...(personName !== '' && { personName }),
    ...(severity !== '' && { severity }),
    ...(at !== '' && { at }),
  };
}
