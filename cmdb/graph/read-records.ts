import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { ProjectedItem, ProjectedRelation } from './projection.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** A page of items in the order of their ids, as a projection holds them. */
export function readItemsAfter(database: Database, after: string, limit: number): Promise<ProjectedItem[]> {
  return readItems(database, sql`id > ${after === '' ? firstId : after}::uuid order by id limit ${limit}::int`);
}

export function readItems(database: Database, where: Statement): Promise<ProjectedItem[]> {
  return database.query<ProjectedItem>(sql`select id, version, class, name, source, key, state from item where ${where}`);
}

export function readRelations(database: Database, where: Statement): Promise<ProjectedRelation[]> {
  return database.query<ProjectedRelation>(sql`select id, version, type, from_id as "fromId", to_id as "toId", state from relation where ${where}`);
}

/** All items, page by page in the order of their ids. The next page is read while one is used. */
export function readAllItems(database: Database, pageSize: number): AsyncGenerator<ProjectedItem[]> {
  return readAhead((after) => readItemsAfter(database, after, pageSize));
}

/** All relations, removed ones too. */
export function readAllRelations(database: Database, pageSize: number): AsyncGenerator<ProjectedRelation[]> {
  return readAhead((after) => readRelations(database, sql`id > ${after}::uuid order by id limit ${pageSize}::int`));
}

async function* readAhead<Row extends { id: string }>(read: (after: string) => Promise<Row[]>): AsyncGenerator<Row[]> {
  let coming = read(firstId);
  for (;;) {
    const page = await coming;
    const last = page.at(-1);
    if (!last) return;
    coming = read(last.id);
    coming.catch(() => undefined); // it is told when it is waited for, unless nobody wants it any more
    yield page;
  }
}
