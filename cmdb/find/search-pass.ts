import type { Database } from '../../platform/postgres/database.ts';
import { exactly, sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { listChanged, type WordMakings } from '../domain/search/describe-words.ts';
import { listWords, type Searched } from '../domain/search/list-words.ts';
import { keepWordsOfLetters } from '../storage/item-store.ts';

/** How far the words of all items are as the model wants them. */
export interface SearchPass {
  written: WordMakings;
  /** By which a pass is writing them now. */
  writing?: WordMakings;
  /** The last item that it has looked at. */
  place: string;
  /** Items whose words it has made again. */
  changed: number;
  begunAt: Date;
  endedAt?: Date;
}

const firstId = '00000000-0000-0000-0000-000000000000';
const pageSize = 2_000;

interface PassRow {
  written: WordMakings;
  writing: WordMakings | null;
  place: string;
  changed: number;
  begun_at: Date;
  ended_at: Date | null;
}

export async function readPass(database: Database): Promise<SearchPass | undefined> {
  const [row] = await database.query<PassRow>(sql`select written, writing, place, changed, begun_at, ended_at from search_pass`);
  if (!row) return undefined;
  const { written, writing, place, changed, begun_at: begunAt, ended_at: endedAt } = row;
  return { written, ...(writing && { writing }), place, changed, begunAt, ...(endedAt && { endedAt }) };
}

const written = new WeakSet<Database>();

/** Whether all items have words, if not yet those that the model wants now: that is so once the first pass has ended, and stays so. */
export async function areAllWritten(database: Database): Promise<boolean> {
  if (written.has(database)) return true;
  const pass = await readPass(database);
  if (!pass || Object.keys(pass.written).length === 0) return false;
  if (!database.isInTransaction()) written.add(database);
  return true;
}

/** One that was under way is given up: this one looks at all that it would have. */
export async function beginPass(database: Database, before: SearchPass | undefined, writing: WordMakings, now: number): Promise<void> {
  const statement = before
    ? exactly(
        1,
        sql`update search_pass set writing = ${JSON.stringify(writing)}::jsonb, place = ${firstId}::uuid, changed = 0, begun_at = ${new Date(now)}, ended_at = null
          where place = ${before.place}::uuid and begun_at = ${before.begunAt} returning 1`,
      )
    : sql`insert into search_pass (id, written, writing, place, changed, begun_at)
        values (1, '{}', ${JSON.stringify(writing)}::jsonb, ${firstId}::uuid, 0, ${new Date(now)})`;
  await database.commit({ statements: [statement] });
}

export async function endPass(database: Database, { writing, begunAt }: SearchPass, now: number): Promise<void> {
  await database.commit({
    statements: [
      sql`update search_pass set written = ${JSON.stringify(writing)}::jsonb, writing = null, ended_at = ${new Date(now)} where begun_at = ${begunAt}`,
    ],
  });
}

interface ItemRow extends Searched {
  id: string;
  version: number;
}

/** Writes the words of the next page of items where they differ; true when it was the last. An item that somebody writes at this moment gets them from there. */
export async function writePage(database: Database, { written, writing = {}, place, begunAt }: SearchPass, model: CompiledModel): Promise<boolean> {
  const changed = listChanged(written, writing);
  const isFirst = Object.keys(written).length === 0;
  const page = await database.query<ItemRow>(sql`select id, class, version, name, key, lookups, attributes
    from (select * from item where id > ${place}::uuid order by id limit ${pageSize}::int) item where ${isFirst} or class = any(${changed}::text[]) order by id`);
  const [end] = await database.query<{ id: string }>(
    sql`select id from item where id > ${place}::uuid order by id offset ${pageSize - 1}::int limit 1`,
  );
  const rows = page.map((item) => ({ id: item.id, version: item.version, words: listWords(item, model) }));
  await database.commit({
    statements: [
      sql`update item i set words = array_to_tsvector(n.words)
        from json_to_recordset(${JSON.stringify(rows)}::json) as n(id uuid, version int, words text[])
          join (select id from item where id = any(${rows.map(({ id }) => id)}::uuid[]) order by id for update) locked on locked.id = n.id
        where i.id = n.id and i.version = n.version and i.words <> array_to_tsvector(n.words)`,
      ...keepWordsOfLetters(rows.map(({ words }) => words)),
      exactly(
        1,
        sql`update search_pass set place = ${end?.id ?? place}::uuid, changed = changed + ${rows.length}::int
          where place = ${place}::uuid and begun_at = ${begunAt} returning 1`,
      ),
    ],
  });
  return !end;
}
