import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Freeze } from '../domain/freeze.ts';

/** A freeze as it is kept; times are epoch milliseconds. */
export interface FreezeState extends Freeze {
  id: string;
  endedAt?: number;
  version: number;
  createdAt: number;
  updatedAt: number;
  /** Name of who changed it last. */
  updatedBy: string;
}

interface FreezeRow {
  id: string;
  name: string;
  from_at: Date;
  to_at: Date;
  scope: Freeze['scope'];
  reason: string | null;
  exemption: NonNullable<Freeze['exemption']> | null;
  ended_at: Date | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

export async function readFreezes(database: Database, where: Statement): Promise<FreezeState[]> {
  const rows = await database.query<FreezeRow>(
    sql`select id, name, from_at, to_at, scope, reason, exemption, ended_at, version, created_at, updated_at, updated_by from change_freeze where ${where}`,
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    from: row.from_at.getTime(),
    to: row.to_at.getTime(),
    scope: row.scope,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.exemption !== null && { exemption: row.exemption }),
    ...(row.ended_at !== null && { endedAt: row.ended_at.getTime() }),
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    updatedBy: row.updated_by,
  }));
}

/** Freezes that hold at some moment from `start` on and before `end` (epoch milliseconds); one that was ended holds until then. All, when neither is given. */
export function holdingWithin(start: number | undefined, end: number | undefined): Statement {
  const since = start === undefined ? null : new Date(start);
  const before = end === undefined ? null : new Date(end);
  return sql`(${before}::timestamptz is null or from_at < ${before}::timestamptz)
    and (${since}::timestamptz is null or (to_at > ${since}::timestamptz and (ended_at is null or ended_at > ${since}::timestamptz)))
    and (${start === undefined && end === undefined} or ended_at is null or ended_at > from_at)`;
}

/** Writes a freeze as it is from now on, if it still has the version before; otherwise the commit is a conflict. */
export function writeFreeze(freeze: FreezeState): Statement {
  const { id, name, from, to, scope, reason, exemption, endedAt, version, createdAt, updatedAt, updatedBy } = freeze;
  return exactly(
    1,
    sql`insert into change_freeze (id, name, from_at, to_at, scope, reason, exemption, ended_at, version, created_at, updated_at, updated_by)
      values (${id}, ${name}, ${new Date(from)}, ${new Date(to)}, ${JSON.stringify(scope)}::jsonb, ${reason ?? null},
        ${exemption ? JSON.stringify(exemption) : null}::jsonb, ${endedAt === undefined ? null : new Date(endedAt)}, ${version}, ${new Date(createdAt)},
        ${new Date(updatedAt)}, ${updatedBy})
      on conflict (id) do update set name = excluded.name, from_at = excluded.from_at, to_at = excluded.to_at, scope = excluded.scope, reason = excluded.reason,
        exemption = excluded.exemption, ended_at = excluded.ended_at, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by
        where change_freeze.version = excluded.version - 1
      returning 1`,
  );
}
