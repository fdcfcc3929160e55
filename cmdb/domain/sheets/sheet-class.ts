import type { AttributeDefinition, IdentifierEntry, Label } from '../model/model.ts';

/** What reading and writing of sheets needs to know of a class; a class of the compiled model has it all. */
export interface SheetClass {
  name: string;
  label: Label;
  attributes: ReadonlyMap<string, AttributeDefinition>;
  identifiers: readonly IdentifierEntry[];
}

export const ownFields = ['name', 'key', 'id', 'class', 'lookups'] as const;
/** What an item has beside the attributes of its class. */
export type OwnField = (typeof ownFields)[number];

/** What the values of a column become. */
export type Target = { own: OwnField } | { attribute: string };

export const ownLabels: Readonly<Record<OwnField, Label>> = {
  name: { ru: 'Наименование', en: 'Name' },
  key: { ru: 'Код', en: 'Key' },
  id: { ru: 'Номер единицы в CMDB', en: 'Item id in the CMDB' },
  class: { ru: 'Класс', en: 'Class' },
  lookups: { ru: 'Другие имена', en: 'Other names' },
};

export const ownHelp: Readonly<Record<OwnField, Label>> = {
  name: { ru: 'Как единицу называют люди.', en: 'What people call the item.' },
  key: { ru: 'Код единицы в системе, из которой взят список.', en: 'The code of the item in the system that the list is from.' },
  id: {
    ru: 'Из выгрузки: по нему строка находит свою единицу. Не меняйте его.',
    en: 'From an export: by it a row finds its item. Leave it as it is.',
  },
  class: { ru: 'Класс единицы, когда он уже класса всего листа.', en: 'The class of the item, when it is narrower than that of the whole sheet.' },
  lookups: {
    ru: 'Имена узлов и адреса, под которыми единицу знает мониторинг; несколько — через точку с запятой.',
    en: 'Host names and addresses under which monitoring knows it; several are divided by semicolons.',
  },
};

/** One text for each target. */
export function toTargetName(target: Target): string {
  return 'own' in target ? target.own : `attributes.${target.attribute}`;
}

/** How a target is called in headers, or undefined where the class has no such attribute. */
export function labelTarget(target: Target, { attributes }: Pick<SheetClass, 'attributes'>): Label | undefined {
  return 'own' in target ? ownLabels[target.own] : attributes.get(target.attribute)?.label;
}
