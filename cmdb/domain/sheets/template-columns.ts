import type { AttributeDefinition, Label } from '../model/model.ts';
import { labelWithUnit } from './label-with-unit.ts';
import type { SheetClass, Target } from './sheet-class.ts';
import { type OwnField, ownHelp, ownLabels } from './sheet-class.ts';
import type { ValueKind } from './write-value.ts';

export interface TemplateColumn {
  target: Target;
  /** With the unit in brackets, and a star when it is required: `guessMapping` reads both. */
  header: string;
  isRequired: boolean;
  help: string;
  kind: ValueKind;
  /** In the reader's language. */
  choices?: readonly string[];
}

const words = {
  ru: { yes: 'да', no: 'нет', required: 'Обязательно.', several: 'Несколько значений — через точку с запятой.', from: 'от', to: 'до' },
  en: { yes: 'yes', no: 'no', required: 'Required.', several: 'Several values are divided by semicolons.', from: 'from', to: 'to' },
} as const;

const forms: Readonly<Partial<Record<AttributeDefinition['type'], Label>>> = {
  integer: { ru: 'Целое число.', en: 'A whole number.' },
  decimal: { ru: 'Число.', en: 'A number.' },
  boolean: { ru: 'да или нет.', en: 'yes or no.' },
  date: { ru: 'Дата: 31.12.2025 или 2025-12-31.', en: 'A date: 2025-12-31 or 31.12.2025.' },
  time: { ru: 'Дата и время: 31.12.2025 10:30.', en: 'Date and time: 2025-12-31 10:30.' },
  choice: { ru: 'Выберите из списка.', en: 'Choose from the list.' },
  ip: { ru: 'Адрес IPv4 или IPv6.', en: 'An IPv4 or IPv6 address.' },
  mac: { ru: 'MAC-адрес: 00:1b:63:84:45:e6.', en: 'A MAC address: 00:1b:63:84:45:e6.' },
  mail: { ru: 'Адрес почты.', en: 'A mail address.' },
  link: { ru: 'Ссылка: https://…', en: 'A link: https://…' },
  item: { ru: 'Имя, код или номер другой единицы.', en: 'Name, code or number of another item.' },
};

/** The columns of an empty sheet for items of a class: name, attributes (required ones first), then what every item has. */
export function listTemplateColumns({ attributes }: SheetClass, language: keyof Label): TemplateColumn[] {
  const ofAttributes = [...attributes].map(([attribute, definition]) => describeColumn({ attribute }, definition, language));
  const own = (field: OwnField, more: Partial<AttributeDefinition> = {}) =>
    describeColumn({ own: field }, { type: 'text', label: ownLabels[field], help: ownHelp[field], ...more }, language);
  return [
    own('name', { required: true }),
    ...ofAttributes.filter(({ isRequired }) => isRequired),
    ...ofAttributes.filter(({ isRequired }) => !isRequired),
    own('lookups', { list: true }),
    own('key'),
  ];
}

function describeColumn(target: Target, definition: AttributeDefinition, language: keyof Label): TemplateColumn {
  const { type, help, unit, list, values, minimum, maximum } = definition;
  const say = words[language];
  const isRequired = (definition.required ?? false) && definition.default === undefined;
  const range = [minimum === undefined ? '' : `${say.from} ${minimum}`, maximum === undefined ? '' : `${say.to} ${maximum}`]
    .filter((part) => part !== '')
    .join(' ');
  const choices = type === 'boolean' ? [say.yes, say.no] : type === 'choice' ? values?.map((choice) => choice.label[language]) : undefined;
  const sentences = [
    isRequired ? say.required : '',
    help?.[language] ?? '',
    forms[type]?.[language] ?? '',
    range === '' ? '' : `${range}${unit ? ` ${unit}` : ''}.`,
    list ? say.several : '',
  ];
  return {
    target,
    header: `${labelWithUnit(definition, language)}${isRequired ? ' *' : ''}`,
    isRequired,
    help: sentences.filter((sentence) => sentence !== '').join(' '),
    kind: { type, ...(list && { list }), ...(values && { values }) },
    ...(choices && !list && { choices }),
  };
}
