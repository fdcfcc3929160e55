import { sql } from '../../platform/postgres/sql.ts';
import type { FieldDifference } from '../domain/history/diff-items.ts';
import type { Reason } from '../domain/identify/explain.ts';
import { checkRelation } from '../domain/model/check-relation.ts';
import { identify, type RelationState, relate, unrelate } from '../domain/relation.ts';
import { findCrowded } from '../relations.ts';
import type { PageContext } from '../sources/decide-items.ts';
import type { WholeItem } from '../sources/whole-items.ts';
import { readItems } from '../storage/item-store.ts';
import { readRelationsBetween } from '../storage/relation-store.ts';
import { type Written, writeRelationChanges } from '../write-changes.ts';
import { type Edit, refuseFor } from './edit.ts';

export interface DecidedRelationEdits {
  /** By item. */
  differences: Map<string, FieldDifference[]>;
  refused: Map<string, Reason[]>;
  /** All but those of items that were refused; `held`: items that the same commit writes. */
  write(refused: ReadonlyMap<string, unknown>, held: readonly string[]): Promise<Written>;
}

/** Decides what becomes of relations when people ask for some to begin or to end at many items. */
export async function decideRelationEdits(
  context: PageContext,
  edits: readonly Edit[],
  wholes: ReadonlyMap<string, WholeItem>,
): Promise<DecidedRelationEdits> {
  const { database, model, now, newId } = context;
  const changed = new Map<string, RelationState>();
  const decided: DecidedRelationEdits = {
    differences: new Map(),
    refused: new Map(),
    write: (refused, held) =>
      writeRelationChanges(
        context,
        [...changed.values()].filter(({ fromId }) => !refused.has(fromId)),
        held,
      ),
  };
  const asked = edits.flatMap(({ itemId, addRelations = [], removeRelations = [] }) => [
    ...addRelations.map((end) => ({ ...end, fromId: itemId, isAdded: true })),
    ...removeRelations.map((end) => ({ ...end, fromId: itemId, isAdded: false })),
  ]);
  if (asked.length === 0) return decided;
  const [between, others] = await Promise.all([
    readRelationsBetween(database, asked),
    readItems(database, sql`id = any(${[...new Set(asked.map(({ toId }) => toId))]}::uuid[])`),
  ]);
  const ends = new Map(others.map((item) => [item.id, item]));
  const come: RelationState[] = [];
  for (const { isAdded, ...wanted } of asked) {
    const before = between.get(identify(wanted));
    const after = isAdded ? relate(before, { ...wanted, id: newId(), source: 'manual' }, now) : before && unrelate(before, now);
    if (!after) continue;
    const violations = isAdded ? checkEnds(wanted) : [];
    if (violations.length > 0) decided.refused.set(wanted.fromId, refuseFor('relation_invalid', violations));
    else {
      changed.set(identify(wanted), after);
      if (isAdded) come.push(after);
      const difference = { field: `relations.${wanted.type}`, [isAdded ? 'after' : 'before']: wanted.toId };
      decided.differences.set(wanted.fromId, [...(decided.differences.get(wanted.fromId) ?? []), difference]);
    }
  }
  const crowded = await findCrowded(
    database,
    model,
    come.map((relation) => ({ ...relation, pointers: { from: `/relations/${relation.fromId}`, to: `/relations/${relation.fromId}` } })),
  );
  for (const { pointer, message } of crowded)
    decided.refused.set(pointer.slice('/relations/'.length), refuseFor('relation_invalid', [{ pointer: '/relations', message }]));
  return decided;

  function checkEnds({ type, fromId, toId }: { type: string; fromId: string; toId: string }) {
    const [from, to] = [wholes.get(fromId)?.facts, ends.get(toId)];
    if (fromId === toId) return [{ pointer: '/toId', message: 'must not be the item that it begins at' }];
    if (from?.state !== 'active' || to?.state !== 'active') return [{ pointer: '/toId', message: 'both items must be in use' }];
    return checkRelation(model, { type, fromClass: from.class, toClass: to.class });
  }
}
