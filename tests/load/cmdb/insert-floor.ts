import pg from 'pg';
import { toClientConfig } from '../../../platform/postgres/connection.ts';
import type { BenchHub } from '../hub.ts';

/** What a first load writes, in the order in which it does (the events go through two tables), and the tables whose rows are its records. */
export interface Load {
  schema: string;
  tables: readonly string[];
  counted: readonly string[];
}

const inventory: Load = {
  schema: 'cmdb',
  tables: ['item', 'item_link', 'item_identifier', 'item_lookup', 'relation', 'relation_link', 'bus_log'],
  counted: ['item', 'relation'],
};
const rowsOfPage = 1_000;

/**
 * Writes copies of the rows that the load has written into empty tables with the same indexes, each page by one plain INSERT over one connection;
 * gives records a second. `share`: of the rows of each table that many are taken.
 */
export async function insertSame({ postgres }: BenchHub, share: number, { schema, tables, counted }: Load = inventory): Promise<number> {
  const client = new pg.Client(toClientConfig(postgres.connection, schema));
  await client.connect();
  await client.query('create schema floor');
  let records = 0;
  let seconds = 0;
  for (const table of tables) {
    await client.query(`create table floor.${table} (like ${schema}.${table} including all)`);
    const { rows: columns } = await client.query<{ name: string }>(
      `select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as name from information_schema.columns
        where table_schema = $2 and table_name = $1 and is_generated = 'NEVER'`,
      [table, schema],
    );
    const list = columns[0]?.name ?? '';
    const { rows: pages } = await client.query<{ body: string }>(
      `select json_agg(t)::text as body from (select *, (row_number() over () - 1) / ${rowsOfPage} as page from (select * from ${schema}.${table} limit (select ceil(count(*) * $1::float8) from ${schema}.${table})) s) t
        group by page order by page`,
      [share],
    );
    const began = performance.now();
    for (const { body } of pages) {
      await client.query({
        name: `floor-${table}`,
        text: `insert into floor.${table} (${list}) overriding system value select ${list} from json_populate_recordset(null::floor.${table}, $1::json)`,
        values: [body],
      });
    }
    seconds += (performance.now() - began) / 1000;
    if (counted.includes(table)) {
      const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from floor.${table}`);
      records += rows[0]?.n ?? 0;
    }
  }
  await client.query('drop schema floor cascade');
  await client.end();
  return records / seconds;
}
