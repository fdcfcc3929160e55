import type { AuditContract } from '../contract.ts';
import { checkToldFields, isOneText } from './check-told-fields.ts';
import type { FieldModel } from './model.ts';
import type { AuditOption } from './read-options.ts';

/** How an event stands in the audit log; all that is wrong with it is told to `refuse`. */
export function readAudit(option: AuditOption, fields: readonly FieldModel[], refuse: (reason: string) => void): AuditContract {
  const { kind, ref, person, personName, changes, address } = option;
  const { check, checkKind, readTitle } = checkToldFields('audit', fields, refuse);
  checkKind(kind, 'account');
  check('ref', ref, 'one text', isOneText);
  if (person !== '') check('person', person, 'one text', isOneText);
  if (personName !== '') check('person_name', personName, 'one text', isOneText);
  if (changes !== '') check('changes', changes, 'one text marked json', ({ shape, rules }) => shape === 'single' && rules.json);
  if (address !== '') check('address', address, 'one text', isOneText);
  return {
    kind,
    ref,
    title: readTitle(option.title),
    ...(person !== '' && { person }),
    ...(personName !== '' && { personName }),
    ...(changes !== '' && { changes }),
    ...(address !== '' && { address }),
  };
}
