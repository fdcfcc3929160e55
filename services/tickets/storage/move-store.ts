import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { StatusMapping } from '../domain/move-ticket.ts';

/** How far running tickets are on their way to another version of their lifecycle. Times are epoch milliseconds. */
export interface MoveState {
  id: string;
  lifecycle: string;
  toVersion: number;
  statuses: StatusMapping;
  state: 'running' | 'done';
  /** The last ticket that was looked at, in the order of ids. */
  place: string;
  moved: number;
  version: number;
  createdAt: number;
  updatedAt: number;
  actorId: string;
  actorName: string;
}

interface MoveRow {
  id: string;
  lifecycle: string;
  to_version: number;
  statuses: StatusMapping;
  state: MoveState['state'];
  place: string;
  moved: number;
  version: number;
  created_at: Date;
  updated_at: Date;
  actor_id: string;
  actor_name: string;
}

export async function readMove(database: Database, id: string): Promise<MoveState | undefined> {
  const [row] = await database.query<MoveRow>(sql`select * from lifecycle_move where id = ${id}`);
  if (!row) return undefined;
  const { to_version, created_at, updated_at, actor_id, actor_name, ...rest } = row;
  return {
    ...rest,
    toVersion: to_version,
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
    actorId: actor_id,
    actorName: actor_name,
  };
}

/** Two moves of one lifecycle that run at once conflict. */
export function insertMove(move: MoveState): Statement {
  const { id, lifecycle, toVersion, statuses, state, place, moved, version, createdAt, updatedAt, actorId, actorName } = move;
  return sql`insert into lifecycle_move (id, lifecycle, to_version, statuses, state, place, moved, version, created_at, updated_at, actor_id, actor_name)
    values (${id}, ${lifecycle}, ${toVersion}::int, ${JSON.stringify(statuses)}::jsonb, ${state}, ${place}, ${moved}::int, ${version}::int,
      ${new Date(createdAt)}, ${new Date(updatedAt)}, ${actorId}, ${actorName})`;
}

/** Writes how far a move is, if it still has the version before; otherwise the commit is a conflict. */
export function updateMove({ id, state, place, moved, version, updatedAt }: MoveState): Statement {
  return exactly(
    1,
    sql`update lifecycle_move set state = ${state}, place = ${place}, moved = ${moved}::int, version = ${version}::int, updated_at = ${new Date(updatedAt)}
      where id = ${id} and version = ${version - 1}::int returning 1`,
  );
}

/** The ticket so many further on in the order of ids, before `end`; undefined when there are not so many. */
export async function readPlaceAfter(database: Database, place: string, end: string, count: number): Promise<string | undefined> {
  const [row] = await database.query<{ id: string }>(
    sql`select id from ticket where id > ${place} and id < ${end} order by id offset ${count - 1}::int limit 1`,
  );
  return row?.id;
}
