import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ProjectedItem, ProjectedRelation } from './projection.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** All items, page by page in the order of their ids, as a projection holds them. */
export async function* readAllItems(database: Database, pageSize: number): AsyncGenerator<ProjectedItem[]> {
  for (let after = firstId; ; ) {
    const page = await database.query<ProjectedItem>(
      sql`select id, version, class, name, source, key, state from item where id > ${after}::uuid order by id limit ${pageSize}::int`,
    );
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}

/** All relations, removed ones too. */
export async function* readAllRelations(database: Database, pageSize: number): AsyncGenerator<ProjectedRelation[]> {
  for (let after = firstId; ; ) {
    const page = await database.query<ProjectedRelation>(
      sql`select id, version, type, from_id as "fromId", to_id as "toId", state from relation where id > ${after}::uuid order by id limit ${pageSize}::int`,
    );
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}
