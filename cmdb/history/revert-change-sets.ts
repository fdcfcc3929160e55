import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import type { HandlingContext, Subscription } from '../../platform/bus/subscription.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { takeBack } from '../domain/history/take-back.ts';
import { reviseItem } from '../domain/item.ts';
import { relate, unrelate } from '../domain/relation.ts';
import type { PageParts } from '../sources/take-page.ts';
import { type ItemVersionState, readItemsOfChangeSet, readRelationsOfChangeSet, readTheseVersions } from '../storage/history-store.ts';
import { type Author, type ItemChange, readItems } from '../storage/item-store.ts';
import { readRelations } from '../storage/relation-store.ts';
import { writeItemChanges, writeRelationChanges } from '../write-changes.ts';
import { insertConflicts, type RevertConflictState, updateChangeSet } from './change-set-store.ts';
import { findChangeSet } from './change-sets.ts';

type Begun = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ChangeSetBegun' }>;

const firstId = '00000000-0000-0000-0000-000000000000';

/**
 * Takes change sets back, a page a commit, so that a big one makes no huge commit. What was taken back belongs to the reverting set: a page that comes again
 * after a kill finds it there and passes it over.
 */
export function revertChangeSets({ database, model }: PageParts, pageSize = 500): Subscription<Begun> {
  async function revertItems(set: ChangeSet, context: HandlingContext): Promise<void> {
    for (let after = firstId; ; ) {
      const versions = wholeItems(await readItemsOfChangeSet(database, set.reverts ?? '', after, pageSize), pageSize);
      const ids = [...versions.keys()];
      const last = ids.at(-1);
      if (last === undefined) return;
      const places = [...versions].map(([itemId, own]) => ({ itemId, version: (own[0]?.version ?? 1) - 1 }));
      const [items, befores] = await Promise.all([readItems(database, sql`id = any(${ids}::uuid[])`), readTheseVersions(database, places)]);
      const changes: ItemChange[] = [];
      const conflicts: RevertConflictState[] = [];
      const own = await findOwnWork(ids, set);
      for (const now of items) {
        const made = versions.get(now.id) ?? [];
        const latest = made.at(-1);
        if (!latest || own.has(now.id)) continue;
        const before = befores.get(now.id);
        const isLost = !before && made[0]?.version !== 1;
        const { facts, kept } = isLost ? { facts: now, kept: ['what it was before is kept no longer'] } : takeBack(before, latest, now);
        const revised = reviseItem(now, facts, context.now);
        if (revised) changes.push({ before: now, after: revised });
        if (kept.length > 0) conflicts.push({ changeSetId: set.id, entryId: now.id, kind: 'item', detail: kept.join(', ') });
      }
      const { statements, events } = await writeItemChanges({ database, model: await model(), author: authorOf(set) }, changes);
      await database.commit({ statements: conflicts.length > 0 ? [...statements, insertConflicts(conflicts)] : statements, events });
      after = last;
    }
  }

  /** Items that this very revert has dealt with before it was interrupted. */
  async function findOwnWork(ids: readonly string[], set: ChangeSet): Promise<Set<string>> {
    const rows = await database.query<{ id: string }>(sql`select id from item where id = any(${ids}::uuid[]) and change_set_id = ${set.id}
      union select item_id from item_version where item_id = any(${ids}::uuid[]) and change_set_id = ${set.id}`);
    return new Set(rows.map(({ id }) => id));
  }

  async function revertRelations(set: ChangeSet, context: HandlingContext): Promise<void> {
    for (let after = firstId; ; ) {
      const versions = await readRelationsOfChangeSet(database, set.reverts ?? '', after, pageSize);
      const last = versions.at(-1)?.relationId;
      if (last === undefined) return;
      const newest = new Map(versions.map((version) => [version.relationId, version]));
      const present = new Map(
        (await readRelations(database, sql`id = any(${[...newest.keys()]}::uuid[])`)).map((relation) => [relation.id, relation]),
      );
      const own = await findOwnRelations([...newest.keys()], set);
      const conflicts: RevertConflictState[] = [];
      const reverted = [...newest.values()].flatMap((made) => {
        const now = present.get(made.relationId);
        if (!now) return [];
        if (now.version !== made.version) {
          if (own.has(now.id)) return [];
          conflicts.push({ changeSetId: set.id, entryId: now.id, kind: 'relation', detail: `It is ${now.state} by a later change.` });
          return [];
        }
        return (made.state === 'active' ? unrelate(now, context.now) : relate(now, now, context.now)) ?? [];
      });
      const alive = await withLivingEnds(reverted, conflicts, set);
      const { statements, events } = await writeRelationChanges({ database, model: await model(), author: authorOf(set) }, alive);
      await database.commit({ statements: conflicts.length > 0 ? [...statements, insertConflicts(conflicts)] : statements, events });
      after = last;
    }
  }

  async function findOwnRelations(ids: readonly string[], set: ChangeSet): Promise<Set<string>> {
    const rows = await database.query<{ id: string }>(sql`select id from relation where id = any(${ids}::uuid[]) and change_set_id = ${set.id}
      union select relation_id from relation_version where relation_id = any(${ids}::uuid[]) and change_set_id = ${set.id}`);
    return new Set(rows.map(({ id }) => id));
  }

  /** By outcome, from what is written: a revert that was interrupted counts as one that was not. */
  async function count(set: ChangeSet): Promise<Record<string, number>> {
    const [row] = await database.query<Record<string, number>>(sql`select
      (select count(distinct id) from (select id from item where change_set_id = ${set.id} union select item_id from item_version where change_set_id = ${set.id}) i)::int as "itemsReverted",
      (select count(distinct id) from (select id from relation where change_set_id = ${set.id} union select relation_id from relation_version where change_set_id = ${set.id}) r)::int as "relationsReverted",
      (select count(*) from revert_conflict where change_set_id = ${set.id})::int as conflicts`);
    return row ?? {};
  }

  /** A relation comes back only between items that are in use. */
  async function withLivingEnds<Relation extends { id: string; fromId: string; toId: string; state: string }>(
    relations: readonly Relation[],
    conflicts: RevertConflictState[],
    set: ChangeSet,
  ): Promise<Relation[]> {
    const ends = relations.filter(({ state }) => state === 'active').flatMap(({ fromId, toId }) => [fromId, toId]);
    const found = await database.query<{ id: string }>(sql`select id from item where id = any(${ends}::uuid[]) and state = 'active'`);
    const alive = new Set(found.map(({ id }) => id));
    return relations.filter((relation) => {
      const isAlive = relation.state !== 'active' || (alive.has(relation.fromId) && alive.has(relation.toId));
      if (!isAlive) conflicts.push({ changeSetId: set.id, entryId: relation.id, kind: 'relation', detail: 'One of its ends is out of use.' });
      return isAlive;
    });
  }

  async function revert(changeSetId: string, context: HandlingContext): Promise<Statement[]> {
    const set = await findChangeSet(database, changeSetId);
    if (set.status !== 'running') return [];
    // Relations first, while the items at their ends are as they were left.
    await revertRelations(set, context);
    await revertItems(set, context);
    const done: ChangeSet = {
      ...set,
      status: 'done',
      counts: await count(set),
      version: set.version + 1,
      updatedAt: new Date(context.now).toISOString(),
    };
    return [updateChangeSet(done)];
  }

  return {
    name: 'revert-change-sets',
    types: ['opora.cmdb.v1.ChangeSetBegun'],
    // Not in batches of one: the log is read in as many events at a time, and a first load has a million of others.
    async handle(events, context) {
      const ids = new Set(events.filter(({ data }) => data.kind === 'revert').map(({ data }) => data.changeSetId));
      const statements: Statement[] = [];
      for (const id of ids) statements.push(...(await revert(id, context)));
      return { statements };
    },
  };
}

function authorOf({ id, actorId, actorName, traceId, reason }: ChangeSet): Author {
  return { actorId, actorName, changeSetId: id, ...(traceId !== undefined && { traceId }), ...(reason !== undefined && { reason }) };
}

/** By item, in the order of versions. A full page may end within an item: that one is left for the next page. */
function wholeItems(versions: readonly ItemVersionState[], pageSize: number): Map<string, ItemVersionState[]> {
  const byItem = new Map<string, ItemVersionState[]>();
  for (const version of versions) byItem.set(version.itemId, [...(byItem.get(version.itemId) ?? []), version]);
  const last = versions.at(-1)?.itemId;
  if (versions.length === pageSize && byItem.size > 1 && last !== undefined) byItem.delete(last);
  return byItem;
}
