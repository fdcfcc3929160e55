import type { CmdbEvent } from '../generated/opora/cmdb/v1/events.ts';
import type { Subscription } from '../platform/bus/subscription.ts';
import type { Changes, Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import { announceRelation } from './announce.ts';
import { unrelate } from './domain/relation.ts';
import { readRelations, writeRelations } from './storage/relation-store.ts';

type Retired = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ItemRetired' }>;

const author = { actorId: 'cmdb', actorName: 'cmdb' };

/**
 * Ends the relations of items that are out of use. It comes after the retirement's commit, so that none that was made at the same moment is missed,
 * and goes page by page, so that an item in very many relations makes no huge commit. Ending what is ended already does nothing.
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
        const changes: Changes = { statements: writeRelations(ended, author), events: ended.map(announceRelation) };
        if (page.length < pageSize) return changes;
        await database.commit(changes);
      }
    },
  };
}
