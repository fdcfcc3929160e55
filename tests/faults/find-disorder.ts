import pg from 'pg';
import type { Connection } from '../../platform/postgres/connection.ts';

/** Services whose events carry the version of what they tell of, which rises by one with each. */
const numbered = ['tickets', 'sla', 'cmdb'];
const all = [...numbered, 'monitoring', 'directory'];

/** What stands in the services' logs twice, out of its order, or with a gap before it: one line each. */
export async function findDisorder(connection: Connection): Promise<string[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const doubled = all.map(
      (schema) => `select '${schema}: event ' || event_id || ' twice' as line from ${schema}.bus_log group by event_id having count(*) > 1`,
    );
    const torn = numbered.map(
      (schema) => `select '${schema}: ' || thing || ' goes from version ' || before || ' to ' || version as line from (
        select thing, version, lag(version, 1, 0) over (partition by thing order by pos) as before from (
          select pos, (data->>'version')::int as version, concat_ws('/', data->>'ticketId', data->>'kind', data->>'itemId', data->>'relationId') as thing
          from ${schema}.bus_log where data->>'version' is not null) as told) as followed
        where version <> before + 1`,
    );
    const { rows } = await client.query<{ line: string }>([...doubled, ...torn].join(' union all '));
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
}
