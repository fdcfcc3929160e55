import type { Cut } from '../../generated/opora/cmdb/v1/graph.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { buildNet, type FailureNet, type NetItem } from '../domain/graph/failure-net.ts';
import type { Evidence } from '../domain/graph/find-causes.ts';
import type { Hop } from '../domain/graph/find-paths.ts';
import { readRedundancy } from '../domain/impact/redundancy.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { lifecycleState, phaseOf } from '../domain/model/lifecycle-attribute.ts';
import { type FirstEdge, selectFirstEdges } from '../graph/select-first-edges.ts';

/** Items of a net; relations of one item on one way, and of one level. */
const mostItems = 5_000;
const mostOfItem = 1_000;
const mostOfLevel = 20_000;
/** Relations of an item that are looked at for a change: what has more of them changes all the time. */
const mostLookedAt = 200;

export interface NetQuestion {
  model: CompiledModel;
  /** Steps against the direction of failure. */
  depth: number;
  /** Until when to go further (`performance.now()`). */
  until: number;
  /** As it was at this moment (epoch milliseconds). */
  at?: number | undefined;
  /** Changes after this moment (epoch milliseconds) are evidence. */
  since: number;
}

/** All on which these items depend, level by level, with what must be known of it, and what was changed of the items lately. */
export async function readFailureNet(
  database: Database,
  ids: readonly string[],
  question: NetQuestion,
): Promise<{ net: FailureNet; evidence: Map<string, Evidence>; cuts: Cut[] }> {
  const { model, depth, until, at } = question;
  const known = new Set(ids);
  const hops: Hop[] = [];
  const cuts: Cut[] = [];
  let level = [...known];
  for (let distance = 1; distance <= depth && level.length > 0; distance++) {
    if (performance.now() > until) {
      cuts.push({ by: 'time', message: `The time was over after ${distance - 1} steps.` });
      break;
    }
    const read = await readBack(database, level, model, at);
    const further = [...new Set(read.hops.map(({ from }) => from))].filter((id) => !known.has(id)).sort();
    if (read.hops.length > mostOfLevel || known.size + further.length > mostItems) {
      cuts.push({
        by: 'items',
        message: `There is more than ${mostItems} items to depend on: what is ${distance} or more steps away was not looked at.`,
      });
      break;
    }
    if (read.isCut) cuts.push({ by: 'items', message: `Of items that depend on more than ${mostOfItem} others only the first were looked at.` });
    hops.push(...read.hops);
    for (const id of further) known.add(id);
    level = further;
  }
  const { items, evidence } = await readItems(database, [...known], question);
  return { net: buildNet(hops, items, (type) => model.relationTypes.get(type)?.weight ?? 1), evidence, cuts };
}

/** The hops by which failure comes to these items. */
async function readBack(database: Database, ids: readonly string[], { failureTypes }: CompiledModel, at?: number) {
  const sides = await Promise.all(
    (['in', 'out'] as const).map(async (way) => {
      const types = way === 'in' ? failureTypes.forward : failureTypes.backward;
      const edges = selectFirstEdges(ids, { way, types, most: mostOfItem + 1, at });
      const read = await database.query<FirstEdge>(sql`select * from (${edges}) edge limit ${mostOfLevel + 1}::int`);
      const counts = new Map<string, number>();
      for (const { from, ended } of read) counts.set(`${from} ${ended}`, (counts.get(`${from} ${ended}`) ?? 0) + 1);
      const fitting = read.filter(({ fits }) => fits);
      return {
        hops: fitting.map(({ from, to, type }): Hop => ({ from: to, to: from, type, way: way === 'in' ? 'out' : 'in' })),
        isCut: [...counts.values()].some((count) => count > mostOfItem),
      };
    }),
  );
  return { hops: sides.flatMap(({ hops }) => hops), isCut: sides.some(({ isCut }) => isCut) };
}

interface ItemRow {
  id: string;
  class: string;
  state: string;
  lifecycle: string | null;
  redundancy: unknown;
  version: number;
  since: Date;
}

/** That an item came into being is no change of it. */
async function readItems(database: Database, ids: readonly string[], { model, at, since }: NetQuestion) {
  const present = sql`select id, class, state, lifecycle_state as lifecycle, redundancy, version, updated_at as since from item where id = any(${ids}::uuid[])`;
  const moment = new Date(at ?? 0);
  const past = sql`${present} and updated_at <= ${moment} union all
    select item_id, class, state, attributes ->> ${lifecycleState}, attributes -> 'redundancy', version, valid_from from item_version
    where item_id = any(${ids}::uuid[]) and valid_from <= ${moment} and valid_to > ${moment}`;
  const rows = await database.query<ItemRow>(at === undefined ? present : past);
  const items = new Map<string, NetItem>();
  const evidence = new Map<string, Evidence>();
  for (const row of rows) {
    const phase = row.state === 'retired' ? 'retired' : phaseOf(model.classes.get(row.class), { [lifecycleState]: row.lifecycle });
    items.set(row.id, { phase, needs: readRedundancy(row.redundancy) });
    if (row.version > 1 && row.since.getTime() > since) evidence.set(row.id, { changedAt: row.since.getTime() });
  }
  return { items, evidence };
}

/**
 * When a relation of each of these items last came, ended or changed between two moments (epoch milliseconds); not told where it came with the item itself. Of what now is
 * only the first 200 relations of an item are looked at, each way.
 */
export async function readRelationChanges(database: Database, ids: readonly string[], since: number, at: number): Promise<Map<string, number>> {
  const rows = await database.query<{ id: string; changed: Date }>(selectRelationChanges(ids, new Date(since), new Date(at)));
  return new Map(rows.map(({ id, changed }) => [id, changed.getTime()]));
}

export function selectRelationChanges(ids: readonly string[], since: Date, at: Date): Statement {
  const changes = (own: Statement) => sql`
    select updated_at as moment from (select updated_at from relation where ${own} = item.id and state = 'active' limit ${mostLookedAt}::int) now
      where updated_at > ${since} and updated_at <= ${at}
    union all (select valid_to from relation_version where ${own} = item.id and valid_to > ${since} and valid_to <= ${at} order by valid_to desc limit 1)
    union all select valid_from from (select valid_from from relation_version where ${own} = item.id and valid_to > ${at} order by valid_to limit ${mostLookedAt}::int) was
      where valid_from > ${since} and valid_from <= ${at}`;
  return sql`select item.id, max(change.moment) as changed from item cross join lateral (${changes(sql`from_id`)} union all ${changes(sql`to_id`)}) change
    where item.id = any(${ids}::uuid[]) and item.created_at <= ${since} group by item.id`;
}
