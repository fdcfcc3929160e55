import type { CmdbEvent } from '../generated/opora/cmdb/v1/events.ts';
import type { Subscription } from '../platform/bus/subscription.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import { announceRelation } from './announce.ts';
import { type RelationState, unrelate } from './domain/relation.ts';
import { readRelations, writeRelations } from './storage/relation-store.ts';

type Retired = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ItemRetired' }>;

const author = { actorId: 'cmdb', actorName: 'cmdb' };

/**
 * Ends the relations of items that are out of use. It comes after the retirement's commit, so that none that was made at the same moment is missed,
 * and goes page by page, so that an item in very many relations makes no huge commit. Ending what is ended already does nothing. They end by the change set that retired
 * the item, so that they come back with it.
 */
export function endRelations(database: Database, pageSize = 2_000): Subscription<Retired> {
  return {
    name: 'end-relations',
    types: ['opora.cmdb.v1.ItemRetired'],
    async handle(events, { now }) {
      const ids = events.map(({ data }) => data.itemId);
      const ofRetired = sql`in (select id from item where id = any(${ids}::uuid[]) and state = 'retired')`;
      for (;;) {
        const page = await readRelations(
          database,
          sql`state = 'active' and (from_id ${ofRetired} or to_id ${ofRetired}) order by id limit ${pageSize}::int`,
        );
        const ended = page.flatMap((relation) => unrelate(relation, now) ?? []);
        const sets = await readChangeSets(database, ids);
        const statements = [...groupByChangeSet(ended, sets)].flatMap(([changeSetId, own]) =>
          writeRelations(own, { ...author, ...(changeSetId !== undefined && { changeSetId }) }),
        );
        const changes = { statements, events: ended.map(announceRelation) };
        if (page.length < pageSize) return changes;
        await database.commit(changes);
      }
    },
  };
}

async function readChangeSets(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.query<{ id: string; changeSetId: string }>(sql`select id, change_set_id as "changeSetId" from item
    where id = any(${ids}::uuid[]) and state = 'retired' and change_set_id is not null`);
  return new Map(rows.map(({ id, changeSetId }) => [id, changeSetId]));
}

function groupByChangeSet(relations: readonly RelationState[], sets: ReadonlyMap<string, string>): Map<string | undefined, RelationState[]> {
  const groups = new Map<string | undefined, RelationState[]>();
  for (const relation of relations) {
    const set = sets.get(relation.fromId) ?? sets.get(relation.toId);
    groups.set(set, [...(groups.get(set) ?? []), relation]);
  }
  return groups;
}
