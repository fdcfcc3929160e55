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
  const rows = decisions.map(({ alertId, itemId, incident, explanation }) => ({
    alert_id: alertId,
    item_id: itemId,
    incident_id: incident?.id,
    incident_number: incident?.number,
    explanation,
  }));
  return sql`insert into decision select * from json_populate_recordset(null::decision, ${JSON.stringify(rows)}::json) on conflict (alert_id) do nothing`;
}

/** Those of the alerts about which a decision stands. */
export async function readDecided(database: Database, alertIds: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ alert_id: string }>(sql`select alert_id from decision where alert_id = any(${alertIds}::uuid[])`);
  return new Set(rows.map(({ alert_id }) => alert_id));
}

/** Incidents of the given alerts, by alert. */
export async function readIncidentsOf(database: Database, alertIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.query<{ alert_id: string; incident_id: string }>(
    sql`select alert_id, incident_id from decision where alert_id = any(${alertIds}::uuid[]) and incident_id is not null`,
  );
  return new Map(rows.map((row) => [row.alert_id, row.incident_id]));
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
