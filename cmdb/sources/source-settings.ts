import { Duration } from 'luxon';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';

/** How the hub treats a source. */
export interface SourceSettings {
  name: string;
  /** How long what a snapshot did not name is waited for, in milliseconds. */
  grace: number;
  /** A snapshot that would retire more than this share of what is known waits for a person. */
  mostRetired: number;
  heardAt?: number;
  /** 0: nobody has set anything. */
  version: number;
  createdAt: number;
  updatedAt: number;
}

const usual = { grace: 24 * 3_600_000, mostRetired: 0.1 };

interface SettingsRow {
  name: string;
  grace: number;
  most_retired: number;
  heard_at: Date | null;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** What is set for a source; the usual when nothing is. */
export async function findSettings(database: Database, name: string, now: number): Promise<SourceSettings> {
  const [row] =
    await database.query<SettingsRow>(sql`select name, (extract(epoch from grace) * 1000)::float8 as grace, most_retired, heard_at, version, created_at, updated_at
    from source where name = ${name}`);
  if (!row) return { name, ...usual, version: 0, createdAt: now, updatedAt: now };
  return {
    name,
    grace: row.grace,
    mostRetired: row.most_retired,
    ...(row.heard_at && { heardAt: row.heard_at.getTime() }),
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
  };
}

export async function changeSettings<Answer>(
  database: Database,
  { name, grace, mostRetired }: { name: string; grace?: string; mostRetired?: number },
  call: Call,
  answer: (settings: SourceSettings) => Answer,
): Promise<Answer> {
  const before = await findSettings(database, name, call.now);
  const after: SourceSettings = {
    ...before,
    ...(grace !== undefined && { grace: readPeriod(grace) }),
    ...(mostRetired !== undefined && { mostRetired }),
    version: before.version + 1,
    updatedAt: call.now,
  };
  return call.commit({ statements: [writeSettings(after)] }, answer(after));
}

function readPeriod(text: string): number {
  const period = Duration.fromISO(text);
  if (period.isValid && period.toMillis() >= 0) return period.toMillis();
  throw new AppError('invalid_input', 'The period cannot be read.', {
    violations: [{ pointer: '/grace', message: 'must be a period of ISO 8601: P1D, PT12H' }],
  });
}

function writeSettings({ name, grace, mostRetired, version, createdAt, updatedAt }: SourceSettings): Statement {
  return exactly(
    1,
    sql`insert into source (name, grace, most_retired, version, created_at, updated_at)
      values (${name}, ${grace / 1000}::float8 * interval '1 second', ${mostRetired}::float8, ${version}::int, ${new Date(createdAt)}, ${new Date(updatedAt)})
      on conflict (name) do update set grace = excluded.grace, most_retired = excluded.most_retired, version = excluded.version, updated_at = excluded.updated_at
        where source.version = excluded.version - 1 returning 1`,
  );
}

/** The source spoke of all that it knows. It makes no version: nobody has set anything. */
export function noteHeard(name: string, at: number): Statement {
  return sql`insert into source (name, grace, most_retired, heard_at, version, created_at, updated_at)
    values (${name}, ${usual.grace / 1000}::float8 * interval '1 second', ${usual.mostRetired}::float8, ${new Date(at)}, 0, ${new Date(at)}, ${new Date(at)})
    on conflict (name) do update set heard_at = greatest(source.heard_at, excluded.heard_at)`;
}
