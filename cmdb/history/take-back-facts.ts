import { sql } from '../../platform/postgres/sql.ts';
import { takeBack } from '../domain/history/take-back.ts';
import { reviseItem } from '../domain/item.ts';
import { fullSight } from '../rights/rights.ts';
import { findSpokenOf } from '../sources/word-before-store.ts';
import { type ItemVersionState, readItemsOfChangeSet, readTheseVersions } from '../storage/history-store.ts';
import { type ItemChange, readItems } from '../storage/item-store.ts';
import { writeItemChanges } from '../write-changes.ts';
import { insertConflicts, type RevertConflictState } from './change-set-store.ts';
import type { TakingBack } from './take-back-words.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** Takes back, page by page, what a change set made of items of which it kept no words: their sources, and what those say, stay as they are. */
export async function takeBackFacts(taking: TakingBack, pageSize: number): Promise<void> {
  const { database, set, now } = taking;
  const reverted = set.reverts ?? '';
  for (let after = firstId; ; ) {
    const versions = wholeItems(await readItemsOfChangeSet(database, reverted, after, pageSize), pageSize);
    const ids = [...versions.keys()];
    const last = ids.at(-1);
    if (last === undefined) return;
    const places = [...versions].map(([itemId, own]) => ({ itemId, version: (own[0]?.version ?? 1) - 1 }));
    const [items, befores, spokenOf, own] = await Promise.all([
      readItems(database, sql`id = any(${ids}::uuid[])`),
      readTheseVersions(database, places, fullSight),
      findSpokenOf(database, reverted, ids),
      findOwnWork(ids),
    ]);
    const changes: ItemChange[] = [];
    const conflicts: RevertConflictState[] = [];
    for (const item of items) {
      const made = versions.get(item.id) ?? [];
      const latest = made.at(-1);
      if (!latest || own.has(item.id) || spokenOf.has(item.id)) continue;
      const before = befores.get(item.id);
      const isLost = !before && made[0]?.version !== 1;
      const { facts, kept } = isLost ? { facts: item, kept: ['what it was before is kept no longer'] } : takeBack(before, latest, item);
      const revised = reviseItem(item, facts, now);
      if (revised) changes.push({ before: item, after: revised });
      if (kept.length > 0) conflicts.push({ changeSetId: set.id, entryId: item.id, kind: 'item', detail: kept.join(', ') });
    }
    const { statements, events } = await writeItemChanges(taking, changes);
    await database.commit({ statements: conflicts.length > 0 ? [...statements, insertConflicts(conflicts)] : statements, events });
    after = last;
  }

  /** Items that this very revert has dealt with before it was interrupted. */
  async function findOwnWork(ids: readonly string[]): Promise<Set<string>> {
    const rows = await database.query<{ id: string }>(sql`select id from item where id = any(${ids}::uuid[]) and change_set_id = ${set.id}
      union select item_id from item_version where item_id = any(${ids}::uuid[]) and change_set_id = ${set.id}`);
    return new Set(rows.map(({ id }) => id));
  }
}

/** By item, in the order of versions. A full page may end within an item: that one is left for the next page. */
function wholeItems(versions: readonly ItemVersionState[], pageSize: number): Map<string, ItemVersionState[]> {
  const byItem = new Map<string, ItemVersionState[]>();
  for (const version of versions) byItem.set(version.itemId, [...(byItem.get(version.itemId) ?? []), version]);
  const last = versions.at(-1)?.itemId;
  if (versions.length === pageSize && byItem.size > 1 && last !== undefined) byItem.delete(last);
  return byItem;
}
