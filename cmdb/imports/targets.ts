import type { ColumnTarget } from '../domain/sheets/mapping.ts';
import { type OwnField, ownFields, type SheetClass, type Target } from '../domain/sheets/sheet-class.ts';

/** The target that `toTargetName` wrote. A name that is none of an item's own stands for an attribute, with or without `attributes.` before it. */
export function readTarget(name: string): Target {
  return ownFields.includes(name as OwnField) ? { own: name as OwnField } : { attribute: name.replace(/^attributes\./, '') };
}

export function mapsOwn(mapping: readonly ColumnTarget[], field: OwnField): boolean {
  return mapping.some(({ target }) => 'own' in target && target.own === field);
}

/** Whether the columns can tell which item a row is about. */
export function isSettled(mapping: readonly ColumnTarget[], { identifiers }: SheetClass): boolean {
  const has = (name: string) => mapping.some(({ target }) => ('own' in target ? target.own === name : target.attribute === name));
  return has('name') || has('key') || has('id') || identifiers.some(({ attributes }) => attributes.every(has));
}
