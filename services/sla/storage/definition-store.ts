import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { ClockKind, Pinned } from '../domain/clock.ts';

/** One version of a definition. Targets are milliseconds of working time. */
export interface DefinitionState extends Pinned {
  name: string;
  condition: string;
  /** The lowest is tried first. */
  rank: number;
  targets: Partial<Record<ClockKind, number>>;
  calendarId: string;
  active: boolean;
  createdAt: number;
  updatedAt: number;
  /** Name of who made this version. */
  updatedBy: string;
}

interface DefinitionRow extends Pinned {
  name: string;
  condition: string;
  rank: number;
  response_target: string | null;
  resolution_target: string | null;
  calendar_id: string;
  active: boolean;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

/** The newest version of each definition that fits `where`, in the order in which they are tried. */
export async function readDefinitions(database: Database, where: Statement, limit = 10_000): Promise<DefinitionState[]> {
  const rows = await database.query<DefinitionRow>(
    sql`select * from (select distinct on (id) * from definition order by id, version desc) as newest
      where ${where} order by rank, id limit ${limit}`,
  );
  return rows.map(toState);
}

/** Adds a version. Two that add the same one conflict: the key is id and version. */
export function insertDefinition(definition: DefinitionState): Statement {
  const { id, version, name, condition, rank, targets, calendarId, active, createdAt, updatedAt, updatedBy } = definition;
  return sql`insert into definition
    (id, version, name, condition, rank, response_target, resolution_target, calendar_id, active, created_at, updated_at, updated_by)
    values (${id}, ${version}, ${name}, ${condition}, ${rank}, ${targets.response ?? null}, ${targets.resolution ?? null}, ${calendarId}, ${active},
      ${new Date(createdAt)}, ${new Date(updatedAt)}, ${updatedBy})`;
}

function toState({ response_target, resolution_target, calendar_id, created_at, updated_at, updated_by, ...row }: DefinitionRow): DefinitionState {
  return {
    ...row,
    targets: {
      ...(response_target !== null && { response: Number(response_target) }),
      ...(resolution_target !== null && { resolution: Number(resolution_target) }),
    },
    calendarId: calendar_id,
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
    updatedBy: updated_by,
  };
}
