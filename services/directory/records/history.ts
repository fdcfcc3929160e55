import { isDeepStrictEqual } from 'node:util';
import type { RecordChange, RecordHistory } from '../../../generated/opora/directory/v1/records.ts';
import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { currentTraceId } from '../../../platform/telemetry/tracing.ts';
import { fieldsOf, type RecordKind, type RecordState, type Resource, type Step } from './resource.ts';

/** A field that is not what it was; no value: there was none, or there is none. */
export interface FieldDifference {
  field: string;
  before?: unknown;
  after?: unknown;
}

/** Who writes: a call, or one decision of a stream. */
export type Writer = Pick<Call, 'principal' | 'now' | 'newId'>;

export function diffRecords<State extends RecordState>(resource: Pick<Resource<State>, 'fields'>, before: State, after: State): FieldDifference[] {
  return Object.keys(fieldsOf(resource as never)).flatMap((field) => {
    // The fields are those that the resource declares of its state.
    const [old, now] = [before, after].map((state) => (state as unknown as Record<string, unknown>)[field]);
    if (isDeepStrictEqual(old, now)) return [];
    return [{ field, ...(old !== undefined && { before: old }), ...(now !== undefined && { after: now }) }];
  });
}

/** A row of history for each step. What a new record had at first is told by the first change of it. */
export function writeHistory<State extends RecordState>(
  resource: Pick<Resource<State>, 'kind' | 'fields'>,
  steps: readonly Step<State>[],
  writer: Writer,
  action?: RecordChange['action'],
): Statement {
  const { principal, now } = writer;
  const rows = steps.map(({ before, after }) => ({
    id: writer.newId(),
    record: after.id,
    action: action ?? (before ? 'updated' : 'created'),
    changes: before ? diffRecords(resource, before, after) : [],
  }));
  return sql`insert into record_history (id, kind, record_id, at, action, actor_id, actor_name, changes, trace_id)
    select h.id, ${resource.kind}, h.record, ${new Date(now)}::timestamptz, h.action, ${principal.id}, ${principal.name}, h.changes, ${currentTraceId() ?? null}
    from json_to_recordset(${JSON.stringify(rows)}::json) as h(id uuid, record uuid, action text, changes jsonb)`;
}

interface HistoryRow {
  id: string;
  action: RecordChange['action'];
  actorId: string;
  actorName: string;
  at: Date;
  changes: FieldDifference[];
  traceId: string | null;
}

/** What became of a record, the latest first. */
export async function listHistory(
  database: Database,
  kind: RecordKind,
  { id, limit = 50, after }: { id: string; limit?: number; after?: string },
): Promise<RecordHistory> {
  const further = after === undefined ? sql`true` : sql`id < ${decodeCursor(after, ['uuid'], '-id')[0]}`;
  const rows = await database.query<HistoryRow>(
    sql`select id, action, actor_id as "actorId", actor_name as "actorName", at, changes, trace_id as "traceId" from record_history
      where record_id = ${id} and kind = ${kind} and ${further} order by record_history.id desc limit ${limit + 1}`,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(toChange), ...(rows.length > limit && last && { next: encodeCursor([last.id], '-id') }) };
}

function toChange({ at, traceId, changes, ...row }: HistoryRow): RecordChange {
  const asText = ({ field, before, after }: FieldDifference) => ({
    field,
    ...(before !== undefined && { before: JSON.stringify(before) }),
    ...(after !== undefined && { after: JSON.stringify(after) }),
  });
  return { ...row, at: at.toISOString(), changes: changes.map(asText), ...(traceId !== null && { traceId }) };
}
