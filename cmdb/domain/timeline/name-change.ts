import type { FieldDifference } from '../history/diff-items.ts';
import type { Title } from './read-entry.ts';

/** A version of an item, as far as its line needs it. */
export interface NamedVersion {
  version: number;
  name: string;
  state: 'active' | 'retired';
}

/** The line of a version of an item: what became of it, or which fields it has otherwise. `before`: what it was, when that is known. */
export function nameItemChange(after: NamedVersion, before: NamedVersion | undefined, fields: readonly Pick<FieldDifference, 'field'>[]): Title {
  const { version, name, state } = after;
  if (version === 1) return { ru: `«${name}» заведена`, en: `"${name}" was entered` };
  if (before && before.state !== state) {
    return state === 'retired'
      ? { ru: `«${name}» выведена из учёта`, en: `"${name}" went out of use` }
      : { ru: `«${name}» снова в учёте`, en: `"${name}" came back into use` };
  }
  const names = fields.map(({ field }) => field.replace(/^attributes\./, '')).join(', ');
  if (names === '') return { ru: `«${name}»: версия ${version}`, en: `"${name}": version ${version}` };
  return { ru: `«${name}» изменена: ${names}`, en: `"${name}" was changed: ${names}` };
}

export interface NamedRelation {
  state: 'active' | 'removed';
  version: number;
  /** Said of the item of the timeline: the type's own label where the relation begins there, its inverse where it ends. */
  label: Title;
  otherName: string;
}

/** The line of a version of a relation. */
export function nameRelationChange({ state, version, label, otherName }: NamedRelation): Title {
  const tie = { ru: `${label.ru} «${otherName}»`, en: `${label.en} "${otherName}"` };
  if (state === 'removed') return { ru: `Связь снята: ${tie.ru}`, en: `No longer related: ${tie.en}` };
  return version === 1 ? { ru: `Связь: ${tie.ru}`, en: `Related: ${tie.en}` } : { ru: `Связь снова: ${tie.ru}`, en: `Related again: ${tie.en}` };
}
