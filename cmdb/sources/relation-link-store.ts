import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { RelationInput } from './source-page.ts';

/** What a source says of a relation, by its own keys. */
export interface RelationLink extends RelationInput {
  source: string;
  /** Undefined: an end is not known yet. */
  relationId?: string;
  /** Epoch milliseconds. */
  missingSince?: number;
  goneAt?: number;
  /** 0: not stored yet. */
  revision: number;
  seq?: number;
  /** The relation is there. */
  active?: boolean;
  version?: number;
}

export interface RelationLinkRow extends RelationInput {
  source: string;
  relationId: string | null;
  missing_since: Date | null;
  gone_at: Date | null;
  revision: number;
  seq: number;
  active: boolean | null;
  version: number | null;
}

/** Links that fit `where`: the table is `l`, `from` may join others to it. */
async function readRelationLinks(database: Database, from: Statement, where: Statement): Promise<RelationLink[]> {
  const rows =
    await database.query<RelationLinkRow>(sql`select l.source, l.type, l.from_key as "fromKey", l.to_key as "toKey", l.relation_id as "relationId",
      l.missing_since, l.gone_at, l.revision, l.seq::float8 as seq, r.state = 'active' as active, r.version
    from ${from} left join relation r on r.id = l.relation_id where ${where}`);
  return rows.map(toRelationLink);
}

export function toRelationLink({ relationId, missing_since, gone_at, active, version, ...row }: RelationLinkRow): RelationLink {
  return {
    ...row,
    ...(relationId !== null && { relationId }),
    ...(missing_since && { missingSince: missing_since.getTime() }),
    ...(gone_at && { goneAt: gone_at.getTime() }),
    ...(active !== null && { active }),
    ...(version !== null && { version }),
  };
}

/** Lateral for the same reason as `glanceAtLinks`. */
export async function readLinksOfRelations(database: Database, source: string, relations: readonly RelationInput[]): Promise<RelationLink[]> {
  return readRelationLinks(
    database,
    sql`${asKeys(relations)} cross join lateral (select * from relation_link
      where source = ${source} and from_key = k.from_key and type = k.type and to_key = k.to_key offset 0) l`,
    sql`true`,
  );
}

export async function readRelationLinksWhere(database: Database, where: Statement): Promise<RelationLink[]> {
  return readRelationLinks(database, sql`relation_link l`, where);
}

/** Relations that have waited for one of these keys to stand for an item. */
export async function readWaiting(database: Database, source: string, keys: readonly string[]): Promise<RelationInput[]> {
  return database.query<RelationInput>(sql`select type, from_key as "fromKey", to_key as "toKey" from relation_link
      where source = ${source} and relation_id is null and gone_at is null and from_key = any(${keys}::text[])
    union select type, from_key, to_key from relation_link
      where source = ${source} and relation_id is null and gone_at is null and to_key = any(${keys}::text[])`);
}

/** `keptIn`: as for links of items. */
export function writeRelationLinks(links: readonly RelationLink[], keptIn?: string): Statement[] {
  const created = links.filter(({ revision }) => revision === 0);
  const changed = links.filter(({ revision }) => revision > 0);
  const statements: Statement[] = [];
  if (keptIn !== undefined && links.length > 0) statements.push(keepRelationWords(links, keptIn));
  if (created.length > 0) {
    statements.push(sql`insert into relation_link (source, type, from_key, to_key, relation_id, missing_since, gone_at, revision)
      select source, type, from_key, to_key, relation_id, missing_since, gone_at, 1 from ${asRows(created)} order by source, from_key, type, to_key`);
  }
  if (changed.length > 0) {
    statements.push(
      exactly(
        changed.length,
        sql`update relation_link l set relation_id = n.relation_id, missing_since = n.missing_since, gone_at = n.gone_at, revision = l.revision + 1
          from ${asRows(changed)} where l.source = n.source and l.from_key = n.from_key and l.type = n.type and l.to_key = n.to_key
            and l.revision = n.revision returning 1`,
      ),
    );
  }
  return statements;
}

function keepRelationWords(links: readonly RelationLink[], changeSetId: string): Statement {
  return sql`insert into relation_word_before (change_set_id, source, type, from_key, to_key, relation_id, link, revision)
    select ${changeSetId}::uuid, n.source, n.type, n.from_key, n.to_key, n.relation_id, case when l.source is not null then to_jsonb(l) end, n.revision + 1
    from ${asRows(links)} left join relation_link l on l.source = n.source and l.from_key = n.from_key and l.type = n.type and l.to_key = n.to_key
    on conflict (change_set_id, source, from_key, type, to_key) do update set relation_id = excluded.relation_id, revision = excluded.revision`;
}

function asKeys(relations: readonly RelationInput[]): Statement {
  return sql`unnest(${relations.map(({ type }) => type)}::text[], ${relations.map(({ fromKey }) => fromKey)}::text[],
    ${relations.map(({ toKey }) => toKey)}::text[]) as k(type, from_key, to_key)`;
}

function asRows(links: readonly RelationLink[]): Statement {
  const toTime = (at: number | undefined) => (at === undefined ? null : new Date(at));
  return sql`unnest(${links.map(({ source }) => source)}::text[], ${links.map(({ type }) => type)}::text[], ${links.map(({ fromKey }) => fromKey)}::text[],
    ${links.map(({ toKey }) => toKey)}::text[], ${links.map(({ relationId }) => relationId ?? null)}::uuid[],
    ${links.map(({ missingSince }) => toTime(missingSince))}::timestamptz[], ${links.map(({ goneAt }) => toTime(goneAt))}::timestamptz[],
    ${links.map(({ revision }) => revision)}::int[]) as n(source, type, from_key, to_key, relation_id, missing_since, gone_at, revision)`;
}
