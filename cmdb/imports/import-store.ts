import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import type { Label } from '../domain/model/model.ts';

export type ImportStatus = 'receiving' | 'refused' | 'unsettled' | 'ready' | 'checking' | 'checked' | 'applying' | 'applied' | 'failed';

/** Something told to people. */
export interface Told extends Label {
  code: string;
}

/** A column as it is to be read. */
export interface SettledColumn {
  /** From 0. */
  column: number;
  letter: string;
  header: string;
  /** As `toTargetName` writes it; undefined: it is not read. */
  target?: string;
  /** Of a guess. */
  confidence?: number;
  reason: Label;
  samples: readonly string[];
}

/** What reading the file through has told. */
export interface StoredSurvey {
  sheets: readonly { name: string; hidden: boolean }[];
  header?: { first: number; last: number };
  columns: readonly SettledColumn[];
  classReason?: Label;
  notices: readonly Told[];
  /** What a person must settle before rows are read. */
  faults: readonly Told[];
}

/** A list that was uploaded: receiving → ready (or refused, or unsettled: a person must say something) → checking → checked → applying → applied; failed when it went no further. */
export interface ImportState {
  /** Also the id of its change set. */
  id: string;
  status: ImportStatus;
  fileName: string;
  /** Of the file. */
  bytes: number;
  source: string;
  /** In whose name it is checked and applied. */
  principal: Principal;
  reason?: string;
  class?: string;
  sheet?: string;
  /** The row that names the columns, where a person has said it. */
  headerRow?: number;
  /** IANA name of the zone in which times are meant. */
  zone: string;
  survey: StoredSurvey;
  refusal?: Told;
  /** A check or an application, each from the first row on; 0: none yet. */
  pass: number;
  /** The last row of the sheet that the pass has done. */
  lastRow: number;
  rowsDone: number;
  /** That hold something. */
  rows: number;
  /** By fate. */
  counts: Readonly<Record<string, number>>;
  /** Of decisions; how far a pass is makes none. */
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  finishedAt?: number;
}

export const nothingSurveyed: StoredSurvey = { sheets: [], columns: [], notices: [], faults: [] };

interface ImportRecord {
  id: string;
  status: ImportStatus;
  file_name: string;
  bytes: number;
  source: string;
  principal: Principal;
  reason: string | null;
  class: string | null;
  sheet: string | null;
  header_row: number | null;
  zone: string;
  survey: StoredSurvey;
  refusal: Told | null;
  pass: number;
  last_row: number;
  rows_done: number;
  rows_in_all: number;
  counts: Record<string, number>;
  version: number;
  created_at: Date;
  updated_at: Date;
  finished_at: Date | null;
}

export async function readImports(database: Database, where: Statement): Promise<ImportState[]> {
  const rows =
    await database.query<ImportRecord>(sql`select id, status, file_name, bytes::float8 as bytes, source, principal, reason, class, sheet, header_row, zone, survey,
      refusal, pass, last_row, rows_done, rows_in_all, counts, version, created_at, updated_at, finished_at from import where ${where}`);
  return rows.map((row) => ({
    id: row.id,
    status: row.status,
    fileName: row.file_name,
    bytes: row.bytes,
    source: row.source,
    principal: row.principal,
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.class !== null && { class: row.class }),
    ...(row.sheet !== null && { sheet: row.sheet }),
    ...(row.header_row !== null && { headerRow: row.header_row }),
    zone: row.zone,
    survey: row.survey,
    ...(row.refusal !== null && { refusal: row.refusal }),
    pass: row.pass,
    lastRow: row.last_row,
    rowsDone: row.rows_done,
    rows: row.rows_in_all,
    counts: row.counts,
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    ...(row.finished_at && { finishedAt: row.finished_at.getTime() }),
  }));
}

export function insertImport(one: ImportState): Statement {
  return sql`insert into import (id, status, file_name, bytes, source, principal, reason, class, sheet, header_row, zone, survey, pass, last_row, rows_done, rows_in_all,
      counts, version, created_at, updated_at)
    values (${one.id}, ${one.status}, ${one.fileName}, ${one.bytes}::bigint, ${one.source}, ${JSON.stringify(one.principal)}::jsonb, ${one.reason ?? null},
      ${one.class ?? null}, ${one.sheet ?? null}, ${one.headerRow ?? null}, ${one.zone}, ${JSON.stringify(one.survey)}::jsonb, ${one.pass}, ${one.lastRow},
      ${one.rowsDone}, ${one.rows}, ${JSON.stringify(one.counts)}::jsonb, ${one.version}, ${new Date(one.createdAt)}, ${new Date(one.updatedAt)})`;
}

/** Writes a decision about an import, if it is still at the version before. Whoever has carried it out lets go of it. */
export function updateImport(one: ImportState): Statement {
  return exactly(
    1,
    sql`update import set status = ${one.status}, bytes = ${one.bytes}::bigint, source = ${one.source}, principal = ${JSON.stringify(one.principal)}::jsonb,
        reason = ${one.reason ?? null}, class = ${one.class ?? null}, sheet = ${one.sheet ?? null}, header_row = ${one.headerRow ?? null}, zone = ${one.zone},
        survey = ${JSON.stringify(one.survey)}::jsonb, refusal = ${one.refusal === undefined ? null : JSON.stringify(one.refusal)}::jsonb,
        pass = ${one.pass}::int, last_row = ${one.lastRow}::int, rows_done = ${one.rowsDone}::int, rows_in_all = ${one.rows}::int,
        counts = ${JSON.stringify(one.counts)}::jsonb, worker = null, held_until = null, version = ${one.version}::int, updated_at = ${new Date(one.updatedAt)},
        finished_at = ${one.finishedAt === undefined ? null : new Date(one.finishedAt)}
      where id = ${one.id} and version = ${one.version - 1}::int returning 1`,
  );
}

/** The import that has waited longest of those that are to be checked or applied and that nobody else carries out: it is this worker's until `until`. */
export async function holdImport(
  database: Database,
  { worker, now, until, only }: { worker: string; now: number; until: number; only: Statement },
): Promise<ImportState | undefined> {
  const [held] = await database.query<{ id: string }>(sql`update import set worker = ${worker}, held_until = ${new Date(until)}
    where id = (select id from import where status in ('checking', 'applying') and (worker = ${worker} or worker is null or held_until < ${new Date(now)}) and ${only}
      order by updated_at limit 1 for update skip locked) returning id`);
  return held && (await readImports(database, sql`id = ${held.id}`))[0];
}

/** They are at work still. */
export async function holdOn(database: Database, { worker, until }: { worker: string; until: number }): Promise<void> {
  await database.query(sql`update import set held_until = ${new Date(until)} where worker = ${worker}`);
}

const brokenOff: Told = {
  code: 'broken_off',
  ru: 'Файл пришёл не целиком: отправьте его ещё раз.',
  en: 'The file did not come whole: send it again.',
};

/** What did not come whole, and what there is of it. */
export function forgetUpload(which: Statement): Statement {
  return sql`with gone as (update import set status = 'refused', refusal = ${JSON.stringify(brokenOff)}::jsonb, version = version + 1
      where status = 'receiving' and ${which} returning id)
    delete from import_chunk where import_id in (select id from gone)`;
}

/** Lets others have it at once. */
export function releaseImports(worker: string): Statement {
  return sql`update import set worker = null, held_until = null where worker = ${worker}`;
}

/** Whether the import still stands where it was read, and is this worker's. */
export async function isHeldAt(database: Database, { id, version, pass, lastRow }: ImportState, worker: string): Promise<boolean> {
  const rows = await database.query(
    sql`select 1 from import where id = ${id} and version = ${version}::int and pass = ${pass}::int and last_row = ${lastRow}::int and worker = ${worker}`,
  );
  return rows.length > 0;
}

/** A page of a pass is done: from then on it is not done again. Without effect, and so a conflict, when another has done it, or the import is something else now. */
export function moveImport(
  one: ImportState,
  { lastRow, fates, worker, until, now }: { lastRow: number; fates: readonly string[]; worker: string; until: number; now: number },
): Statement {
  const counts = new Map<string, number>();
  for (const fate of fates) counts.set(fate, (counts.get(fate) ?? 0) + 1);
  return exactly(
    1,
    sql`update import set last_row = ${lastRow}::int, rows_done = rows_done + ${fates.length}::int, held_until = ${new Date(until)}, updated_at = ${new Date(now)},
        counts = counts || (select coalesce(jsonb_object_agg(fate, coalesce((counts ->> fate)::int, 0) + times), '{}')
          from unnest(${[...counts.keys()]}::text[], ${[...counts.values()]}::int[]) as c(fate, times))
      where id = ${one.id} and version = ${one.version}::int and pass = ${one.pass}::int and last_row = ${one.lastRow}::int and worker = ${worker} returning 1`,
  );
}
