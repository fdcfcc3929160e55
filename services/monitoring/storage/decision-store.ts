import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';

/** The latest episode of a group of alerts that share an incident. */
export interface AlertGroup {
  key: string;
  /** Counts the group's incidents, from 1. */
  episode: number;
  incidentId: string;
  incidentNumber: string;
  open: boolean;
  version: number;
}

export interface Decision {
  alertId: string;
  itemId?: string;
  incident?: { id: string; number: string };
  explanation: string;
  /** RFC 3339; only of an alert with an item, once it was told that it is over. */
  endedAt?: string;
}

export async function readGroups(database: Database, where: Statement): Promise<AlertGroup[]> {
  const rows = await database.query<{ key: string; episode: number; incident_id: string; incident_number: string; open: boolean; version: number }>(
    sql`select key, episode, incident_id, incident_number, open, version from alert_group where ${where}`,
  );
  return rows.map(({ incident_id, incident_number, ...row }) => ({ ...row, incidentId: incident_id, incidentNumber: incident_number }));
}

/** Writes groups at their next version; a group that somebody else moved on meanwhile makes the commit a conflict. */
export function writeGroups(groups: readonly AlertGroup[]): Statement {
  const rows = groups.map((group) => ({ ...group, incident_id: group.incidentId, incident_number: group.incidentNumber }));
  return exactly(
    groups.length,
    sql`insert into alert_group (key, episode, incident_id, incident_number, open, version)
      select key, episode, incident_id, incident_number, open, version from json_populate_recordset(null::alert_group, ${JSON.stringify(rows)}::json)
      on conflict (key) do update set episode = excluded.episode, incident_id = excluded.incident_id, incident_number = excluded.incident_number,
        open = excluded.open, version = excluded.version
      where alert_group.version = excluded.version - 1 returning 1`,
  );
}

export function insertDecisions(decisions: readonly Decision[]): Statement {
  const rows = decisions.map(({ alertId, itemId, incident, explanation, endedAt }) => ({
    alert_id: alertId,
    item_id: itemId,
    incident_id: incident?.id,
    incident_number: incident?.number,
    explanation,
    ended_at: endedAt,
  }));
  return sql`insert into decision select * from json_populate_recordset(null::decision, ${JSON.stringify(rows)}::json) on conflict (alert_id) do nothing`;
}

/** Those of the alerts about which a decision stands. */
export async function readDecided(database: Database, alertIds: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ alert_id: string }>(sql`select alert_id from decision where alert_id = any(${alertIds}::uuid[])`);
  return new Set(rows.map(({ alert_id }) => alert_id));
}

/** What was decided about these alerts, as far as their end needs it. */
export async function readDecisions(database: Database, alertIds: readonly string[]): Promise<Map<string, StandingDecision>> {
  const rows = await database.query<{ alert_id: string; item_id: string | null; incident_id: string | null; is_over: boolean }>(
    sql`select alert_id, item_id, incident_id, ended_at is not null as is_over from decision where alert_id = any(${alertIds}::uuid[])`,
  );
  return new Map(
    rows.map(({ alert_id, item_id, incident_id, is_over }) => [
      alert_id,
      { isOver: is_over, ...(item_id !== null && { itemId: item_id }), ...(incident_id !== null && { incidentId: incident_id }) },
    ]),
  );
}

export interface StandingDecision {
  itemId?: string;
  incidentId?: string;
  /** It was told that the alert is over. */
  isOver: boolean;
}

/** Notes when alerts ended; when somebody else did so meanwhile the commit is a conflict. */
export function endDecisions(endings: readonly { alertId: string; endsAt: string }[]): Statement {
  return exactly(
    endings.length,
    sql`update decision d set ended_at = n.ended_at
      from unnest(${endings.map(({ alertId }) => alertId)}::uuid[], ${endings.map(({ endsAt }) => endsAt)}::timestamptz[]) as n(alert_id, ended_at)
      where d.alert_id = n.alert_id and d.ended_at is null returning 1`,
  );
}

/** Which of the incidents still have an open alert, counting alerts that are being attached to them now. */
export async function readBurning(
  database: Database,
  incidentIds: readonly string[],
  attaching: readonly { alertId: string; incidentId: string }[],
): Promise<Set<string>> {
  const rows = await database.query<{ incident_id: string }>(
    sql`select distinct incident_id from (
        select alert_id, incident_id from decision where incident_id = any(${incidentIds}::uuid[])
        union all select * from unnest(${attaching.map(({ alertId }) => alertId)}::uuid[], ${attaching.map(({ incidentId }) => incidentId)}::uuid[])
      ) attached(alert_id, incident_id) join alert on alert.id = alert_id and alert.status = 'open'`,
  );
  return new Set(rows.map((row) => row.incident_id));
}
