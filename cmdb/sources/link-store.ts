import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Link, SaidRecord } from './link.ts';

/** What is needed to know at once that a record says nothing new. */
export interface LinkGlance {
  /** Of the record in its page. */
  place: number;
  seq: number;
  itemId: string;
  version: number;
  /** It says what it said, and nothing about it waits for anything. */
  same: boolean;
}

/**
 * One query and one row for each record of a page that is known. Lateral, so that records are what is gone through also by a plan that was made while
 * there were no links: by the other order each page of a first load would read all that was loaded before it.
 */
export async function glanceAtLinks(
  database: Database,
  source: string,
  records: readonly { key: string; hash: Buffer }[],
  now: number,
): Promise<LinkGlance[]> {
  return database.query<LinkGlance>(sql`select k.place::int, l.seq::float8, l.item_id as "itemId", i.version,
      l.hash = k.hash and l.missing_since is null and l.gone_at is null and l.moved_to is null and i.state = 'active'
        and (l.recheck_at is null or l.recheck_at > ${new Date(now)}) as same
    from unnest(${records.map(({ key }) => key)}::text[], ${records.map(({ hash }) => hash)}::bytea[]) with ordinality as k(key, hash, place)
      cross join lateral (select * from item_link where source = ${source} and key = k.key offset 0) l join item i on i.id = l.item_id`);
}

/** Links that fit `where` (the table is `l`), each with whether `runId` has named it. */
export async function readLinks(database: Database, where: Statement, runId?: string): Promise<Link[]> {
  const seen =
    runId === undefined
      ? sql`false`
      : sql`coalesce((select get_bit(b.bits, (l.seq % 8192)::int) = 1 from run_seen b
          where b.run_id = ${runId} and b.kind = 'item' and b.chunk = (l.seq / 8192)::int), false)`;
  const rows =
    await database.query<LinkRow>(sql`select l.source, l.key, l.item_id, l.hash, l.said, l.contested, l.recheck_at, l.said_at, l.missing_since,
      l.gone_at, l.moved_to, l.revision, l.seq::float8 as seq, s.heard_at, ${seen} as seen
    from item_link l left join source s on s.name = l.source where ${where}`);
  return rows.map(toLink);
}

export interface LinkRow {
  source: string;
  key: string;
  item_id: string;
  hash: Buffer;
  said: SaidRecord;
  contested: boolean;
  recheck_at: Date | null;
  said_at: Date;
  missing_since: Date | null;
  gone_at: Date | null;
  moved_to: string | null;
  revision: number;
  seq: number;
  heard_at: Date | null;
  seen: boolean;
}

export function toLink(row: LinkRow): Link {
  return {
    source: row.source,
    key: row.key,
    itemId: row.item_id,
    hash: row.hash,
    said: row.said,
    contested: row.contested,
    ...(row.recheck_at && { recheckAt: row.recheck_at.getTime() }),
    saidAt: row.said_at.getTime(),
    ...(row.missing_since && { missingSince: row.missing_since.getTime() }),
    ...(row.gone_at && { goneAt: row.gone_at.getTime() }),
    ...(row.moved_to !== null && { movedTo: row.moved_to }),
    revision: row.revision,
    seq: row.seq,
    ...(row.heard_at && { heardAt: row.heard_at.getTime() }),
    seen: row.seen,
  };
}

/** The items that keys of a source stand for. */
export async function readItemIds(database: Database, source: string, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map();
  const rows = await database.query<{ key: string; itemId: string }>(
    sql`select key, item_id as "itemId" from item_link where source = ${source} and key = any(${keys}::text[])`,
  );
  return new Map(rows.map(({ key, itemId }) => [key, itemId]));
}

/**
 * Writes links, new ones and those that are still as they were read; otherwise the commit is a conflict. Those to forget have never been, or never again are.
 * `keptIn`: the change set that this belongs to, when it can be taken back: what was said before is kept with it.
 */
export function writeLinks(links: readonly Link[], forgotten: readonly Link[], keptIn?: string): Statement[] {
  const created = links.filter(({ revision }) => revision === 0);
  const changed = links.filter(({ revision }) => revision > 0);
  const statements: Statement[] = [];
  if (keptIn !== undefined && links.length + forgotten.length > 0) statements.push(keepWords(links, forgotten, keptIn));
  if (created.length > 0) {
    statements.push(sql`insert into item_link (source, key, item_id, hash, said, contested, recheck_at, said_at, missing_since, gone_at, moved_to, revision)
      select source, key, item_id, hash, said, contested, recheck_at, said_at, missing_since, gone_at, moved_to, 1
      from ${asRows(created)} order by source, key`);
  }
  if (changed.length > 0) {
    statements.push(
      exactly(
        changed.length,
        sql`update item_link l set item_id = n.item_id, hash = n.hash, said = n.said, contested = n.contested, recheck_at = n.recheck_at,
            said_at = n.said_at, missing_since = n.missing_since, gone_at = n.gone_at, moved_to = n.moved_to, revision = l.revision + 1
          from ${asRows(changed)} where l.source = n.source and l.key = n.key and l.revision = n.revision
            and (select count(*) from ${lockInOrder(changed)}) > 0 returning 1`,
      ),
    );
  }
  if (forgotten.length > 0) {
    statements.push(
      exactly(
        forgotten.length,
        sql`delete from item_link l using ${asRows(forgotten)} where l.source = n.source and l.key = n.key and l.revision = n.revision returning 1`,
      ),
    );
  }
  return statements;
}

/** The words as they stand: every part of one statement sees the rows as they were before it, and who writes past another has a conflict. */
function keepWords(links: readonly Link[], forgotten: readonly Link[], changeSetId: string): Statement {
  const left = [...links.map(({ revision }) => revision + 1), ...forgotten.map(() => 0)];
  const all = [...links, ...forgotten];
  return sql`insert into word_before (change_set_id, source, key, item_id, left_item_id, link, unowned, revision)
    select ${changeSetId}::uuid, n.source, n.key, n.item_id, nullif(l.item_id, n.item_id), case when l.source is not null then to_jsonb(l) end,
      coalesce((select array_agg(a) from item i, jsonb_object_keys(i.attributes) a where i.id = n.item_id and not i.provenance ? a), '{}'), n.revision
    from unnest(${all.map(({ source }) => source)}::text[], ${all.map(({ key }) => key)}::text[], ${all.map(({ itemId }) => itemId)}::uuid[],
      ${left}::int[]) as n(source, key, item_id, revision) left join item_link l on l.source = n.source and l.key = n.key
    on conflict (change_set_id, source, key) do update set item_id = excluded.item_id, revision = excluded.revision,
      left_item_id = nullif((word_before.link ->> 'item_id')::uuid, excluded.item_id)`;
}

/** Before the first of them is written, and not joined to what is written: that would go through all of them for each. */
function lockInOrder(links: readonly Link[]): Statement {
  return sql`(select source, key from unnest(${links.map(({ source }) => source)}::text[], ${links.map(({ key }) => key)}::text[]) as u(source, key)
    order by source, key) k cross join lateral (select from item_link where source = k.source and key = k.key for update) locked`;
}

function asRows(links: readonly Link[]): Statement {
  return sql`rows from (unnest(${links.map(({ source }) => source)}::text[], ${links.map(({ key }) => key)}::text[], ${links.map(({ itemId }) => itemId)}::uuid[],
    ${links.map(({ hash }) => hash)}::bytea[], ${links.map(({ contested }) => contested)}::boolean[],
    ${links.map(({ recheckAt }) => toTime(recheckAt))}::timestamptz[], ${links.map(({ saidAt }) => toTime(saidAt))}::timestamptz[],
    ${links.map(({ missingSince }) => toTime(missingSince))}::timestamptz[], ${links.map(({ goneAt }) => toTime(goneAt))}::timestamptz[],
    ${links.map(({ movedTo }) => movedTo ?? null)}::text[], ${links.map(({ revision }) => revision)}::int[]),
    jsonb_array_elements(${JSON.stringify(links.map(({ said }) => said))}::jsonb))
    as n(source, key, item_id, hash, contested, recheck_at, said_at, missing_since, gone_at, moved_to, revision, said)`;
}

function toTime(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
