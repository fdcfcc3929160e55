import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Findings } from '../domain/model/judge-items.ts';
import type { Migration } from '../domain/model/migration.ts';
import type { ModelDefinition } from '../domain/model/model.ts';

/** A draft of the next version. */
export interface DraftState {
  id: string;
  /** The version that it was made from. */
  base: number;
  definition: ModelDefinition;
  migrations: Migration[];
  note?: string;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  /** Name of who changed it last. */
  updatedBy: string;
}

/** How far a test of a draft is. Items come first, then relations, then items that have too many relations. */
export interface TestProgress {
  phase: 'items' | 'relations' | 'crowds' | 'done';
  /** The last one that was looked at in this phase. */
  place: string;
  checked: number;
  findings: Findings;
}

export interface TestState extends TestProgress {
  draftId: string;
  draftVersion: number;
  base: number;
  total: number;
  startedAt: number;
  finishedAt?: number;
}

interface DraftRow {
  id: string;
  base: number;
  definition: ModelDefinition;
  migrations: Migration[];
  note: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
}

interface TestRow extends TestProgress {
  draft_id: string;
  draft_version: number;
  base: number;
  total: number;
  started_at: Date;
  finished_at: Date | null;
}

export async function readDrafts(database: Database, where: Statement): Promise<DraftState[]> {
  const rows = await database.query<DraftRow>(sql`select * from model_draft where ${where}`);
  return rows.map(({ created_at, updated_at, updated_by, note, ...row }) => ({
    ...row,
    ...(note !== null && { note }),
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
    updatedBy: updated_by,
  }));
}

export function insertDraft(draft: DraftState): Statement {
  const { id, base, definition, migrations, note, version, createdAt, updatedAt, updatedBy } = draft;
  return sql`insert into model_draft (id, base, definition, migrations, note, version, created_at, updated_at, updated_by)
    values (${id}, ${base}::int, ${JSON.stringify(definition)}::json, ${JSON.stringify(migrations)}::json, ${note ?? null}, ${version}::int,
      ${new Date(createdAt)}, ${new Date(updatedAt)}, ${updatedBy})`;
}

export function updateDraft({ id, base, definition, migrations, note, version, updatedAt, updatedBy }: DraftState): Statement {
  return exactly(
    1,
    sql`update model_draft set base = ${base}::int, definition = ${JSON.stringify(definition)}::json, migrations = ${JSON.stringify(migrations)}::json,
      note = ${note ?? null}, version = ${version}::int, updated_at = ${new Date(updatedAt)}, updated_by = ${updatedBy}
      where id = ${id} and version = ${version - 1}::int returning 1`,
  );
}

/** Takes a draft away with its test; a conflict when it is not at this version any more. */
export function deleteDraft(id: string, version: number): Statement {
  return exactly(1, sql`delete from model_draft where id = ${id} and version = ${version}::int returning 1`);
}

export async function readTest(database: Database, draftId: string): Promise<TestState | undefined> {
  const [row] = await database.query<TestRow>(sql`select * from model_test where draft_id = ${draftId}`);
  return row && toTest(row);
}

/** The test that has been running longest. */
export async function readRunningTest(database: Database): Promise<TestState | undefined> {
  const [row] = await database.query<TestRow>(sql`select * from model_test where phase <> 'done' order by started_at limit 1`);
  return row && toTest(row);
}

/** Begins a test, in place of one that was before. */
export function beginTest(test: TestState): Statement {
  const { draftId, draftVersion, base, phase, place, total, checked, findings, startedAt } = test;
  return sql`insert into model_test (draft_id, draft_version, base, phase, place, total, checked, findings, started_at)
    values (${draftId}, ${draftVersion}::int, ${base}::int, ${phase}, ${place}, ${total}::int, ${checked}::int, ${JSON.stringify(findings)}::jsonb, ${new Date(startedAt)})
    on conflict (draft_id) do update set draft_version = excluded.draft_version, base = excluded.base, phase = excluded.phase, place = excluded.place,
      total = excluded.total, checked = excluded.checked, findings = excluded.findings, started_at = excluded.started_at, finished_at = null`;
}

/** Moves a test on. A conflict when somebody else did, or began it again. */
export function moveTest(before: TestState, { phase, place, checked, findings }: TestProgress, now: number): Statement {
  return exactly(
    1,
    sql`update model_test set phase = ${phase}, place = ${place}, checked = ${checked}::int, findings = ${JSON.stringify(findings)}::jsonb,
        finished_at = ${phase === 'done' ? new Date(now) : null}
      where draft_id = ${before.draftId} and started_at = ${new Date(before.startedAt)} and phase = ${before.phase} and place = ${before.place} returning 1`,
  );
}

function toTest({ draft_id, draft_version, started_at, finished_at, ...row }: TestRow): TestState {
  return {
    ...row,
    draftId: draft_id,
    draftVersion: draft_version,
    startedAt: started_at.getTime(),
    ...(finished_at !== null && { finishedAt: finished_at.getTime() }),
  };
}
