import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import { identify, type RelationEnds, type RelationState } from '../domain/relation.ts';
import type { Sight } from '../rights/rights.ts';
import type { Author } from './item-store.ts';

interface RelationRow {
  id: string;
  type: string;
  from_id: string;
  to_id: string;
  source: string;
  state: RelationState['state'];
  unauthorised: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

export async function readRelations(database: Database, where: Statement): Promise<RelationState[]> {
  return query(
    database,
    sql`select id, type, from_id, to_id, source, state, unauthorised, version, created_at, updated_at from relation where ${where}`,
  );
}

/** The relations between these ends, removed ones too, by their identity. */
export async function readRelationsBetween(database: Database, ends: readonly RelationEnds[]): Promise<Map<string, RelationState>> {
  const relations = await query(
    database,
    sql`select r.id, r.type, r.from_id, r.to_id, r.source, r.state, r.unauthorised, r.version, r.created_at, r.updated_at
      from unnest(${ends.map(({ fromId }) => fromId)}::uuid[], ${ends.map(({ type }) => type)}::text[], ${ends.map(({ toId }) => toId)}::uuid[])
        as e(from_id, type, to_id) join relation r on r.from_id = e.from_id and r.type = e.type and r.to_id = e.to_id`,
  );
  return new Map(relations.map((relation) => [identify(relation), relation]));
}

/** Where a page of an item's relations ended. */
export interface RelationPlace {
  side: 'out' | 'in';
  type: string;
  otherId: string;
}

/** Active relations of an item after `place`: those that begin there before those that end there, each by type. No more of them are read than the page has. */
export async function readRelationsOf(
  database: Database,
  itemId: string,
  { place, type, limit, sight }: { place?: RelationPlace; type?: string; limit: number; sight: Sight },
): Promise<RelationState[]> {
  const ofType = type === undefined ? sql`` : sql`and type = ${type}`;
  const page = (side: RelationPlace['side'], own: Statement, other: Statement) => {
    const after = place?.side === side ? sql`and (type, ${other}) > (${place.type}, ${place.otherId}::uuid)` : sql``;
    return sql`(select id, type, from_id, to_id, source, state, unauthorised, version, created_at, updated_at from relation
      where ${own} = ${itemId} and state = 'active' ${ofType} ${after} and ${sight.relationsOf(itemId, sql`relation.${other}`)} order by type, ${other} limit ${limit}::int)`;
  };
  const sides = [...(place?.side === 'in' ? [] : [page('out', sql`from_id`, sql`to_id`)]), page('in', sql`to_id`, sql`from_id`)];
  return (await Promise.all(sides.map((side) => query(database, side)))).flat().slice(0, limit);
}

/** How many active relations there are of each type at each end, by `type id`. */
export async function countRelations(database: Database, ends: readonly RelationEnds[]): Promise<Record<'from' | 'to', Map<string, number>>> {
  const types = [...new Set(ends.map(({ type }) => type))];
  const count = async (own: Statement, ids: readonly string[]) => {
    const rows = await database.query<{ type: string; id: string; count: number }>(
      sql`select type, ${own} as id, count(*)::int as count from relation
        where ${own} = any(${ids}::uuid[]) and type = any(${types}::text[]) and state = 'active' group by type, ${own}`,
    );
    return new Map(rows.map((row) => [`${row.type} ${row.id}`, row.count]));
  };
  const [from, to] = await Promise.all([
    count(
      sql`from_id`,
      ends.map(({ fromId }) => fromId),
    ),
    count(
      sql`to_id`,
      ends.map(({ toId }) => toId),
    ),
  ]);
  return { from, to };
}

/**
 * Writes relations, new or moved on by one version, with their history. The ends of those that become active must be active items and stay so until
 * this is committed; otherwise, or when somebody else wrote meanwhile, the commit is a conflict. `held`: items that the same commit writes, and so holds.
 */
export function writeRelations(relations: readonly RelationState[], author: Author, held: readonly string[] = []): Statement[] {
  const created = relations.filter(({ version }) => version === 1);
  const revised = relations.filter(({ version }) => version > 1);
  const ends = [...new Set(relations.filter(({ state }) => state === 'active').flatMap(({ fromId, toId }) => [fromId, toId]))].filter(
    (id) => !held.includes(id),
  );
  const statements: Statement[] = [];
  if (ends.length > 0) statements.push(holdItems(ends));
  if (revised.length > 0) statements.push(updateRelations(revised, author), keepVersions(revised));
  if (created.length > 0) statements.push(insertRelations(created, author));
  return statements;
}

/** A retirement waits for those who relate the item at the same moment, or they find it retired. */
function holdItems(ids: readonly string[]): Statement {
  return exactly(ids.length, sql`select 1 from (select id from item where id = any(${ids}::uuid[]) and state = 'active' order by id for share) held`);
}

/** Arrays, because a row of JSON costs PostgreSQL a third of all that the row does. */
function insertRelations(relations: readonly RelationState[], { actorId, actorName, traceId, changeSetId, reason }: Author): Statement {
  return sql`insert into relation (id, type, from_id, to_id, source, state, unauthorised, version, created_at, updated_at, actor_id, actor_name, trace_id,
      change_set_id, reason)
    select id, type, from_id, to_id, source, state, unauthorised, 1, created_at, updated_at,
      ${actorId}::text, ${actorName}::text, ${traceId ?? null}::text, ${changeSetId ?? null}::uuid, ${reason ?? null}::text
    from unnest(${relations.map(({ id }) => id)}::uuid[], ${relations.map(({ type }) => type)}::text[], ${relations.map(({ fromId }) => fromId)}::uuid[],
      ${relations.map(({ toId }) => toId)}::uuid[], ${relations.map(({ source }) => source)}::text[], ${relations.map(({ state }) => state)}::text[],
      ${relations.map(({ unauthorised = false }) => unauthorised)}::boolean[],
      ${relations.map(({ createdAt }) => new Date(createdAt).toISOString())}::timestamptz[],
      ${relations.map(({ updatedAt }) => new Date(updatedAt).toISOString())}::timestamptz[])
      as n(id, type, from_id, to_id, source, state, unauthorised, created_at, updated_at) order by from_id, type, to_id`;
}

function updateRelations(relations: readonly RelationState[], { actorId, actorName, traceId, changeSetId, reason }: Author): Statement {
  return exactly(
    relations.length,
    sql`update relation r set source = n.source, state = n.state, unauthorised = n.unauthorised, version = n.version, updated_at = n.updated_at, actor_id = ${actorId}::text,
        actor_name = ${actorName}::text, trace_id = ${traceId ?? null}::text, change_set_id = ${changeSetId ?? null}::uuid, reason = ${reason ?? null}::text
      from json_populate_recordset(null::relation, ${JSON.stringify(relations.map(toRow))}::json) n
      where r.id = n.id and r.version = n.version - 1 and (select count(*) from
        (select id from relation where id = any(${relations.map(({ id }) => id)}::uuid[]) order by id for update) locked) > 0 returning 1`,
  );
}

/** The versions that end now, as they stand: every part of one statement sees the rows as they were before it. */
function keepVersions(relations: readonly RelationState[]): Statement {
  return exactly(
    relations.length,
    sql`insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, trace_id, change_set_id,
        reason, unauthorised)
      select r.id, r.version, r.updated_at, n.valid_to, r.from_id, r.to_id, r.source, r.state, r.actor_id, r.actor_name, r.trace_id, r.change_set_id,
        r.reason, r.unauthorised
      from unnest(${relations.map(({ id }) => id)}::uuid[], ${relations.map(({ version }) => version - 1)}::int[],
        ${relations.map(({ updatedAt }) => new Date(updatedAt))}::timestamptz[]) as n(id, version, valid_to)
        join relation r on r.id = n.id and r.version = n.version returning 1`,
  );
}

async function query(database: Database, statement: Statement): Promise<RelationState[]> {
  const rows = await database.query<RelationRow>(statement);
  return rows.map(({ from_id, to_id, created_at, updated_at, ...row }) => ({
    ...row,
    fromId: from_id,
    toId: to_id,
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
  }));
}

function toRow(relation: RelationState) {
  return {
    id: relation.id,
    type: relation.type,
    from_id: relation.fromId,
    to_id: relation.toId,
    source: relation.source,
    state: relation.state,
    unauthorised: relation.unauthorised ?? false,
    version: relation.version,
    created_at: new Date(relation.createdAt),
    updated_at: new Date(relation.updatedAt),
  };
}
