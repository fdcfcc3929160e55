import type { Database } from '../../platform/postgres/database.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { setTimers, type Timers } from '../../platform/timers/timers.ts';
import { decideItems, type PageContext } from './decide-items.ts';
import { decideRelations } from './decide-relations.ts';
import { endTheseLinks, endTheseRelationLinks } from './end-links.ts';
import { readLinks } from './link-store.ts';
import { dropPostponed, readPostponed } from './postponed-store.ts';
import { readRelationLinksWhere } from './relation-link-store.ts';
import { completionOf, endChangeSet, graceOf, graceTimer } from './run-life.ts';
import { keepRunRecords, readRuns, type SourceRun, updateRun } from './run-store.ts';
import { forgetSeen, isUnseen, markSeen } from './seen-store.ts';
import { findSettings, noteHeard } from './source-settings.ts';
import { mostRecords, type PageParts } from './take-page.ts';

/** So few are not worth a person's time, whatever their share. */
const fewest = 10;
const mostAtOnce = 2_000;

export interface SourceKeeping extends PageParts {
  newId(): string;
  /** Links that end in one commit. */
  pageSize?: number;
}

/** Carries out what takes its time: completing snapshots, and retiring what has been missing for too long. Both go page by page, and on after a kill. */
export function keepSources(keeping: SourceKeeping): Timers {
  return {
    async handle(due, now) {
      const statements: Statement[] = [];
      for (const { key } of due) {
        const [runId, source] = [completionOf(key), graceOf(key)];
        if (runId !== undefined) statements.push(...(await complete(keeping, runId, now)));
        if (source !== undefined) statements.push(...(await retireMissing(keeping, source, now)));
      }
      return { statements };
    },
  };
}

async function complete(keeping: SourceKeeping, runId: string, now: number): Promise<Statement[]> {
  const { database } = keeping;
  const [run] = await readRuns(database, sql`id = ${runId}`);
  if (run?.status !== 'completing') return [];
  const settings = await findSettings(database, run.source, now);
  await decidePostponed(keeping, run, now);
  const counted = await count(database, run);
  const isTooMuch = counted.wouldRetire > fewest && counted.wouldRetire > settings.mostRetired * counted.known;
  if (isTooMuch && run.confirmedBy === undefined)
    return [updateRun({ ...run, ...counted, status: 'held', version: run.version + 1, updatedAt: now })];

  await resolveWaiting(keeping, run, now);
  const missing = await markMissing(database, run, now, keeping.pageSize ?? mostAtOnce);
  const counts = { ...run.counts, 'relations.waiting': await countWaiting(database, run.source) };
  const done: SourceRun = { ...run, ...counted, counts, status: 'done', version: run.version + 1, updatedAt: now, completedAt: now };
  const statements = [updateRun(done), forgetSeen(run.id), noteHeard(run.source, run.createdAt), await endChangeSet(database, done)];
  return missing > 0 ? [...statements, setTimers([{ key: graceTimer(run.source, run.id), due: now + settings.grace }])] : statements;
}

/** What could not be decided before everything was named. */
async function decidePostponed(keeping: SourceKeeping, run: SourceRun, now: number): Promise<void> {
  const context = { ...(await contextOf(keeping, run.source, now, run)), runId: run.id, youngest: run.itemSeq, isComplete: true };
  for (;;) {
    const records = await readPostponed(keeping.database, run.id, mostRecords);
    if (records.length === 0) return;
    const { statements, events, outcomes, seen, again } = await decideItems(context, records);
    const keys = records.map(({ key }) => key);
    await keeping.database.commit({
      statements: [...statements, ...markSeen(run.id, 'item', seen), ...keepRunRecords(run.id, outcomes), dropPostponed(run.id, keys)],
      events,
      at: now,
    });
    if (again.length > 0) {
      const more = await decideItems(context, again);
      await keeping.database.commit({ statements: more.statements, events: more.events, at: now });
    }
  }
}

/** What the run has not named, of all that its source is known to say. */
async function count(database: Database, { id, source, itemSeq }: SourceRun): Promise<{ wouldRetire: number; known: number }> {
  const [row] = await database.query<{ wouldRetire: number; known: number }>(sql`select
      (count(*) filter (where ${isUnseen(id, 'item', itemSeq)}))::int as "wouldRetire", count(*)::int as known
    from item_link l where l.source = ${source} and l.gone_at is null and l.moved_to is null`);
  return row ?? { wouldRetire: 0, known: 0 };
}

/** From now on it is waited for them. */
async function markMissing(database: Database, { id, source, itemSeq, relationSeq }: SourceRun, now: number, pageSize: number): Promise<number> {
  let missing = 0;
  const links = [
    { table: sql`item_link`, isUnseen: isUnseen(id, 'item', itemSeq), isThere: sql`l.moved_to is null` },
    { table: sql`relation_link`, isUnseen: isUnseen(id, 'relation', relationSeq), isThere: sql`true` },
  ];
  for (const { table, isUnseen: unseen, isThere } of links) {
    for (let after = 0; ; ) {
      const page = await database.query<{ seq: number }>(sql`update ${table} u set missing_since = ${new Date(now)}, revision = u.revision + 1
        from (select l.seq from ${table} l where l.source = ${source} and l.gone_at is null and l.missing_since is null and ${isThere} and ${unseen}
          and l.seq > ${after}::bigint order by l.seq limit ${pageSize}::int for update) p
        where u.seq = p.seq returning u.seq::float8 as seq`);
      missing += page.length;
      if (page.length < pageSize) break;
      after = page.reduce((highest, { seq }) => Math.max(highest, seq), after);
    }
  }
  const [more] = await database.query<{
    missing: boolean;
  }>(sql`select exists (select 1 from item_link where source = ${source} and missing_since is not null
      and gone_at is null) or exists (select 1 from relation_link where source = ${source} and missing_since is not null and gone_at is null) as missing`);
  return more?.missing ? Math.max(missing, 1) : missing;
}

/** Relations whose ends have come after them. */
async function resolveWaiting(keeping: SourceKeeping, run: SourceRun, now: number): Promise<void> {
  const context = await contextOf(keeping, run.source, now, run);
  for (let after = 0; ; ) {
    const page = await readRelationLinksWhere(
      keeping.database,
      sql`l.source = ${run.source} and l.relation_id is null and l.gone_at is null and l.seq > ${after}::bigint
        and exists (select 1 from item_link f where f.source = l.source and f.key = l.from_key)
        and exists (select 1 from item_link t where t.source = l.source and t.key = l.to_key) order by l.seq limit ${keeping.pageSize ?? mostAtOnce}::int`,
    );
    const last = page.at(-1)?.seq;
    if (last === undefined) return;
    const { statements, events } = await decideRelations(context, page);
    await keeping.database.commit({ statements, events, at: now });
    after = last;
  }
}

async function countWaiting(database: Database, source: string): Promise<number> {
  const [row] = await database.query<{ waiting: number }>(
    sql`select count(*)::int as waiting from relation_link where source = ${source} and relation_id is null and gone_at is null`,
  );
  return row?.waiting ?? 0;
}

/** Ends what has been missing for longer than the grace of its source; what has not yet, is looked at again. */
async function retireMissing(keeping: SourceKeeping, source: string, now: number): Promise<Statement[]> {
  const { database, pageSize = mostAtOnce } = keeping;
  const { grace } = await findSettings(database, source, now);
  const isOver = sql`l.source = ${source} and l.gone_at is null and l.missing_since <= ${new Date(now - grace)} order by l.seq limit ${pageSize}::int`;
  const context = await contextOf(keeping, source, now);
  for (;;) {
    const relations = await readRelationLinksWhere(database, isOver);
    if (relations.length > 0) await database.commit({ ...(await endTheseRelationLinks(context, relations)), at: now });
    const links = await readLinks(database, isOver);
    if (links.length > 0) await database.commit({ ...(await endTheseLinks(context, links)), at: now });
    if (links.length < pageSize && relations.length < pageSize) break;
  }
  const [next] = await database.query<{ since: Date | null }>(sql`select least(
    (select min(missing_since) from item_link where source = ${source} and missing_since is not null and gone_at is null),
    (select min(missing_since) from relation_link where source = ${source} and missing_since is not null and gone_at is null)) as since`);
  if (!next?.since) return [];
  return [setTimers([{ key: graceTimer(source, String(now)), due: next.since.getTime() + grace + 1 }])];
}

async function contextOf({ database, model, newId }: SourceKeeping, source: string, now: number, run?: SourceRun): Promise<PageContext> {
  const author = run
    ? { actorId: run.actorId, actorName: run.actorName, changeSetId: run.id, ...(run.reason !== undefined && { reason: run.reason }) }
    : { actorId: 'cmdb', actorName: 'cmdb', reason: `${source}: not named any more` };
  return { database, model: await model(), source, author, now, newId };
}
