import pg from 'pg';
import { findFreePorts } from '../../deploy/engines/ports.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { formatConnection } from '../../platform/postgres/parse-connection.ts';
import type { Benchmark } from './benchmark.ts';
import { type BenchHub, readLag, startBenchHub, startProcess, untilReady, waitUntil } from './hub.ts';

const open = 100_000; // tickets with two clocks each
const due = 1_000;
const responseTarget = 15 * 60_000; // of critical tickets, by the definitions of a new installation

export const sla: Benchmark = {
  name: 'sla',
  async run(report) {
    const hub = await startBenchHub();
    const client = new pg.Client(toClientConfig(hub.postgres.connection, 'public'));
    await client.connect();
    try {
      report(`${open * 2} open clocks, begun by the events of ${open} tickets`);
      await announceTickets(client, open, () => Date.now());
      await waitUntil(async () => (await readLag(hub)) === 0, 300);
      report('a second hub process starts over them');
      const start = await measureStart(hub);

      report(`${due} clocks due in one second`);
      const moment = Date.now() + 15_000;
      await announceTickets(client, due, (index) => moment - responseTarget + (index * 1000) / due);
      await waitUntil(async () => (await countBreaches(client)) >= due, 60);
      const { rows } = await client.query<{ late: number }>(
        `select max(extract(epoch from appended_at - (data->>'deadline')::timestamptz))::float8 as late from sla.bus_log where type = 'opora.sla.v1.ClockBreached'`,
      );
      const late = rows[0]?.late ?? Number.POSITIVE_INFINITY;
      return [
        {
          what: `breach announced, ${due} due in one second among ${open * 2} open clocks`,
          measured: `the last ${(late * 1000).toFixed(0)} ms after its moment`,
          reach: '< 1 s late',
          reached: late < 1,
        },
        { what: `start with ${open * 2} open clocks`, measured: `${start.toFixed(1)} s to ready`, reach: '< 2 s', reached: start < 2 },
      ];
    } finally {
      await client.end();
      await hub.stop();
    }
  },
};

async function countBreaches(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from sla.bus_log where type = 'opora.sla.v1.ClockBreached'`);
  return rows[0]?.n ?? 0;
}

/** Tickets as their service announces them; the clocks know nothing else of a ticket. */
async function announceTickets(client: pg.Client, count: number, openedAt: (index: number) => number): Promise<void> {
  for (let from = 0; from < count; from += 5_000) {
    const indexes = Array.from({ length: Math.min(5_000, count - from) }, (_, index) => from + index);
    const rows = indexes.map((index) => {
      const ticketId = newUuid();
      const data = {
        ticketId,
        number: `INC-${index}`,
        type: 'incident',
        status: 'new',
        subject: 'Нагрузка',
        impact: 'high',
        urgency: 'high',
        priority: 'critical',
        items: [],
        version: 1,
      };
      return { event_id: newUuid(), type: 'opora.tickets.v1.TicketOpened', key: ticketId, time: new Date(openedAt(index)).toISOString(), data };
    });
    await client.query(
      `insert into tickets.outbox (event_id, type, key, time, data) select event_id, type, key, time, data
       from json_to_recordset($1::json) as t(event_id uuid, type text, key text, time timestamptz, data json)`,
      [JSON.stringify(rows)],
    );
  }
}

/** A process that runs only the clocks, over the same database. */
async function measureStart(hub: BenchHub): Promise<number> {
  const [port = 0] = await findFreePorts(1);
  const began = performance.now();
  const child = startProcess({
    OPORA_SERVICES: 'directory,sla,gateway',
    OPORA_DATABASE_URL: formatConnection(hub.postgres.connection),
    OPORA_PORT: String(port),
    OPORA_LOG_LEVEL: 'error',
  });
  await untilReady(`http://127.0.0.1:${port}`, child);
  const seconds = (performance.now() - began) / 1000;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  return seconds;
}
