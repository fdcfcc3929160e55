import type { ComparedCounts, ComparedEntry } from '../../generated/opora/cmdb/v1/comparison.ts';
import type { Cut } from '../../generated/opora/cmdb/v1/graph.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { plannedAnew, type Statement, sql } from '../../platform/postgres/sql.ts';
import { byNewest, type Placed } from '../domain/comparison/newest-first.ts';

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
  cuts: Cut[];
}

interface Judging {
  kind: Placed['kind'];
  place: Placed | undefined;
  limit: number;
  /** By `performance.now()`. */
  until: number;
}

const mostCounted = 10_000;

interface Row extends ComparedCounts {
  id: string | null;
  change: ComparedEntry['change'];
  at: Date;
  from_version: number | null;
  to_version: number;
}

/** So many are judged at once: it costs little to begin anew, and each time it is seen whether there is time for more. */
const judgedAtOnce = 4_000;

/** Judges so many of these as there is time for, in their order. `toStatement` gives for some of them what `readJudgement` takes. */
export async function judgeAll(
  database: Database,
  ids: readonly string[],
  toStatement: (ids: readonly string[]) => Statement,
  judging: Judging,
): Promise<Judgement> {
  const all: Judgement = { counts: { added: 0, removed: 0, changed: 0, restless: 0, hidden: 0 }, page: [], cuts: [] };
  for (let at = 0; at < ids.length; at += judgedAtOnce) {
    if (at > 0 && performance.now() > judging.until)
      return { ...all, cuts: [{ by: 'time', message: `Only ${at} of ${ids.length} ${judging.kind}s that may have changed were compared.` }] };
    const { counts, page } = await readJudgement(database, toStatement(ids.slice(at, at + judgedAtOnce)), judging);
    for (const name of ['added', 'removed', 'changed', 'restless', 'hidden'] as const)
      all.counts[name] = Math.min(all.counts[name] + counts[name], mostCounted);
    all.page = [...all.page, ...page].sort(byNewest).slice(0, judging.limit);
  }
  return all;
}

/**
 * Counts what `judged` gives, and reads a page of it: rows of id, change (null: no net difference), is_visible, at, from_version and to_version, each of one that
 * was changed in between.
 */
async function readJudgement(database: Database, judged: Statement, { kind, place, limit }: Judging): Promise<Omit<Judgement, 'cuts'>> {
  const count = (condition: Statement) => sql`(count(*) filter (where ${condition}))::int`;
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
