import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Migration } from '../domain/model/migration.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import type { Author } from '../storage/item-store.ts';

/** A version of the model without what it says. */
export interface ModelVersionHead extends Author {
  version: number;
  note?: string;
  /** Epoch milliseconds. */
  publishedAt: number;
  /** When its migrations were carried out on all items; undefined while they are. */
  migratedAt?: number;
  migratedItems: number;
}

export interface ModelVersionState extends ModelVersionHead {
  definition: ModelDefinition;
  migrations: Migration[];
  /** Attributes that no class declares any more, and that were sensitive. */
  onceSensitive?: readonly string[];
}

interface HeadRow {
  version: number;
  note: string | null;
  published_at: Date;
  actor_id: string;
  actor_name: string;
  trace_id: string | null;
  migrated_at: Date | null;
  migrated_items: number;
}

type VersionRow = HeadRow & Pick<ModelVersionState, 'definition' | 'migrations'> & { once_sensitive: string[] };

/** The number of the version that holds; 0 when there is none. */
export async function readNewestVersion(database: Database): Promise<number> {
  const [row] = await database.query<{ version: number }>(sql`select version from model_version order by version desc limit 1`);
  return row?.version ?? 0;
}

export async function readModelVersion(database: Database, version: number): Promise<ModelVersionState | undefined> {
  const [row] = await database.query<VersionRow>(sql`select * from model_version where version = ${version}::int`);
  return row && toState(row);
}

/** Versions below `before`, newest first. */
export async function readModelVersions(database: Database, before: number, limit: number): Promise<ModelVersionHead[]> {
  const rows = await database.query<HeadRow>(
    sql`select version, note, published_at, actor_id, actor_name, trace_id, migrated_at, migrated_items from model_version
      where version < ${before}::int order by version desc limit ${limit}::int`,
  );
  return rows.map(toHead);
}

/** The oldest version whose migrations are not carried out on all items. */
export async function readMigratingVersion(database: Database): Promise<ModelVersionState | undefined> {
  const [row] = await database.query<VersionRow>(sql`select * from model_version where migrated_at is null order by version limit 1`);
  return row && toState(row);
}

/** Two that publish the same version conflict: the key is its number. */
export function insertModelVersion(state: ModelVersionState): Statement {
  const { version, definition, migrations, note, publishedAt, actorId, actorName, traceId, migratedAt, migratedItems, onceSensitive = [] } = state;
  return sql`insert into model_version (version, definition, migrations, note, published_at, actor_id, actor_name, trace_id, migrated_at, migrated_items,
      once_sensitive)
    values (${version}::int, ${JSON.stringify(definition)}::json, ${JSON.stringify(migrations)}::json, ${note ?? null}, ${new Date(publishedAt)}, ${actorId},
      ${actorName}, ${traceId ?? null}, ${migratedAt === undefined ? null : new Date(migratedAt)}, ${migratedItems}::int, ${onceSensitive})`;
}

export function noteMigrated(version: number, items: number): Statement {
  return sql`update model_version set migrated_items = migrated_items + ${items}::int where version = ${version}::int`;
}

export function finishMigrating(version: number, now: number): Statement {
  return exactly(1, sql`update model_version set migrated_at = ${new Date(now)} where version = ${version}::int and migrated_at is null returning 1`);
}

/** The model that the program before this one came with; undefined when this is the first. */
export async function readLastShipped(database: Database): Promise<{ hash: string; definition: ModelDefinition } | undefined> {
  const [row] = await database.query<{ hash: string; definition: ModelDefinition }>(
    sql`select hash, definition from model_shipped order by seen_at desc, hash limit 1`,
  );
  return row;
}

export async function isKnownShipped(database: Database, hash: string): Promise<boolean> {
  return (await database.query(sql`select 1 from model_shipped where hash = ${hash}`)).length > 0;
}

/** Two processes that start together with the same model conflict. */
export function insertShipped(hash: string, definition: ModelDefinition, now: number): Statement {
  return sql`insert into model_shipped (hash, definition, seen_at) values (${hash}, ${JSON.stringify(definition)}::json, ${new Date(now)})`;
}

function toHead({ version, note, published_at, actor_id, actor_name, trace_id, migrated_at, migrated_items }: HeadRow): ModelVersionHead {
  return {
    version,
    ...(note !== null && { note }),
    publishedAt: published_at.getTime(),
    actorId: actor_id,
    actorName: actor_name,
    ...(trace_id !== null && { traceId: trace_id }),
    ...(migrated_at !== null && { migratedAt: migrated_at.getTime() }),
    migratedItems: migrated_items,
  };
}

function toState(row: VersionRow): ModelVersionState {
  return { ...toHead(row), definition: row.definition, migrations: row.migrations, onceSensitive: row.once_sensitive };
}
