import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Reason } from '../domain/identify/explain.ts';
import type { Suspect } from '../domain/identify/outcome.ts';
import type { SaidRecord } from './link.ts';

/** A question for a person: is what a record tells one of these items, or are the items one? */
export interface Duplicate {
  id: string;
  status: 'open' | 'merged' | 'distinct' | 'obsolete';
  source: string;
  key: string;
  /** The record, as it is to be written once the question is answered. */
  hash: Buffer;
  said: SaidRecord;
  /** In the order of their ids. */
  items: readonly string[];
  why: string;
  evidence: readonly Suspect[];
  reasons: readonly Reason[];
  decidedBy?: string;
  changeSetId?: string;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

interface DuplicateRow extends Omit<Duplicate, 'decidedBy' | 'changeSetId' | 'createdAt' | 'updatedAt'> {
  decided_by: string | null;
  change_set_id: string | null;
  created_at: Date;
  updated_at: Date;
}

export async function readDuplicates(database: Database, where: Statement): Promise<Duplicate[]> {
  const rows =
    await database.query<DuplicateRow>(sql`select id, status, source, key, hash, said, items, why, evidence, reasons, decided_by, change_set_id,
      version, created_at, updated_at from duplicate where ${where}`);
  return rows.map(({ decided_by, change_set_id, created_at, updated_at, ...row }) => ({
    ...row,
    ...(decided_by !== null && { decidedBy: decided_by }),
    ...(change_set_id !== null && { changeSetId: change_set_id }),
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
  }));
}

/** Asks, unless the same is asked already: then only what the record says now is kept. `raisedBy`: the change set with which the question goes. */
export function askAbout(duplicates: readonly Duplicate[], raisedBy?: string): Statement {
  const rows = duplicates.map((one) => ({
    ...one,
    hash: one.hash.toString('hex'),
    created_at: new Date(one.createdAt).toISOString(),
  }));
  return sql`insert into duplicate as d (id, status, source, key, hash, said, items, why, evidence, reasons, version, created_at, updated_at, raised_by)
    select id, 'open', source, key, decode(hash, 'hex'), said, items, why, evidence, reasons, 1, created_at, created_at, ${raisedBy ?? null}::uuid
    from json_to_recordset(${JSON.stringify(rows)}::json) as n(id uuid, source text, key text, hash text, said jsonb, items uuid[], why text, evidence jsonb,
      reasons jsonb, created_at timestamptz) order by source, key
    on conflict (source, key, items) where status = 'open' do update set hash = excluded.hash, said = excluded.said, updated_at = excluded.updated_at
      where d.hash <> excluded.hash`;
}

/** Questions that have answered themselves: what the records say now leaves no doubt. */
export function dropQuestions(ids: readonly string[], at: number): Statement {
  return sql`update duplicate set status = 'obsolete', version = version + 1, updated_at = ${new Date(at)}
    where id = any(${ids}::uuid[]) and status = 'open'`;
}

/** What raised them was taken back. */
export function dropQuestionsOf(changeSetId: string, at: number): Statement {
  return sql`update duplicate set status = 'obsolete', version = version + 1, updated_at = ${new Date(at)}
    where raised_by = ${changeSetId}::uuid and status = 'open'`;
}

export function answerQuestion({ id, status, decidedBy, changeSetId, version, updatedAt }: Duplicate): Statement {
  return exactly(
    1,
    sql`update duplicate set status = ${status}, decided_by = ${decidedBy ?? null}, change_set_id = ${changeSetId ?? null}, version = ${version}::int,
      updated_at = ${new Date(updatedAt)} where id = ${id} and version = ${version - 1}::int returning 1`,
  );
}
