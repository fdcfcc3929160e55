import type pg from 'pg';
import { drive, type Row } from '../benchmark.ts';
import type { BenchHub } from '../hub.ts';
import { lanes, samples, timeRequests, timeSql, toRow } from './ask.ts';
import type { Enterprise } from './enterprise.ts';

const teams = ['Сети', 'Виртуализация', 'Базы данных', 'Приложения'];

interface List {
  items: { id: string; name: string }[];
  next?: string;
}

const columns = 'id, source, key, class, name, attributes, lookups, state, provenance, version, created_at, updated_at';

export async function measureReads(hub: BenchHub, client: pg.Client, { items }: Enterprise): Promise<Row[]> {
  const list = (index: number, more = '') =>
    `/api/v1/cmdb/items?class=application&supportTeam=${encodeURIComponent(teams[index % teams.length] ?? '')}&sort=name&limit=50${more}`;
  const bare = await timeSql(
    client,
    'list',
    `select ${columns} from item where state = 'active' and class = 'application' and support_team = $1 order by name, id limit 51`,
    (index) => [teams[index % teams.length]],
  );
  const rows = [toRow('list of a class, filtered and sorted, page 1', await timeRequests(hub, (index) => list(index)), bare, 20)];

  let page = 1;
  let place: string | undefined;
  for (let { next }: List = await hub.get(list(0)); next !== undefined && page < 1_000; page++) {
    place = next;
    ({ next } = await hub.get<List>(list(0, `&after=${encodeURIComponent(place)}`)));
  }
  rows.push(toRow(`the same, page ${page}`, await timeRequests(hub, () => list(0, place && `&after=${encodeURIComponent(place)}`)), undefined, 20));

  const ids: string[] = [];
  for (const key of [0, 1, ...Array.from({ length: 198 }, (_, index) => index * Math.floor(items / 500))]) {
    const { items: found } = await hub.get<List>(`/api/v1/cmdb/items?source=bench&key=application-${key}`);
    if (found[0]) ids.push(found[0].id);
  }
  const idOf = (index: number) => ids[index % ids.length] ?? '';
  const withRelations = async (index: number) => {
    await Promise.all([hub.send('GET', `/api/v1/cmdb/items/${idOf(index)}`), hub.send('GET', `/api/v1/cmdb/relations?itemId=${idOf(index)}`)]);
  };
  await drive(50, lanes, withRelations);
  const related = await drive(samples, lanes, withRelations);
  const sql = `select 1 from item where id = $1 union all
    (select 1 from relation where from_id = $1 and state = 'active' order by type, to_id limit 51) union all
    (select 1 from relation where to_id = $1 and state = 'active' order by type, from_id limit 51)`;
  rows.push(
    toRow('item with its relations, hubs of many among them', related.each, await timeSql(client, 'related', sql, (index) => [idOf(index)]), 20),
  );

  // Names that there are, a word that thousands have, the beginning of an address; then what has a mistake or is nowhere.
  const words = (index: number) => {
    const place = (index * 37) % Math.floor(items / 4);
    return [`vm-${place}`, `vm ${place}`, 'портал', `10.32.${index % 200}.`, `wm-${place}`, 'пуртал', `rack-${place % 7} nowhere`][index % 7] ?? '';
  };
  const searched = await timeRequests(hub, (index) => `/api/v1/cmdb/items?q=${encodeURIComponent(words(index))}&limit=50`);
  rows.push(toRow('search', searched, undefined, 50));
  return rows;
}

/** One item that has changed very often. */
export async function measureHistory(hub: BenchHub, client: pg.Client, versions: number): Promise<Row[]> {
  const say = (version: number) =>
    hub.send(
      'POST',
      '/api/v1/cmdb/sources/single/items',
      JSON.stringify({
        items: [{ key: 'often', class: 'virtual_machine', name: 'often', attributes: { description: `the ${version}th` }, lookups: [] }],
      }),
    );
  const { outcomes } = JSON.parse((await say(0)).body) as { outcomes: { id: string }[] };
  const id = outcomes[0]?.id ?? '';
  const began = Date.now();
  for (let version = 1; version < versions; version++) await say(version);
  const took = Date.now() - began;
  const at = (index: number) => new Date(began + (took * (index % samples)) / samples);
  const sql = `select 1 from item where id = $1 and updated_at <= $2 union all select 1 from item_version where item_id = $1 and valid_from <= $2 and valid_to > $2`;
  const history = `/api/v1/cmdb/items/${id}/history?limit=50`;
  const { next = '' } = await hub.get<List>(history);
  return [
    toRow(
      `item as of a moment, of ${versions} versions`,
      await timeRequests(hub, (index) => `/api/v1/cmdb/items/${id}?asOf=${at(index).toISOString()}`),
      await timeSql(client, 'as-of', sql, (index) => [id, at(index)]),
      20,
    ),
    toRow(
      `history page of that item`,
      await timeRequests(hub, (index) => (index % 2 === 0 ? history : `${history}&after=${encodeURIComponent(next)}`)),
      await timeSql(
        client,
        'history',
        `select ${columns.replace('id, source, key', 'item_id').replace('created_at, updated_at', 'valid_from, valid_to')} from item_version where item_id = $1 order by version desc limit 51`,
        () => [id],
      ),
      20,
    ),
  ];
}
