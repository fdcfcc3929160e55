import type { Database } from '../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { KnownAlert, NewAlert } from '../domain/observation.ts';

/** What must be known to take observations in: per fingerprint all that is open, the newest occurrence, and the occurrences named. */
export async function readKnownAlerts(
  database: Database,
  source: string,
  named: readonly { fingerprint: string; startsAt: number }[],
): Promise<KnownAlert[]> {
  const rows = await database.query<{ id: string; fingerprint: string; starts_at: Date; status: string; name: string }>(
    // Each lateral with its limit is one descent of the unique index, whatever the planner believes of the table's size.
    sql`with named as (
        select distinct fingerprint, starts_at
        from unnest(${named.map(({ fingerprint }) => fingerprint)}::text[], ${named.map(({ startsAt }) => new Date(startsAt))}::timestamptz[]) as n(fingerprint, starts_at)
      )
      select a.* from (select distinct fingerprint from named) f cross join lateral (
        select id, fingerprint, starts_at, status, name from alert
        where source = ${source} and fingerprint = f.fingerprint order by starts_at desc limit 2
      ) a
      union
      select a.* from named n cross join lateral (
        select id, fingerprint, starts_at, status, name from alert
        where source = ${source} and fingerprint = n.fingerprint and starts_at = n.starts_at limit 1
      ) a`,
  );
  return rows.map((row) => ({
    id: row.id,
    fingerprint: row.fingerprint,
    startsAt: row.starts_at.getTime(),
    open: row.status === 'open',
    name: row.name,
  }));
}

export function insertAlerts(source: string, alerts: readonly NewAlert[], now: number): Statement {
  const at = new Date(now).toISOString();
  const rows = alerts.map(({ id, observation, open, endsAt, repeats }) => ({
    id,
    source,
    fingerprint: observation.fingerprint,
    starts_at: new Date(observation.startsAt).toISOString(),
    status: open ? 'open' : 'resolved',
    name: observation.name,
    severity: observation.severity,
    summary: observation.summary,
    labels: observation.labels,
    annotations: observation.annotations,
    generator_url: observation.generatorUrl,
    ends_at: endsAt === undefined ? undefined : new Date(endsAt).toISOString(),
    last_seen_at: at,
    repeats,
    created_at: at,
  }));
  return sql`insert into alert select * from json_populate_recordset(null::alert, ${JSON.stringify(rows)}::json)`;
}

/** Ends known alerts and counts repeats; an alert that is both in one batch must be in `ended` with its repeats. */
export function updateAlerts(ended: readonly { id: string; endsAt: number }[], repeated: ReadonlyMap<string, number>, now: number): Statement {
  const endings = new Map(ended.map(({ id, endsAt }) => [id, endsAt]));
  const ids = [...new Set([...endings.keys(), ...repeated.keys()])];
  return sql`update alert a set
      status = case when n.ends_at is null then a.status else 'resolved' end,
      ends_at = coalesce(a.ends_at, n.ends_at), repeats = a.repeats + n.repeats, last_seen_at = ${new Date(now)}
    from unnest(${ids}::uuid[], ${ids.map((id) => isoOrNull(endings.get(id)))}::timestamptz[], ${ids.map((id) => repeated.get(id) ?? 0)}::int[]) as n(id, ends_at, repeats)
    where a.id = n.id`;
}

function isoOrNull(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}

export interface RawEvent {
  id: string;
  source: string;
  contentType: string;
  body: Uint8Array;
  receivedAt: number;
  problem?: string;
}

export function insertRawEvents(events: readonly RawEvent[]): Statement {
  return sql`insert into raw_event (id, source, content_type, body, received_at, problem)
    select * from unnest(${events.map(({ id }) => id)}::uuid[], ${events.map(({ source }) => source)}::text[], ${events.map(({ contentType }) => contentType)}::text[],
      ${events.map(({ body }) => body)}::bytea[], ${events.map(({ receivedAt }) => new Date(receivedAt))}::timestamptz[], ${events.map(({ problem }) => problem ?? null)}::text[])`;
}
