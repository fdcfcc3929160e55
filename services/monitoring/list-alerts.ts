import type { Alert, Event, ListAlertsRequest, ListEventsRequest } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';

interface AlertRow
  extends Pick<Alert, 'id' | 'source' | 'fingerprint' | 'status' | 'name' | 'severity' | 'summary' | 'labels' | 'annotations' | 'repeats'> {
  starts_at: Date;
  ends_at: Date | null;
  last_seen_at: Date;
  created_at: Date;
  item_id: string | null;
  incident_id: string | null;
  incident_number: string | null;
  explanation: string | null;
}

export async function readAlerts(database: Database, where: Statement): Promise<Alert[]> {
  const rows = await database.query<AlertRow>(
    sql`select id, source, fingerprint, status, name, severity, summary, labels, annotations, repeats, starts_at, ends_at, last_seen_at, created_at,
      item_id, incident_id, incident_number, explanation
      from alert left join decision on decision.alert_id = alert.id where ${where}`,
  );
  return rows.map(({ starts_at, ends_at, last_seen_at, created_at, item_id, incident_id, incident_number, explanation, ...row }) => ({
    ...row,
    startsAt: starts_at.toISOString(),
    ...(ends_at && { endsAt: ends_at.toISOString() }),
    lastSeenAt: last_seen_at.toISOString(),
    createdAt: created_at.toISOString(),
    ...(item_id !== null && { itemId: item_id }),
    ...(incident_id !== null && { incidentId: incident_id }),
    ...(incident_number !== null && { incidentNumber: incident_number }),
    ...(explanation !== null && { explanation }),
  }));
}

export async function listAlerts(database: Database, request: ListAlertsRequest): Promise<{ items: Alert[]; next?: string }> {
  const limit = request.limit ?? 50;
  const conditions: Statement[] = [sql`true`];
  if (request.status !== undefined) conditions.push(sql`status = ${request.status}`);
  if (request.fingerprint !== undefined) conditions.push(sql`fingerprint = ${request.fingerprint}`);
  if (request.itemId !== undefined) conditions.push(sql`item_id = ${request.itemId}`);
  if (request.incidentId !== undefined) conditions.push(sql`incident_id = ${request.incidentId}`);
  if (request.after !== undefined) {
    const [moment, id] = decodeCursor(request.after, ['time', 'uuid'], '-createdAt');
    conditions.push(sql`(created_at, id) < (${moment}::timestamptz, ${id}::uuid)`);
  }
  const rows = await readAlerts(database, sql`${joinSql(conditions, ' and ')} order by created_at desc, id desc limit ${limit + 1}`);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: encodeCursor([last.createdAt, last.id], '-createdAt') }) };
}

export async function listEvents(database: Database, request: ListEventsRequest): Promise<{ items: Event[]; next?: string }> {
  const limit = request.limit ?? 50;
  const conditions: Statement[] = [request.rejected ? sql`problem is not null` : sql`true`];
  if (request.after !== undefined) {
    const [moment, id] = decodeCursor(request.after, ['time', 'uuid'], '-receivedAt');
    conditions.push(sql`(received_at, id) < (${moment}::timestamptz, ${id}::uuid)`);
  }
  const rows = await database.query<{ id: string; source: string; content_type: string; body: Buffer; received_at: Date; problem: string | null }>(
    sql`select id, source, content_type, body, received_at, problem from raw_event where ${joinSql(conditions, ' and ')}
      order by received_at desc, id desc limit ${limit + 1}`,
  );
  const items = rows.slice(0, limit).map((row) => ({
    id: row.id,
    source: row.source,
    contentType: row.content_type,
    body: row.body.toString(),
    receivedAt: row.received_at.toISOString(),
    ...(row.problem !== null && { problem: row.problem }),
  }));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: encodeCursor([last.receivedAt, last.id], '-receivedAt') }) };
}
