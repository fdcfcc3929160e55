import { sql } from '../../../platform/postgres/sql.ts';
import { type Answer, eventually } from '../../mesh/api.ts';
import { type EdgeHub, startHub, type Transport } from '../start-hub.ts';

export interface Ticket {
  id: string;
  number: string;
  version: number;
  subject: string;
  status: string;
}
interface Problem {
  type: string;
  status: number;
  detail: string;
  errors?: { pointer: string; message: string }[];
}
export interface Result {
  status: number;
  etag?: string;
  location?: string;
  replayed?: true;
  body?: Ticket;
  problem?: Problem;
}
export interface Outcome extends Problem {
  results: Result[];
}

export const all = { mode: 'all' };
export const statuses = ({ results }: Outcome) => results.map(({ status }) => status);
export const pointers = ({ errors = [] }: { errors?: { pointer: string }[] }) => errors.map(({ pointer }) => pointer);

/** Operations on tickets, as a sender writes them. */
export const open = (subject: string, more: object = {}) => ({ method: 'POST', body: { type: 'incident', subject, ...more } });
export const rename = ({ id }: Ticket, subject: string, version: number) => ({
  method: 'PATCH',
  path: `/${id}`,
  ifMatch: `"${version}"`,
  body: { subject },
});

export interface BatchDesk extends EdgeHub {
  send(operations: object[], more?: object, headers?: Record<string, string>): Promise<Answer<Outcome>>;
  newTicket(): Promise<Ticket>;
  read(ticket: Ticket): Promise<Ticket>;
  countBySubject(subject: string): Promise<number>;
  /** All that commands on tickets leave behind, apart from drawn numbers. */
  countRows(): Promise<Record<string, number>>;
  /** The log's events of these tickets once there are `count`: `0 TicketOpened`, the ticket by its place. */
  eventsOf(ids: readonly string[], count: number): Promise<string[]>;
  /** Holds a row of a service, as a transaction of somebody else would. */
  hold(service: string, table: string, id: string): Promise<{ untilWaiting(count: number): Promise<unknown>; release(): Promise<void> }>;
}

export async function openBatchDesk(services: readonly string[], transport: Transport, environment: Record<string, string> = {}): Promise<BatchDesk> {
  const hub = await startHub(['tickets', ...services], environment, transport);
  const { api } = hub;
  const tickets = hub.database('tickets');
  return {
    ...hub,
    send: (operations, more = {}, headers = {}) => api.post('/api/v1/tickets:batch', { operations, ...more }, headers),
    newTicket: async () => (await api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'before' })).body,
    read: async ({ id }) => (await api.get<Ticket>(`/api/v1/tickets/${id}`)).body,
    async countBySubject(subject) {
      const [row] = await tickets.query<{ count: number }>(sql`select count(*)::int as count from ticket where subject = ${subject}`);
      return row?.count ?? 0;
    },
    async countRows() {
      const [row = {}] = await tickets.query<Record<string, number>>(sql`select (select count(*)::int from ticket) as tickets,
        (select count(*)::int from history) as history, (select count(*)::int from comment) as comments,
        (select count(*)::int from outbox) + (select count(*)::int from bus_log) as events, (select count(*)::int from idempotency) as keys,
        (select coalesce(sum(version), 0)::int from ticket) as versions`);
      return row;
    },
    eventsOf: (ids, count) =>
      eventually(async () => {
        const rows = await tickets.query<{ key: string; type: string }>(sql`select key, type from bus_log where key = any(${ids}) order by pos`);
        return rows.length >= count && rows.map(({ key, type }) => `${ids.indexOf(key)} ${type.split('.').at(-1)}`);
      }),
    async hold(service, table, id) {
      const database = hub.database(service);
      const client = await database.openClient();
      await client.query('begin');
      await client.query(`select 1 from ${table} where id = $1 for update`, [id]);
      return {
        untilWaiting: (count) =>
          eventually(async () => {
            const waiting = await database.query(sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`);
            return waiting.length >= count;
          }),
        async release() {
          await client.query('commit');
          await client.end();
        },
      };
    },
  };
}
