import neo4j from 'neo4j-driver';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { foldEvents } from './project-graph.ts';
import { inTransaction, nameOf, type ProjectedChanges, type Space } from './projection.ts';

/** What a projection says of itself. */
export interface ProjectionMark {
  /** All of the records are in it, and all that it waits for are later events. */
  complete: boolean;
  /** Milliseconds since whoever makes it last wrote. */
  silentFor: number;
  /** The version of the model by which failure travels in it. */
  model: number;
  /** The server that it was made for: events that it lacks are waited for under that name. */
  server: string;
  /** When the last event in it was announced, or it was begun to be made, in epoch milliseconds. */
  appliedTo: number;
  /** How much of it is made. */
  items: number;
  relations: number;
}

/** How far a projection is behind the log of events. */
export interface Lag {
  /** Of the newest changes, those that are not in it. */
  missing: number;
  /** Since the oldest change that is known not to be in it. */
  seconds: number;
  /** Later events of the log than the last one in it, of which not all need be changes of the graph. */
  events: number;
}

const mostChanges = 200;

/** Undefined where there is no projection, as on a new server. */
export async function readMark(space: Space): Promise<ProjectionMark | undefined> {
  return inTransaction(space, 'READ', async (tx) => {
    const { records } = await tx.run(
      `match (projection:Projection {of: $of})
        return projection.complete as complete, timestamp() - projection.beat as silentFor, coalesce(projection.model, 1) as model,
          coalesce(projection.server, $server) as server, coalesce(projection.appliedTo.epochMillis, 0) as appliedTo,
          coalesce(projection.items, 0) as items, coalesce(projection.relations, 0) as relations`,
      { of: space.label, server: nameOf(space) },
    );
    return records[0]?.toObject() as ProjectionMark | undefined;
  });
}

/**
 * Whether the newest changes of the log that are older than `grace` milliseconds are all in the projection: they are of many keys, so that a partition that stands
 * still is seen. Undefined when they are.
 */
export async function findLag(
  space: Space,
  database: Database,
  { appliedTo }: Pick<ProjectionMark, 'appliedTo'>,
  grace: number,
): Promise<Lag | undefined> {
  const rows = await database.query<Pick<CmdbEvent, 'type' | 'data' | 'time'>>(
    sql`select type, data, time from bus_log where appended_at < clock_timestamp() - make_interval(secs => ${grace / 1000}::float8) order by pos desc limit ${mostChanges}::int`,
  );
  const missing = await findMissing(space, foldEvents(rows as CmdbEvent[]));
  if (missing.size === 0) return undefined;
  const moments = rows.flatMap(({ data, time }) => (missing.has(idOf(data)) ? [new Date(time).getTime()] : []));
  const later = await findLater(database, appliedTo);
  const since = Math.min(...moments, later.since);
  return { missing: missing.size, seconds: secondsSince(since), events: Math.max(missing.size, later.count) };
}

export function secondsSince(moment: number): number {
  return Math.max(0, Math.round((Date.now() - moment) / 1000));
}

function idOf(data: CmdbEvent['data']): string {
  if ('itemId' in data) return data.itemId;
  return 'relationId' in data ? data.relationId : '';
}

/** The ids of those states of which neither this nor a newer one is in the projection. */
async function findMissing(space: Space, { items, relations }: ProjectedChanges): Promise<Set<string>> {
  return inTransaction(space, 'READ', async (tx) => {
    const found = await tx.run(`unwind $rows as row match (item:${space.label} {id: row.id}) where item.version >= row.version return row.id as id`, {
      rows: items.map(({ id, version }) => ({ id, version: neo4j.int(version) })),
    });
    const foundRelations = await tx.run(
      `unwind $rows as row match (a:${space.label} {id: row.fromId}), (b:${space.label} {id: row.toId})
        match (a)-[relation {id: row.id}]->(b) where relation.version >= row.version return row.id as id`,
      { rows: relations.map(({ id, version, fromId, toId }) => ({ id, fromId, toId, version: neo4j.int(version) })) },
    );
    const there = new Set([...found.records, ...foundRelations.records].map((record) => record.get('id') as string));
    return new Set([...items, ...relations].flatMap(({ id }) => (there.has(id) ? [] : [id])));
  });
}

/** Rows of the log that came after a moment, and when the first of them did: their times rise with their positions, so that it is found by halving. */
export async function findLater(database: Database, moment: number): Promise<{ count: number; since: number }> {
  const [ends] = await database.query<{ first: number; last: number }>(
    sql`select coalesce(min(pos), 1)::float8 as first, coalesce(max(pos), 0)::float8 as last from bus_log`,
  );
  const last = ends?.last ?? 0;
  let from = ends?.first ?? 1;
  let to = last + 1;
  let since = Number.POSITIVE_INFINITY;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const [row] = await database.query<{ time: Date }>(sql`select time from bus_log where pos >= ${middle}::bigint order by pos limit 1`);
    const time = row ? new Date(row.time).getTime() : Number.POSITIVE_INFINITY;
    if (time > moment) {
      to = middle;
      since = time;
    } else from = middle + 1;
  }
  return { count: last - from + 1, since };
}
