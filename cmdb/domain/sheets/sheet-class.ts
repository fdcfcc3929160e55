import type { AttributeDefinition, IdentifierEntry, Label, LifecycleState } from '../model/model.ts';

/** What reading and writing of sheets needs to know of a class; a class of the compiled model has it all. */
export interface SheetClass {
  name: string;
  label: Label;
  attributes: ReadonlyMap<string, AttributeDefinition>;
  identifiers: readonly IdentifierEntry[];
  states: ReadonlyMap<string, LifecycleState>;
}

export const ownFields = ['name', 'key', 'class', 'state', 'lookups', 'organization', 'site', 'owner', 'supportTeam'] as const;
/** What an item has beside the attributes of its class. */
export type OwnField = (typeof ownFields)[number];

/** What the values of a column become. */
export type Target = { own: OwnField } | { attribute: string };

export const ownLabels: Readonly<Record<OwnField, Label>> = {
  name: { ru: 'Наименование', en: 'Name' },
  key: { ru: 'Код', en: 'Key' },
  class: { ru: 'Класс', en: 'Class' },
  state: { ru: 'Состояние', en: 'State' },
  lookups: { ru: 'Другие имена', en: 'Other names' },
  organization: { ru: 'Организация', en: 'Organisation' },
  site: { ru: 'Площадка', en: 'Site' },
  owner: { ru: 'Ответственный', en: 'Owner' },
  supportTeam: { ru: 'Группа поддержки', en: 'Support team' },
};

export const ownHelp: Readonly<Record<OwnField, Label>> = {
  name: { ru: 'Как единицу называют люди.', en: 'What people call the item.' },
  key: { ru: 'Код единицы в системе, из которой взят список.', en: 'The code of the item in the system that the list is from.' },
  class: { ru: 'Класс единицы, когда он уже класса всего листа.', en: 'The class of the item, when it is narrower than that of the whole sheet.' },
  state: { ru: 'Состояние жизненного цикла.', en: 'State of its life cycle.' },
  lookups: {
    ru: 'Имена узлов и адреса, под которыми единицу знает мониторинг; несколько — через точку с запятой.',
    en: 'Host names and addresses under which monitoring knows it; several are divided by semicolons.',
  },
  organization: { ru: 'Юридическое лицо, которому единица принадлежит.', en: 'The legal entity that it belongs to.' },
  site: { ru: 'Где единица находится.', en: 'Where it is.' },
  owner: { ru: 'Кто за единицу отвечает.', en: 'Who answers for it.' },
  supportTeam: { ru: 'Кто единицу обслуживает.', en: 'Who looks after it.' },
};

/** One text for each target. */
export function toTargetName(target: Target): string {
  return 'own' in target ? target.own : `attributes.${target.attribute}`;
}

/** How a target is called in headers, or undefined where the class has no such attribute. */
export function labelTarget(target: Target, { attributes }: Pick<SheetClass, 'attributes'>): Label | undefined {
  return 'own' in target ? ownLabels[target.own] : attributes.get(target.attribute)?.label;
}
