import type pg from 'pg';
import { type Row, thousands } from '../benchmark.ts';
import type { BenchHub } from '../hub.ts';
import { timeRequests, toRow } from './ask.ts';
import type { Enterprise } from './enterprise.ts';

const source = 'tree';
const day = 24 * 3_600_000;
const versions = 10;
const pageSize = 500;

/** Questions about the past: a service with everything below it, whose items have each changed ten times in a year, and an item of which very much is told. */
export async function measurePast(hub: BenchHub, client: pg.Client, { items }: Enterprise): Promise<Row[]> {
  const below = Math.min(10_000, Math.floor(items / 4));
  const entries = Math.min(100_000, items * 5);
  const service = await plantTree(hub, below);
  const ids = await liveThroughYear(client);
  const busy = ids[1] ?? '';
  await tellMuch(client, busy, entries);

  const now = Date.now();
  const at = (days: number) => new Date(now - days * day).toISOString();
  const past = await timeRequests(
    hub,
    (index) => `/api/v1/cmdb/items/${ids[(index * 97) % ids.length]}/neighbours?depth=3&asOf=${at(30 + (index % 300))}`,
  );
  const compared = await timeRequests(hub, (index) => `/api/v1/cmdb/diff?below=${service}&from=${at(366)}&to=${at(index % 3)}&limit=100`, {
    count: 20,
    atOnce: 1,
  });
  const timeline = `/api/v1/cmdb/items/${busy}/timeline?limit=50`;
  const { next = '' } = await hub.get<{ next?: string }>(timeline);
  const life = await timeRequests(hub, (index) => (index % 2 === 0 ? timeline : `${timeline}&after=${encodeURIComponent(next)}`));
  const lives = await timeRequests(hub, () => `/api/v1/cmdb/items/${service}/timeline?below=true&limit=50`, { count: 60 });
  return [
    toRow(`graph as of a moment, depth 3, ${versions} versions an item`, past, undefined, 100),
    toRow(`what changed in a year below a service with ${thousands(below)} items`, compared, undefined, 1_000),
    toRow(`timeline page of an item with ${thousands(entries)} entries`, life, undefined, 30),
    toRow(`timeline page of a service with ${thousands(below)} items below`, lives, undefined, 200),
  ];
}

/** A service on applications, each on its machines; gives its id. */
async function plantTree(hub: BenchHub, size: number): Promise<string> {
  const applications = Math.max(1, Math.floor(size / 100));
  const records = [
    { key: 'service', class: 'application_service', name: 'Дерево' },
    ...Array.from({ length: applications }, (_, index) => ({ key: `a${index}`, class: 'application_service', name: `Ветвь ${index}` })),
    ...Array.from({ length: size - applications }, (_, index) => ({ key: `m${index}`, class: 'virtual_machine', name: `leaf-${index}` })),
  ];
  const relations = [
    ...Array.from({ length: applications }, (_, index) => ({ type: 'depends_on', fromKey: 'service', toKey: `a${index}` })),
    ...Array.from({ length: size - applications }, (_, index) => ({ type: 'runs_on', fromKey: `a${index % applications}`, toKey: `m${index}` })),
  ];
  const tell = async (path: string, name: string, all: readonly object[]) => {
    for (let from = 0; from < all.length; from += pageSize) {
      const { status, body } = await hub.send('POST', path, JSON.stringify({ [name]: all.slice(from, from + pageSize) }));
      if (status !== 200) throw new Error(`${path} was answered with ${status}: ${body.slice(0, 500)}`);
    }
  };
  await tell(
    `/api/v1/cmdb/sources/${source}/items`,
    'items',
    records.map((record) => ({ ...record, attributes: {}, lookups: [] })),
  );
  await tell(`/api/v1/cmdb/sources/${source}/relations`, 'relations', relations);
  const { items } = await hub.get<{ items: { id: string }[] }>(`/api/v1/cmdb/items?source=${source}&key=service`);
  return items[0]?.id ?? '';
}

/** All of the tree was there two years ago, and has changed nine times in the last one; gives the ids, the service's first. */
async function liveThroughYear(client: pg.Client): Promise<string[]> {
  await client.query(`create temporary table tree as select item_id as id from item_link where source = $1`, [source]);
  const columns = 'class, name, lookups, state, actor_id, actor_name, unauthorised';
  await client.query(`insert into item_version (item_id, version, valid_from, valid_to, attributes, ${columns})
    select i.id, v, now() - make_interval(days => 36 * (${versions} - v) + case v when 1 then 400 else 0 end), now() - make_interval(days => 36 * (${versions - 1} - v)),
      i.attributes || jsonb_build_object('description', 'version ' || v), ${columns}
    from item i join tree using (id) cross join generate_series(1, ${versions - 1}) v`);
  await client.query(
    `update item set version = ${versions}, created_at = now() - interval '2 years', updated_at = now() where id in (select id from tree)`,
  );
  await client.query(
    `update relation set created_at = now() - interval '2 years', updated_at = now() - interval '2 years' where from_id in (select id from tree)`,
  );
  await client.query('analyze item, item_version, relation');
  const { rows } = await client.query<{ id: string }>(`select id from item join tree using (id) order by key = 'service' desc, key`);
  return rows.map(({ id }) => id);
}

async function tellMuch(client: pg.Client, itemId: string, entries: number): Promise<void> {
  await client.query(
    `insert into timeline_entry (item_id, at, type, event_id, ref, words, person_name)
      select $1, now() - make_interval(mins => n), 'opora.tickets.v1.TicketOpened', gen_random_uuid(), gen_random_uuid()::text,
        jsonb_build_object('number', 'INC-' || n, 'subject', 'Не работает ' || n), 'Иван'
      from generate_series(1, $2::int) n`,
    [itemId, entries],
  );
  await client.query('analyze timeline_entry');
}
