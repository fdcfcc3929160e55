import pg from 'pg';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { mergeChanges } from '../../platform/postgres/merge-changes.ts';
import { openDatabase } from '../../platform/postgres/open-database.ts';
import { render } from '../../platform/postgres/sql.ts';
import type { TicketState } from '../../services/tickets/domain/ticket.ts';
import { insertHistory } from '../../services/tickets/storage/journal-store.ts';
import { insertTickets } from '../../services/tickets/storage/ticket-store.ts';
import { type Benchmark, drive, milliseconds, perSecond, spreadOf, thousands } from './benchmark.ts';
import { type BenchHub, readLag, startBenchHub, waitUntil } from './hub.ts';

const lanes = 32;
const count = 20_000;
const warmUp = 4_000;

export const tickets: Benchmark = {
  name: 'tickets',
  async run(report) {
    const hub = await startBenchHub();
    try {
      report(`raw: ${count} tickets by the pg client, ${lanes} at once`);
      const raw = await insertRaw(hub);
      report(`hub: ${count} tickets over HTTP, ${lanes} at once`);
      const create = (index: number) => createTicket(hub, index);
      await drive(warmUp, lanes, create);
      const measured = await drive(count, lanes, create);
      const caughtUp = await waitUntil(async () => (await readLag(hub)) === 0, 60);
      const rate = perSecond(count, measured.seconds);
      const { p50, p99 } = spreadOf(measured.each);
      const ratio = rate / raw;
      return [
        {
          what: `ticket create over HTTP, ${lanes} at once`,
          measured: `${thousands(rate)}/s, p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`,
          floor: `the same rows and outbox row in one statement by the pg client: ${thousands(raw)}/s`,
          ratio,
          reach: '≥ 0.35, ≥ 1 500/s, p99 < 80 ms',
          reached: ratio >= 0.35 && rate >= 1_500 && p99 < 80,
        },
        { what: 'every subscriber caught up after the last of them', measured: `${caughtUp.toFixed(1)} s`, reach: '≤ 5 s', reached: caughtUp <= 5 },
      ];
    } finally {
      await hub.stop();
    }
  },
};

async function createTicket(hub: BenchHub, index: number): Promise<void> {
  const { status, body } = await hub.send('POST', '/api/v1/tickets', JSON.stringify(describe(index)));
  if (status !== 201) throw new Error(`A ticket was answered with ${status}: ${body}`);
}

function describe(index: number) {
  return {
    type: 'incident',
    subject: `Не печатает принтер в кабинете ${index}`,
    description: 'Задания остаются в очереди, на экране ошибка.',
    impact: 'low',
    urgency: 'medium',
  };
}

/** The same rows as the hub writes, in a database where nothing listens, each as one prepared statement over one of as many connections. */
async function insertRaw({ postgres }: BenchHub): Promise<number> {
  const admin = { ...postgres.connection, database: 'opora_floor' };
  const maker = new pg.Client(toClientConfig(postgres.connection, 'public'));
  await maker.connect();
  await maker.query('create database opora_floor');
  await maker.end();
  const migrations = new URL('../../services/tickets/storage/migrations/', import.meta.url);
  const made = await openDatabase({ admin, service: { name: 'tickets', migrations }, clock: systemClock, newId: newUuid });
  await made.close();

  const clients = Array.from({ length: lanes }, () => new pg.Client(toClientConfig(admin, 'tickets')));
  await Promise.all(clients.map((client) => client.connect()));
  const insert = async (index: number) => {
    const client = clients.pop();
    if (!client) throw new Error('There are fewer connections than callers.');
    await client.query({ name: 'insert', ...rawTicket(index) });
    clients.push(client);
  };
  await drive(warmUp, lanes, insert);
  const { seconds } = await drive(count, lanes, (index) => insert(index + warmUp));
  await Promise.all(clients.map((client) => client.end()));
  return perSecond(count, seconds);
}

function rawTicket(index: number): { text: string; values: unknown[] } {
  const now = Date.now();
  const ticket: TicketState = {
    ...describe(index),
    type: 'incident',
    impact: 'low',
    urgency: 'medium',
    id: newUuid(now),
    number: `INC-${index}`,
    lifecycle: 'incident',
    lifecycleVersion: 1,
    matrixVersion: 1,
    status: 'new',
    priority: 'low',
    items: [],
    alertIds: [],
    takenOver: false,
    isOver: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const entry = { ticketId: ticket.id, id: newUuid(now), action: 'created' as const, actorId: 'a', actorName: 'a', at: now, changes: [] };
  const event = { type: 'opora.tickets.v1.TicketOpened', key: ticket.id, data: ticket };
  const merged = mergeChanges({ statements: [insertTickets([ticket]), insertHistory([entry])], events: [event] }, { now, newId: () => newUuid(now) });
  if (!merged) throw new Error('There is nothing to write.');
  return render(merged);
}
