import type { Database } from '../postgres/database.ts';
import { exactly, type Statement, sql } from '../postgres/sql.ts';
import type { DefinitionHead, DefinitionName, DraftState, VersionHead, VersionState } from './definition.ts';

interface VersionRow {
  kind: string;
  name: string;
  version: number;
  content: unknown;
  comment: string | null;
  rolled_back_to: number | null;
  published_at: Date;
  actor_id: string;
  actor_name: string;
}

interface DraftRow {
  kind: string;
  name: string;
  base: number;
  content: unknown;
  version: number;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

/** The version that holds, or the given one. */
export async function readVersion(database: Database, { kind, name }: DefinitionName, version?: number): Promise<VersionState | undefined> {
  const [row] = await database.query<VersionRow>(
    sql`select * from definition_version where kind = ${kind} and name = ${name} and (${version ?? null}::int is null or version = ${version ?? null}::int)
      order by version desc limit 1`,
  );
  return row && { ...toHead(row), content: row.content };
}

/** The number of the version that holds; 0 when there is none. */
export async function readNewest(database: Database, { kind, name }: DefinitionName): Promise<number> {
  const [row] = await database.query<{ version: number }>(
    sql`select version from definition_version where kind = ${kind} and name = ${name} order by version desc limit 1`,
  );
  return row?.version ?? 0;
}

/** Versions below `before`, newest first. */
export async function readVersions(database: Database, { kind, name }: DefinitionName, before: number, limit: number): Promise<VersionHead[]> {
  const rows = await database.query<VersionRow>(
    sql`select kind, name, version, comment, rolled_back_to, published_at, actor_id, actor_name from definition_version
      where kind = ${kind} and name = ${name} and version < ${before}::int order by version desc limit ${limit}::int`,
  );
  return rows.map(toHead);
}

/** Names of the definitions of a kind of which a version holds. */
export async function readNames(database: Database, kind: string): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ name: string }>(sql`select distinct name from definition_version where kind = ${kind}`);
  return new Set(rows.map(({ name }) => name));
}

/** Definitions of a kind after a name, those that are only drafts too. */
export async function readHeads(database: Database, kind: string, after: string, limit: number): Promise<DefinitionHead[]> {
  const rows = await database.query<{
    name: string;
    version: number | null;
    published_at: Date | null;
    actor_name: string | null;
    has_draft: boolean;
  }>(
    sql`select name, v.version, v.published_at, v.actor_name, d.base is not null as has_draft
      from (select distinct on (name) name, version, published_at, actor_name from definition_version
        where kind = ${kind} and name > ${after} order by name, version desc limit ${limit}::int) v
      full join (select name, base from definition_draft where kind = ${kind} and name > ${after} order by name limit ${limit}::int) d using (name)
      order by name limit ${limit}::int`,
  );
  return rows.map(({ name, version, published_at, actor_name, has_draft }) => ({
    name,
    ...(version !== null && { newest: { version, publishedAt: published_at?.getTime() ?? 0, publishedBy: actor_name ?? '' } }),
    hasDraft: has_draft,
  }));
}

/** Two that publish the same version conflict: the key is its number. */
export function insertVersion(state: VersionState): Statement {
  const { kind, name, version, content, comment, rolledBackTo, publishedAt, actorId, actorName } = state;
  return sql`insert into definition_version (kind, name, version, content, comment, rolled_back_to, published_at, actor_id, actor_name)
    values (${kind}, ${name}, ${version}::int, ${JSON.stringify(content)}::json, ${comment ?? null}, ${rolledBackTo ?? null}::int, ${new Date(publishedAt)},
      ${actorId}, ${actorName})`;
}

export async function readDraft(database: Database, { kind, name }: DefinitionName): Promise<DraftState | undefined> {
  const [row] = await database.query<DraftRow>(sql`select * from definition_draft where kind = ${kind} and name = ${name}`);
  if (!row) return undefined;
  const { created_at, updated_at, updated_by, ...rest } = row;
  return { ...rest, createdAt: created_at.getTime(), updatedAt: updated_at.getTime(), updatedBy: updated_by };
}

/** Two that begin a draft of one definition conflict. */
export function insertDraft({ kind, name, base, content, version, createdAt, updatedAt, updatedBy }: DraftState): Statement {
  return sql`insert into definition_draft (kind, name, base, content, version, created_at, updated_at, updated_by)
    values (${kind}, ${name}, ${base}::int, ${JSON.stringify(content)}::json, ${version}::int, ${new Date(createdAt)}, ${new Date(updatedAt)}, ${updatedBy})`;
}

/** Writes a draft if it still has the version before; otherwise the commit is a conflict. */
export function updateDraft({ kind, name, base, content, version, updatedAt, updatedBy }: DraftState): Statement {
  return exactly(
    1,
    sql`update definition_draft set base = ${base}::int, content = ${JSON.stringify(content)}::json, version = ${version}::int,
        updated_at = ${new Date(updatedAt)}, updated_by = ${updatedBy}
      where kind = ${kind} and name = ${name} and version = ${version - 1}::int returning 1`,
  );
}

/** Takes a draft away; a conflict when it is not at this version any more. */
export function deleteDraft({ kind, name, version }: Pick<DraftState, 'kind' | 'name' | 'version'>): Statement {
  return exactly(1, sql`delete from definition_draft where kind = ${kind} and name = ${name} and version = ${version}::int returning 1`);
}

function toHead({ kind, name, version, comment, rolled_back_to, published_at, actor_id, actor_name }: VersionRow): VersionHead {
  return {
    kind,
    name,
    version,
    ...(comment !== null && { comment }),
    ...(rolled_back_to !== null && { rolledBackTo: rolled_back_to }),
    publishedAt: published_at.getTime(),
    actorId: actor_id,
    actorName: actor_name,
  };
}
