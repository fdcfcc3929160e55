import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { TicketState } from '../domain/ticket.ts';

/** A row as PostgreSQL gives it; the columns are those of `migrations/`. */
interface TicketRow {
  id: string;
  number: string;
  type: TicketState['type'];
  lifecycle: string | null;
  lifecycle_version: number;
  matrix_version: number | null;
  status: string;
  subject: string;
  description: string | null;
  impact: TicketState['impact'];
  urgency: TicketState['urgency'];
  priority: TicketState['priority'];
  caller_id: string | null;
  assignee_id: string | null;
  items: string[];
  service_id: string | null;
  external_system: string | null;
  external_id: string | null;
  raise_key: string | null;
  alert_ids: string[];
  taken_over: boolean;
  form: string | null;
  resolution: string | null;
  explanation: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  planned_start: Date | null;
  planned_end: Date | null;
  is_over: boolean;
}

export async function readTickets(database: Database, where: Statement): Promise<TicketState[]> {
  const rows = await database.query<TicketRow>(
    sql`select id, number, type, lifecycle, lifecycle_version, matrix_version, status, subject, description, impact, urgency, priority, caller_id, assignee_id, items, service_id,
      external_system, external_id, raise_key, alert_ids, taken_over, form, resolution, explanation, version, created_at, updated_at,
      planned_start, planned_end, is_over
      from ticket where ${where}`,
  );
  return rows.map(toState);
}

export function insertTickets(tickets: readonly TicketState[]): Statement {
  return sql`insert into ticket (id, number, type, lifecycle, lifecycle_version, matrix_version, status, subject, description, impact, urgency, priority, caller_id, assignee_id, items,
      service_id, external_system, external_id, raise_key, alert_ids, taken_over, form, resolution, explanation, version, created_at, updated_at,
      planned_start, planned_end, is_over)
    select id, number, type, lifecycle, lifecycle_version, matrix_version, status, subject, description, impact, urgency, priority, caller_id, assignee_id, items,
      service_id, external_system, external_id, raise_key, alert_ids, taken_over, form, resolution, explanation, version, created_at, updated_at,
      planned_start, planned_end, is_over
    from json_populate_recordset(null::ticket, ${JSON.stringify(tickets.map(toRow))}::json)`;
}

/** Writes the changed fields of tickets, each only if it still has the version before; otherwise the commit is a conflict. */
export function updateTickets(tickets: readonly TicketState[]): Statement {
  return exactly(
    tickets.length,
    sql`update ticket t set subject = n.subject, description = n.description, impact = n.impact, urgency = n.urgency, priority = n.priority,
        assignee_id = n.assignee_id, service_id = n.service_id, status = n.status, lifecycle_version = n.lifecycle_version,
        resolution = n.resolution, taken_over = n.taken_over,
        items = n.items, planned_start = n.planned_start, planned_end = n.planned_end, is_over = n.is_over,
        version = n.version, updated_at = n.updated_at
      from json_populate_recordset(null::ticket, ${JSON.stringify(tickets.map(toRow))}::json) n
      where t.id = n.id and t.version = n.version - 1 returning 1`,
  );
}

/** Draws serial numbers, `count` at a time; a number drawn and not used is a gap, never a double. */
export async function drawSerials(database: Database, type: TicketState['type'], count: number): Promise<number[]> {
  const rows = await database.query<{ serial: string }>(
    sql`select nextval(${`ticket_number_${type}`}) as serial from generate_series(1, ${count}::int)`,
  );
  return rows.map((row) => Number(row.serial));
}

function toState(row: TicketRow): TicketState {
  return {
    id: row.id,
    number: row.number,
    type: row.type,
    lifecycle: row.lifecycle ?? row.type,
    lifecycleVersion: row.lifecycle_version,
    matrixVersion: row.matrix_version ?? 1,
    status: row.status,
    subject: row.subject,
    ...(row.description !== null && { description: row.description }),
    impact: row.impact,
    urgency: row.urgency,
    priority: row.priority,
    ...(row.caller_id !== null && { callerId: row.caller_id }),
    ...(row.assignee_id !== null && { assigneeId: row.assignee_id }),
    items: row.items,
    ...(row.service_id !== null && { serviceId: row.service_id }),
    ...(row.external_system !== null && row.external_id !== null && { externalReference: { system: row.external_system, id: row.external_id } }),
    ...(row.raise_key !== null && { raiseKey: row.raise_key }),
    alertIds: row.alert_ids,
    takenOver: row.taken_over,
    ...(row.form !== null && { form: row.form }),
    ...(row.resolution !== null && { resolution: row.resolution }),
    ...(row.explanation !== null && { explanation: row.explanation }),
    version: row.version,
    createdAt: row.created_at.getTime(),
    updatedAt: row.updated_at.getTime(),
    ...(row.planned_start !== null && { plannedStart: row.planned_start.getTime() }),
    ...(row.planned_end !== null && { plannedEnd: row.planned_end.getTime() }),
    isOver: row.is_over,
  };
}

function toRow(ticket: TicketState) {
  return {
    id: ticket.id,
    number: ticket.number,
    type: ticket.type,
    lifecycle: ticket.lifecycle,
    lifecycle_version: ticket.lifecycleVersion,
    matrix_version: ticket.matrixVersion,
    status: ticket.status,
    subject: ticket.subject,
    description: ticket.description,
    impact: ticket.impact,
    urgency: ticket.urgency,
    priority: ticket.priority,
    caller_id: ticket.callerId,
    assignee_id: ticket.assigneeId,
    items: ticket.items,
    service_id: ticket.serviceId,
    external_system: ticket.externalReference?.system,
    external_id: ticket.externalReference?.id,
    raise_key: ticket.raiseKey,
    alert_ids: ticket.alertIds,
    taken_over: ticket.takenOver,
    form: ticket.form,
    resolution: ticket.resolution,
    explanation: ticket.explanation,
    version: ticket.version,
    created_at: new Date(ticket.createdAt).toISOString(),
    updated_at: new Date(ticket.updatedAt).toISOString(),
    ...(ticket.plannedStart !== undefined && { planned_start: new Date(ticket.plannedStart).toISOString() }),
    ...(ticket.plannedEnd !== undefined && { planned_end: new Date(ticket.plannedEnd).toISOString() }),
    is_over: ticket.isOver,
  };
}
