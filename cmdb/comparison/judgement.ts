import type { ComparedCounts, ComparedEntry } from '../../generated/opora/cmdb/v1/comparison.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { plannedAnew, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Placed } from '../domain/comparison/newest-first.ts';

/** One item or relation that differs between two moments, by its versions there. */
export interface Judged extends Placed {
  change: ComparedEntry['change'];
  /** Undefined: it had not come into being yet. */
  fromVersion?: number;
  toVersion: number;
}

export interface Judgement {
  counts: ComparedCounts;
  /** After the place, the newest first. */
  page: Judged[];
}

const mostCounted = 10_000;

interface Row extends ComparedCounts {
  id: string | null;
  change: ComparedEntry['change'];
  at: Date;
  from_version: number | null;
  to_version: number;
}

/**
 * Counts what `judged` gives, and reads a page of it: rows of id, change (null: no net difference), is_visible, at, from_version and to_version, each of one that
 * was changed in between.
 */
export async function readJudgement(
  database: Database,
  judged: Statement,
  { kind, place, limit }: { kind: Placed['kind']; place: Placed | undefined; limit: number },
): Promise<Judgement> {
  const count = (condition: Statement) => sql`least(count(*) filter (where ${condition}), ${mostCounted}::int)::int`;
  const rows = await database.query<Row>(
    plannedAnew(sql`with judged as materialized (${judged}),
      counts as (select ${count(sql`is_visible and change = 'added'`)} as added, ${count(sql`is_visible and change = 'removed'`)} as removed,
        ${count(sql`is_visible and change = 'changed'`)} as changed, ${count(sql`is_visible and change is null`)} as restless,
        ${count(sql`not is_visible and change is not null`)} as hidden from judged)
      select counts.*, page.* from counts left join lateral (select id, change, at, from_version, to_version from judged
        where is_visible and change is not null and ${isAfter(kind, place)} order by at desc, id limit ${limit}::int) page on true`),
  );
  const [first] = rows;
  if (!first) throw new Error('A count has a row.');
  const { added, removed, changed, restless, hidden } = first;
  return {
    counts: { added, removed, changed, restless, hidden },
    page: rows.flatMap((row) => (row.id === null ? [] : [toJudged(kind, row.id, row)])),
  };
}

function toJudged(kind: Placed['kind'], id: string, { change, at, from_version, to_version }: Row): Judged {
  return { kind, id, change, at: at.getTime(), ...(from_version !== null && { fromVersion: from_version }), toVersion: to_version };
}

/** Of one moment, items come before relations. */
function isAfter(kind: Placed['kind'], place: Placed | undefined): Statement {
  if (!place) return sql`true`;
  const at = new Date(place.at);
  if (place.kind === kind) return sql`(at < ${at} or (at = ${at} and id > ${place.id}::uuid))`;
  return kind === 'relation' ? sql`at <= ${at}` : sql`at < ${at}`;
}
