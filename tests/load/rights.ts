import pg from 'pg';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { type Benchmark, milliseconds, type Row, spreadOf, thousands } from './benchmark.ts';
import { type BenchHub, startBenchHub } from './hub.ts';

const rows = 1_000_000;
const rounds = 400;
const types = ['incident', 'request', 'problem', 'change', 'task', 'release'];
const priorities = ['critical', 'high', 'moderate', 'low', 'planning'];

/** Thirty conditions, no two alike, that show together about half of the tickets; and thirty that show one in some thousands. */
const half = Array.from(
  { length: 30 },
  (_, index) =>
    `ticket.type == "${types[index % 6]}" && ticket.priority == "${priorities[index % 5]}" && (ticket.assigneeId == me.id || ticket.status in ["new", "s${index % 2}"])`,
);
const few = Array.from({ length: 30 }, (_, index) => `ticket.assigneeId == "engineer-${index}" && ticket.type != "${types[index % 6]}"`);

export const rights: Benchmark = {
  name: 'rights',
  async run(report) {
    const hub = await startBenchHub({ OPORA_RATE_PER_TOKEN: '1000000' });
    const client = new pg.Client(toClientConfig(hub.postgres.connection, 'public'));
    await client.connect();
    try {
      report(`${thousands(rows)} tickets`);
      await fill(client);
      const [all, some, rare] = [await makeReader(hub, 'all', undefined), await makeReader(hub, 'half', half), await makeReader(hub, 'few', few)];
      report(`${rounds} pages each, in turn`);
      return [
        await compare(hub, 'a page of 50, newest first', '/api/v1/tickets', [all, some], 'half of them'),
        await compare(
          hub,
          'the same of incidents by the time of their change',
          '/api/v1/tickets?type=incident&sort=-updatedAt',
          [all, some],
          'half of them',
        ),
        await compare(hub, 'a page of 50, newest first', '/api/v1/tickets', [all, rare], 'one in 3 000'),
      ];
    } finally {
      await client.end();
      await hub.stop();
    }
  },
};

async function fill(client: pg.Client): Promise<void> {
  await client.query(
    `insert into tickets.ticket (id, number, type, lifecycle_version, status, subject, impact, urgency, priority, assignee_id, items, alert_ids, taken_over, version,
       created_at, updated_at, is_over)
     select gen_random_uuid(), 'T-' || n, ($1::text[])[1 + n % 6], 1, case when n % 7 < 3 then 'new' else 's' || n % 3 end, 'Ticket ' || n, 'low', 'low', ($2::text[])[1 + n / 6 % 5],
       'engineer-' || n % 90000, '{}', '{}', false, 1, now() - n * interval '10 s', now() - (n * 7919 % $3::int) * interval '10 s', false
     from generate_series(1, $3::int) n`,
    [types, priorities, rows],
  );
  await client.query('vacuum analyze tickets.ticket');
}

/** The token of somebody with these conditions, or with the whole permission. */
async function makeReader(hub: BenchHub, name: string, conditions: readonly string[] | undefined): Promise<string> {
  const post = async <Body>(path: string, body: object) => {
    const { status, body: text } = await hub.send('POST', path, JSON.stringify(body));
    if (status !== 201) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as Body;
  };
  const grants = (conditions ?? []).map((condition) => ({ permission: 'tickets.read', condition, without: [] }));
  const parts = conditions ? [grants.slice(0, 10), grants.slice(10, 20), grants.slice(20)] : [[]];
  for (const [index, part] of parts.entries()) {
    await post('/api/v1/roles', {
      name: `${name}_${index}`,
      titleEn: name,
      titleRu: name,
      permissions: conditions ? [] : ['tickets.read'],
      grants: part,
    });
  }
  const { id } = await post<{ id: string }>('/api/v1/accounts', { login: name, name, roles: parts.map((_, index) => `${name}_${index}`) });
  return (await post<{ secret: string }>('/api/v1/tokens', { name, accountId: id })).secret;
}

async function compare(hub: BenchHub, what: string, path: string, [whole, granted]: [string, string], seen: string): Promise<Row> {
  const samples = { whole: [] as number[], granted: [] as number[] };
  for (let round = -20; round < rounds; round++) {
    for (const [kind, token] of [
      ['whole', whole],
      ['granted', granted],
    ] as const) {
      const began = performance.now();
      const response = await fetch(hub.url + path, { headers: { authorization: `Bearer ${token}` } });
      const page = (await response.json()) as { items?: unknown[] };
      if (page.items?.length !== 50) throw new Error(`${path} as ${kind}: ${response.status} with ${page.items?.length} tickets`);
      if (round >= 0) samples[kind].push(performance.now() - began);
    }
  }
  const [bare, spread] = [spreadOf(samples.whole), spreadOf(samples.granted)];
  const ratio = spread.p50 / bare.p50;
  return {
    what: `${what}, of ${thousands(rows)} tickets, by 30 grants with conditions that show ${seen}`,
    measured: `p50 ${milliseconds(spread.p50)}, p99 ${milliseconds(spread.p99)}`,
    floor: `the same page by the whole permission: p50 ${milliseconds(bare.p50)}, p99 ${milliseconds(bare.p99)}`,
    ratio,
    reach: '≤ 1.3 × the same',
    reached: ratio <= 1.3,
  };
}
