import type pg from 'pg';
import { drive, milliseconds, type Row, spreadOf, thousands } from '../benchmark.ts';
import type { BenchHub } from '../hub.ts';
import { timeRequests, toRow } from './ask.ts';
import { type Enterprise, shares } from './enterprise.ts';

const depth = 6;
/** What an impact reaches at most. */
const cap = 5_000;

interface Named {
  id: string;
}

/** Questions about the graph: what breaks, and what is to be drawn. */
export async function measureGraph(hub: BenchHub, client: pg.Client, { items }: Enterprise): Promise<Row[]> {
  const starts = await findStarts(client, items);
  const hubs = await findHubs(client);
  const some = await findOfSize(client, starts, 330);
  const both = [...starts, ...hubs];
  const impactOf = (ids: readonly string[]) => (index: number) => `/api/v1/cmdb/items/${ids[index % ids.length]}/impact?depth=${depth}`;

  return [
    toTypical(
      `impact that reaches about ${some.size} of ${thousands(items)} items`,
      await timeRequests(hub, impactOf(some.ids), { atOnce: 1 }),
      await timeWalks(client, some.ids),
      5,
    ),
    toSpread(
      `impact, depth ${depth}, of ${starts.length} random items and the ${hubs.length} worst hubs, at most ${thousands(cap)} reached`,
      await timeRequests(hub, impactOf(both), { count: both.length * 2, atOnce: 1 }),
      await timeWalks(client, both),
    ),
    toRow(
      'a drawing of 500 nodes around an item, hubs among them',
      await timeRequests(hub, (index) => `/api/v1/cmdb/graph?item=${both[index % both.length]}&depth=3&limit=500`, { count: both.length * 2 }),
      undefined,
      30,
    ),
  ];
}

/** Keys of items of every layer, the same for the same size. */
export function drawStarts(items: number): string[] {
  return Array.from({ length: 200 }, (_, index) => {
    const layer = (['server', 'virtual_machine', 'application', 'rack'] as const)[index % 4] ?? 'server';
    return `${layer}-${Math.floor(((index * 0.618) % 1) * items * shares[layer])}`;
  });
}

async function findStarts(client: pg.Client, items: number): Promise<string[]> {
  const { rows } = await client.query<Named>(`select id from item where source = 'bench' and key = any($1) order by key`, [drawStarts(items)]);
  return rows.map(({ id }) => id);
}

/** Those on which most depends. */
async function findHubs(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<Named>(
    `select to_id as id from relation where state = 'active' and type = any($1) group by to_id order by count(*) desc, to_id limit 20`,
    [failing],
  );
  return rows.map(({ id }) => id);
}

/** Of the items those whose impact is nearest to a size. */
async function findOfSize(client: pg.Client, ids: readonly string[], wanted: number): Promise<{ ids: string[]; size: number }> {
  const sized: { id: string; size: number }[] = [];
  for (const id of ids) sized.push({ id, size: await walk(client, id) });
  const nearest = sized.sort((one, other) => Math.abs(one.size - wanted) - Math.abs(other.size - wanted)).slice(0, 5);
  return { ids: nearest.map(({ id }) => id), size: Math.round(nearest.reduce((sum, { size }) => sum + size, 0) / nearest.length) };
}

/** Types of the enterprise along which failure travels, all of them from `to` to `from`. */
const failing = ['depends_on', 'runs_on', 'located_in'];

/** The bare walk, level by level; gives how many items it reached. */
async function walk(client: pg.Client, start: string): Promise<number> {
  const seen = new Set([start]);
  for (let level = [start], distance = 1; distance <= depth && level.length > 0; distance++) {
    const { rows } = await client.query<[string]>({
      name: 'walk',
      text: `select distinct from_id from relation where to_id = any($1::uuid[]) and type = any($2) and state = 'active' limit $3`,
      values: [level, failing, cap + seen.size],
      rowMode: 'array',
    });
    level = rows.map(([id]) => id).filter((id) => !seen.has(id));
    for (const id of level) seen.add(id);
    if (seen.size > cap) return cap;
  }
  return seen.size - 1;
}

async function timeWalks(client: pg.Client, ids: readonly string[]): Promise<number[]> {
  const ask = (index: number) => walk(client, ids[index % ids.length] ?? '');
  await drive(50, 1, ask);
  return (await drive(Math.max(ids.length, 200), 1, ask)).each;
}

function toTypical(what: string, each: readonly number[], bare: readonly number[], most: number): Row {
  const row = toRow(what, each, bare, most);
  return { ...row, reach: `p50 < ${most} ms`, reached: spreadOf(each).p50 < most };
}

function toSpread(what: string, each: readonly number[], bare: readonly number[]): Row {
  const [{ p50, p99 }, floor] = [spreadOf(each), spreadOf(bare)];
  return {
    what,
    measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
    floor: `the bare SQL, level by level: p50 ${milliseconds(floor.p50)}, p99 ${milliseconds(floor.p99)}`,
    ratio: floor.p50 / p50,
    reach: 'p50 < 15 ms, p99 < 50 ms, ≤ 1.5 × the bare SQL',
    reached: p50 < 15 && p99 < 50 && p50 <= 1.5 * floor.p50,
  };
}
