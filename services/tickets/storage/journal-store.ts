import type { FieldChange, HistoryEntry } from '../../../generated/opora/tickets/v1/tickets.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';

/** What happened to a ticket, as it is kept. */
export interface JournalEntry {
  ticketId: string;
  id: string;
  action: HistoryEntry['action'];
  actorId: string;
  actorName: string;
  at: number;
  changes: readonly FieldChange[];
  explanation?: string;
  traceId?: string;
}

export interface CommentState {
  id: string;
  ticketId: string;
  authorId: string;
  authorName: string;
  text: string;
  internal: boolean;
  createdAt: number;
}

export function insertHistory(entries: readonly JournalEntry[]): Statement {
  const rows = entries.map((entry) => ({
    ticket_id: entry.ticketId,
    id: entry.id,
    action: entry.action,
    actor_id: entry.actorId,
    actor_name: entry.actorName,
    at: new Date(entry.at).toISOString(),
    changes: entry.changes,
    explanation: entry.explanation,
    trace_id: entry.traceId,
  }));
  return sql`insert into history select * from json_populate_recordset(null::history, ${JSON.stringify(rows)}::json)`;
}

export function insertComment(comment: CommentState): Statement {
  return sql`insert into comment (ticket_id, id, author_id, author_name, text, internal, created_at)
    values (${comment.ticketId}, ${comment.id}, ${comment.authorId}, ${comment.authorName}, ${comment.text}, ${comment.internal}, ${new Date(comment.createdAt)})`;
}

export async function hasPublicAnswer(database: Database, ticketId: string, callerId: string | undefined): Promise<boolean> {
  const rows = await database.query(
    sql`select 1 from comment where ticket_id = ${ticketId} and not internal and author_id is distinct from ${callerId ?? null}::text limit 1`,
  );
  return rows.length > 0;
}

export async function readHistory(database: Database, ticketId: string, afterId: string | undefined, limit: number): Promise<JournalEntry[]> {
  const rows = await database.query<{
    id: string;
    action: HistoryEntry['action'];
    actor_id: string;
    actor_name: string;
    at: Date;
    changes: FieldChange[];
    explanation: string | null;
    trace_id: string | null;
  }>(sql`select id, action, actor_id, actor_name, at, changes, explanation, trace_id from history
    where ticket_id = ${ticketId} and (${afterId ?? null}::uuid is null or id > ${afterId ?? null}::uuid) order by id limit ${limit}`);
  return rows.map((row) => ({
    ticketId,
    id: row.id,
    action: row.action,
    actorId: row.actor_id,
    actorName: row.actor_name,
    at: row.at.getTime(),
    changes: row.changes,
    ...(row.explanation !== null && { explanation: row.explanation }),
    ...(row.trace_id !== null && { traceId: row.trace_id }),
  }));
}

/** The steps that tickets took from status to status, oldest first, by the tickets' ids. */
export async function readSteps(database: Database, ticketIds: readonly string[]): Promise<Map<string, { before: string; after: string }[]>> {
  const rows = await database.query<{ ticket_id: string; changes: FieldChange[] }>(
    sql`select ticket_id, changes from history where ticket_id = any(${ticketIds}::uuid[]) and action = 'transitioned' order by ticket_id, id`,
  );
  const steps = new Map<string, { before: string; after: string }[]>();
  for (const { ticket_id, changes } of rows) {
    const change = changes.find(({ field }) => field === 'status');
    if (change?.before === undefined || change.after === undefined) continue;
    steps.set(ticket_id, [...(steps.get(ticket_id) ?? []), { before: change.before, after: change.after }]);
  }
  return steps;
}

export async function readComments(
  database: Database,
  ticketId: string,
  { afterId, limit, withInternal }: { afterId?: string; limit: number; withInternal: boolean },
): Promise<CommentState[]> {
  const rows = await database.query<{ id: string; author_id: string; author_name: string; text: string; internal: boolean; created_at: Date }>(
    sql`select id, author_id, author_name, text, internal, created_at from comment
      where ticket_id = ${ticketId} and (${withInternal} or not internal) and (${afterId ?? null}::uuid is null or id > ${afterId ?? null}::uuid)
      order by id limit ${limit}`,
  );
  return rows.map((row) => ({
    id: row.id,
    ticketId,
    authorId: row.author_id,
    authorName: row.author_name,
    text: row.text,
    internal: row.internal,
    createdAt: row.created_at.getTime(),
  }));
}
