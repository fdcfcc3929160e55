import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { RecordFate, RecordOutcome } from './source-page.ts';

export type RunStatus = 'receiving' | 'held' | 'completing' | 'done' | 'discarded';

/** A snapshot: all that a source knows, page by page. */
export interface SourceRun {
  id: string;
  source: string;
  status: RunStatus;
  /** The youngest links when it began. */
  itemSeq: number;
  relationSeq: number;
  received: number;
  /** By outcome: `items.created`, `relations.unchanged` … */
  counts: Readonly<Record<string, number>>;
  /** Keys of items that it did not name, of how many that are known. Undefined: not counted yet. */
  wouldRetire?: number;
  known?: number;
  confirmedBy?: string;
  actorId: string;
  actorName: string;
  reason?: string;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  completedAt?: number;
}

interface RunRow {
  id: string;
  source: string;
  status: RunStatus;
  item_seq: number;
  relation_seq: number;
  received: number;
  counts: Record<string, number>;
  would_retire: number | null;
  known: number | null;
  confirmed_by: string | null;
  actor_id: string;
  actor_name: string;
  reason: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  completed_at: Date | null;
}

export async function readRuns(database: Database, where: Statement): Promise<SourceRun[]> {
  const rows =
    await database.query<RunRow>(sql`select id, source, status, item_seq::float8 as item_seq, relation_seq::float8 as relation_seq, received, counts,
      would_retire, known, confirmed_by, actor_id, actor_name, reason, version, created_at, updated_at, completed_at from source_run where ${where}`);
  return rows.map((row) => ({
    id: row.id,
    source: row.source,
    status: row.status,
    itemSeq: row.item_seq,
    relationSeq: row.relation_seq,
    received: row.received,
    counts: row.counts,
    ...(row.would_retire !== null && { wouldRetire: row.would_retire }),
    ...(row.known !== null && { known: row.known }),
    ...(row.confirmed_by !== null && { confirmedBy: row.confirmed_by }),
    actorId: row.actor_id,
    actorName: row.actor_name,
    ...(row.reason !== null && { reason: row.reason }),
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    ...(row.completed_at && { completedAt: row.completed_at.getTime() }),
  }));
}

/** A source has one run under way at most: who begins another one meanwhile has a conflict. */
export function insertRun(run: SourceRun): Statement {
  return sql`insert into source_run (id, source, status, item_seq, relation_seq, received, counts, actor_id, actor_name, reason, version, created_at, updated_at)
    values (${run.id}, ${run.source}, ${run.status}, ${run.itemSeq}, ${run.relationSeq}, 0, '{}', ${run.actorId}, ${run.actorName}, ${run.reason ?? null},
      ${run.version}, ${new Date(run.createdAt)}, ${new Date(run.updatedAt)})`;
}

/** Moves a run on, if it is still at the version before. */
export function updateRun(run: SourceRun): Statement {
  return exactly(
    1,
    sql`update source_run set status = ${run.status}, counts = ${JSON.stringify(run.counts)}::jsonb, would_retire = ${run.wouldRetire ?? null},
      known = ${run.known ?? null}, confirmed_by = ${run.confirmedBy ?? null}, version = ${run.version}::int, updated_at = ${new Date(run.updatedAt)},
      completed_at = ${run.completedAt === undefined ? null : new Date(run.completedAt)}
      where id = ${run.id} and version = ${run.version - 1}::int returning 1`,
  );
}

/** Counts a page in: pages that come at once add up. A conflict when the run receives no more. */
export function countInRun(runId: string, kind: 'item' | 'relation', outcomes: readonly RecordOutcome[], now: number): Statement {
  const counts = new Map<RecordFate, number>();
  for (const { outcome } of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return exactly(
    1,
    sql`update source_run set received = received + ${outcomes.length}::int, updated_at = ${new Date(now)}, version = version + 1,
        counts = counts || (select jsonb_object_agg(name, coalesce((counts ->> name)::int, 0) + times)
          from unnest(${[...counts.keys()].map((fate) => `${kind}s.${fate}`)}::text[], ${[...counts.values()]}::int[]) as c(name, times))
      where id = ${runId} and status = 'receiving' returning 1`,
  );
}

const notableFates: readonly RecordFate[] = ['rejected', 'duplicate_suspected', 'class_change_proposed'];

/** Keeps what a person may want to see: what was not taken in, or not as it was said. */
export function keepRunRecords(runId: string, outcomes: readonly RecordOutcome[]): Statement[] {
  const kept = new Map(outcomes.filter(isNotable).map((one) => [one.key, one]));
  if (kept.size === 0) return [];
  const rows = [...kept.values()].map(({ key, outcome, id, reasons }) => ({ key, outcome, item_id: id, reasons }));
  return [
    sql`insert into run_record (run_id, key, outcome, item_id, reasons)
      select ${runId}::uuid, key, outcome, item_id, reasons
      from json_to_recordset(${JSON.stringify(rows)}::json) as n(key text, outcome text, item_id uuid, reasons jsonb) order by key
      on conflict (run_id, key) do update set outcome = excluded.outcome, item_id = excluded.item_id, reasons = excluded.reasons`,
  ];
}

/** Whether a person may want to see what became of it. */
export function isNotable({ outcome, reasons }: RecordOutcome): boolean {
  return notableFates.includes(outcome) || reasons.some(isOfInterest);
}

function isOfInterest({ code }: Reason): boolean {
  return code.startsWith('kept_') || code === 'attribute_invalid';
}

export interface RunRecord {
  key: string;
  outcome: RecordFate;
  itemId?: string;
  reasons: readonly Reason[];
}

export async function readRunRecords(
  database: Database,
  runId: string,
  { after, outcome, limit }: { after: string; outcome?: string; limit: number },
) {
  const rows = await database.query<Omit<RunRecord, 'itemId'> & { itemId: string | null }>(sql`select key, outcome, item_id as "itemId", reasons
    from run_record where run_id = ${runId} and key > ${after} and (${outcome ?? null}::text is null or outcome = ${outcome ?? null}) order by key limit ${limit}::int`);
  return rows.map(({ itemId, ...row }): RunRecord => ({ ...row, ...(itemId !== null && { itemId }) }));
}
