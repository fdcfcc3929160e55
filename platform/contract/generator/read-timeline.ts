import type { TimelineContract } from '../contract.ts';
import type { FieldModel } from './model.ts';
import type { TimelineOption } from './read-options.ts';

interface Declaring {
  fields: readonly FieldModel[];
  permissions: readonly string[];
}

/** What an event says in the timelines of items; all that is wrong with it is told to `refuse`. */
export function readTimeline(option: TimelineOption, { fields, permissions }: Declaring, refuse: (reason: string) => void): TimelineContract {
  const { kind, items, title, ref, person, personName, severity, at } = option;
  if (!/^[a-z][a-z_]*$/.test(kind)) refuse(`timeline.kind is "${kind}": it is one word of small letters, as ticket`);
  if (permissions.length === 0) refuse('timeline: nobody may see it; name the permissions of the event');
  check('items', items, 'texts or one text', isTextOrTexts);
  check('ref', ref, 'one text', isOneText);
  if (person !== '') check('person', person, 'one text', isOneText);
  if (personName !== '') check('person_name', personName, 'one text', isOneText);
  if (severity !== '') check('severity', severity, 'one text', isOneText);
  if (at !== '') check('at', at, 'one text of the format date-time', (field) => isOneText(field) && field.rules.format === 'date-time');
  for (const language of ['ru', 'en'] as const) {
    const text = title?.[language] ?? '';
    if (text.trim() === '') refuse(`timeline.title.${language} is missing`);
    for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g)) check(`title.${language}`, name, 'one text, number or boolean', isOneWord);
  }
  return {
    kind,
    items,
    title: { ru: title?.ru ?? '', en: title?.en ?? '' },
    ref,
    ...(person !== '' && { person }),
    ...(personName !== '' && { personName }),
    ...(severity !== '' && { severity }),
    ...(at !== '' && { at }),
  };

  function check(place: string, name: string, kindOfField: string, fits: (field: FieldModel) => boolean): void {
    const field = fields.find((one) => one.name === name);
    if (!field) refuse(`timeline.${place}: "${name}" is not one of its fields`);
    else if (!fits(field)) refuse(`timeline.${place}: ${name} must be ${kindOfField}`);
  }
}

function isText({ type, rules }: FieldModel): boolean {
  return 'scalar' in type && type.scalar === 'string' && !rules.json;
}

function isOneText(field: FieldModel): boolean {
  return field.shape === 'single' && isText(field);
}

function isTextOrTexts(field: FieldModel): boolean {
  return field.shape !== 'map' && isText(field);
}

function isOneWord({ shape, type, rules }: FieldModel): boolean {
  return shape === 'single' && 'scalar' in type && !rules.json;
}
