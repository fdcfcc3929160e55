import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { ImpactSummary } from '../domain/impact-summary.ts';

export interface StoredImpact {
  ticketId: string;
  /** The version of the ticket whose items it is about. */
  ticketVersion: number;
  summary: ImpactSummary;
}

export async function readImpact(database: Database, ticketId: string): Promise<ImpactSummary | undefined> {
  const [row] = await database.query<{ summary: ImpactSummary }>(sql`select summary from computed_impact where ticket_id = ${ticketId}`);
  return row?.summary;
}

/** What is about older items of a ticket than what is stored changes nothing. It returns a row for each that was written. */
export function writeImpacts(impacts: readonly StoredImpact[]): Statement {
  const rows = impacts.map(({ ticketId, ticketVersion, summary }) => ({ ticket_id: ticketId, ticket_version: ticketVersion, summary }));
  return sql`insert into computed_impact (ticket_id, ticket_version, summary)
    select ticket_id, ticket_version, summary from json_populate_recordset(null::computed_impact, ${JSON.stringify(rows)}::json)
    on conflict (ticket_id) do update set ticket_version = excluded.ticket_version, summary = excluded.summary
      where computed_impact.ticket_version <= excluded.ticket_version
    returning 1`;
}

export function dropImpacts(ticketIds: readonly string[]): Statement {
  return sql`delete from computed_impact where ticket_id = any(${ticketIds}::uuid[])`;
}
