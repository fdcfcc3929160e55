import type { FieldViolation } from '../../platform/errors/app-error.ts';
import type { FieldDifference } from '../domain/history/diff-items.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { ItemPatch, ItemState } from '../domain/item.ts';

/** What a person asks of one item. */
export interface Edit {
  itemId: string;
  patch: ItemPatch;
  /** Out of use, or in use again. */
  state?: ItemState['state'];
  addRelations?: readonly RelationEnd[];
  removeRelations?: readonly RelationEnd[];
}

/** A relation that begins at the item. */
export interface RelationEnd {
  type: string;
  toId: string;
}

export type EditOutcome = 'changed' | 'unchanged' | 'refused';

/** What becomes of one item. */
export interface EditDecision {
  itemId: string;
  outcome: EditOutcome;
  /** The version on which it was decided. */
  version: number;
  differences: readonly FieldDifference[];
  /** Why it is refused. */
  reasons: readonly Reason[];
  /** What it would be recognised by that it is not now; by `toIdentifierKey`. */
  claims: readonly string[];
}

const wordings = {
  does_not_fit: { ru: 'не подходит модели', en: 'does not fit the model' },
  other_source: { ru: 'слово за другим источником', en: 'another source has the say' },
  relation_invalid: { ru: 'такой связи быть не может', en: 'there can be no such relation' },
} as const;

/** Why an item cannot become so. */
export function refuseFor(code: keyof typeof wordings, violations: readonly FieldViolation[]): Reason[] {
  const { ru, en } = wordings[code];
  return violations.map(({ pointer, message }) => {
    const field = pointer
      .replace(/^\/(?:attributes\/)?/, '')
      .replaceAll('~1', '/')
      .replaceAll('~0', '~');
    return { code, ru: `${field}: ${ru} (${message}).`, en: `${field}: ${en} (${message}).` };
  });
}

export const notThere: Reason = { code: 'not_there', ru: 'Такого элемента больше нет.', en: 'There is no such item any more.' };

export function wentInto(id: string): Reason {
  return { code: 'merged', ru: `Он влился в элемент ${id}.`, en: `It went into item ${id}.` };
}

/** Two items of one edit would be recognised by the same. */
export function claimedTwice(what: string): Reason {
  return {
    code: 'identifier_taken',
    ru: `${what} по этой же правке достаётся другому элементу.`,
    en: `${what} goes to another item by this very edit.`,
  };
}

export function takenBy(what: string, holder: { id: string; name: string }): Reason {
  return {
    code: 'identifier_taken',
    ru: `${what} уже принадлежит «${holder.name}» (${holder.id}).`,
    en: `${what} is of "${holder.name}" already (${holder.id}).`,
  };
}
