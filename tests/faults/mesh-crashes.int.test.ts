import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CrashPoint, crashPoints } from '../../platform/faults/crash-point.ts';
import { describeWithMesh } from '../engines/describe-with.ts';
import { eventually } from '../mesh/api.ts';
import { type MeshHub, startMesh } from '../mesh/start-mesh.ts';
import { findDisorder } from './find-disorder.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { openIncidentOf, promiseWithin } from './short-promise.ts';

/** Imports die in a hub of one process, in `imports.int.test.ts`. */
type MeshPoint = Exclude<CrashPoint, 'import.after-page'>;

/** The service that dies at each point, and on which pass of it. */
const walks: Record<MeshPoint, { service: string; pass: number }> = {
  'rpc.after-commit': { service: 'tickets', pass: 14 },
  'ingest.after-commit': { service: 'monitoring', pass: 4 },
  'sequencer.before-move': { service: 'tickets', pass: 12 },
  'sequencer.after-move': { service: 'monitoring', pass: 6 },
  'relay.before-send': { service: 'tickets', pass: 10 },
  'relay.after-acknowledgement': { service: 'monitoring', pass: 6 },
  'subscriber.before-commit': { service: 'monitoring', pass: 5 },
  'subscriber.after-commit': { service: 'sla', pass: 6 },
  // The first timer that rings is a warning's, the second the deadline's.
  'timers.before-commit': { service: 'sla', pass: 2 },
  'timers.after-commit': { service: 'sla', pass: 2 },
  'projection.after-commit': { service: 'cmdb', pass: 2 },
  'source.after-page': { service: 'cmdb', pass: 2 },
};
const frozenFor = 60_000;
/** Items and relations, half of each. */
const farBehind = 20_000;

describeWithMesh('a mesh whose parts are killed under load', () => {
  let hub: MeshHub;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opora-crash-'));
    hub = await startMesh({ OPORA_CRASH_AT: `@${join(folder, 'choice')}` });
  }, 180_000);
  afterAll(async () => {
    await hub?.remove();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Has the service die at the point, once, while `work` is done and everybody else goes on; waits for it. */
  async function dieAt(point: MeshPoint, work: () => Promise<unknown>): Promise<void> {
    const { service, pass } = walks[point];
    await writeFile(join(folder, 'choice'), `${point}:${pass}`);
    process.kill(await hub.pidOf(service), 'SIGUSR2');
    await Promise.all([work(), eventually(async () => (await hub.logOf(service)).includes(`crash point ${point}\n`), { within: 60_000 })]);
  }

  /** What is put into the CMDB, sent again under its own key until it is there. */
  async function createItems(run: string, count: number): Promise<void> {
    const names = Array.from({ length: count }, (_, index) => `${run}-item-${index}`);
    const create = (name: string) => hub.api.post('/api/v1/cmdb/items', { class: 'server', name, lookups: [name] }, { 'idempotency-key': name });
    await Promise.all(names.map((name) => eventually(async () => (await create(name)).status === 201, { within: 120_000, every: 100 })));
  }

  const untilGraphIsEqual = () =>
    eventually(
      async () => {
        const status = await hub.api.get<{ state: string }>('/api/v1/cmdb/graph/status');
        if (status.body.state !== 'fresh') return false;
        const { body } = await hub.api.post<{ equal: boolean; records: { items: number } }>('/api/v1/cmdb/graph/verify', {});
        return body.equal && body.records.items;
      },
      { within: 90_000, every: 250 },
    );

  /** Loads until `harm` is over and a little longer; then nothing may be lost, doubled or out of its order. */
  async function survive(name: string, harm: (ledger: Ledger) => Promise<unknown>, rest = 0): Promise<void> {
    const ledger = openLedger(() => hub.api, `${name}-${process.pid}`);
    let harming = true;
    const harmed = harm(ledger).finally(() => {
      harming = false;
    });
    harmed.catch(() => undefined); // it is awaited below, unless something fails before
    while (harming) {
      await ledger.load(16);
      await sleep(rest);
    }
    await harmed;
    await ledger.load(16);
    await hub.revive();
    await hub.untilQuiet();
    await ledger.settle();
    expect(await findDisorder(await hub.database())).toEqual([]);
  }

  const plain = crashPoints.filter((point): point is MeshPoint => !/^(timers|projection|source|import)/.test(point));
  for (const point of plain) {
    it(`loses and doubles nothing when ${walks[point].service} dies at ${point}`, async () => {
      await survive(point.replaceAll('.', '-'), () => dieAt(point, async () => undefined));
    }, 180_000);
  }

  for (const point of ['timers.before-commit', 'timers.after-commit'] satisfies MeshPoint[]) {
    it(`announces each warning and each breach once when sla dies at ${point}`, async () => {
      const opened: string[] = [];
      const serviceId = await promiseWithin(hub.api, 'PT2S');
      await survive(point.replaceAll('.', '-'), () =>
        dieAt(point, async () => {
          for (let count = 0; count < 4; count++) opened.push(await openIncidentOf(hub.api, serviceId));
        }),
      );
      for (const id of opened) {
        const actions = await eventually(async () => {
          const { body } = await hub.api.get<{ items: { kind: string; history: { action: string }[] }[] }>(`/api/v1/tickets/${id}/clocks`);
          const history = body.items.flatMap((clock) => (clock.kind === 'resolution' ? clock.history.map(({ action }) => action) : []));
          return history.includes('breached') && history;
        });
        expect(actions).toEqual(['started', 'warned', 'breached']);
      }
      await hub.untilQuiet();
      expect(await findDisorder(await hub.database())).toEqual([]);
    }, 180_000);
  }

  it('has the same graph in Neo4j as in the records when cmdb dies at projection.after-commit', async () => {
    const point = 'projection.after-commit';
    await survive('projection', () => dieAt(point, () => createItems('projected', 12)));
    await untilGraphIsEqual();
  }, 180_000);

  it('takes each record of a source in once when cmdb dies at source.after-page', async () => {
    const point = 'source.after-page';
    const say = async (page: number) => {
      const items = Array.from({ length: 50 }, (_, index) => ({ key: `${page}-${index}`, class: 'server', name: `reported-${page}-${index}` }));
      const { status } = await hub.api.post('/api/v1/cmdb/sources/crashing/items', { items });
      return status === 200;
    };
    const pages = [1, 2, 3, 4];
    await survive('source', () =>
      dieAt(point, async () => {
        for (const page of pages) await eventually(() => say(page), { within: 60_000, every: 100 });
      }),
    );
    const { body } = await hub.api.get<{ items: { key: string; version: number }[] }>('/api/v1/cmdb/items?source=crashing&limit=500');
    expect(new Set(body.items.map(({ key }) => key)).size).toBe(pages.length * 50);
    expect(body.items.filter(({ version }) => version !== 1)).toEqual([]);
    expect(body.items).toHaveLength(pages.length * 50);
  }, 180_000);

  for (const engine of ['kafka', 'postgres']) {
    it(`loses and doubles nothing when ${engine} is killed by SIGKILL under load`, async () => {
      await survive(`killed-${engine}`, async () => {
        await sleep(1_000); // under way
        await hub.kill(engine);
        await hub.revive();
      });
    }, 180_000);
  }

  it(`goes on without the SLA service while that is frozen for ${frozenFor / 1000} s, and with it afterwards as if nothing had been`, async () => {
    const { api } = hub;
    const definition = { name: `frozen-${process.pid}`, rank: 900, condition: 'ticket.type == "release"', resolutionTarget: 'PT8H' };
    const calendars = await api.get<{ items: { id: string }[] }>('/api/v1/sla/calendars');
    const define = () =>
      api.post('/api/v1/sla/definitions', { ...definition, calendarId: calendars.body.items[0]?.id }, { 'idempotency-key': definition.name });
    const tellsOfIt = async () => {
      const { status, body } = await hub.readiness();
      return [status, ...Object.entries(body.parts).flatMap(([name, { ready, detail }]) => (ready ? [] : [name, detail]))];
    };

    await survive(
      'frozen',
      async () => {
        const pid = await hub.pidOf('sla');
        const thaws = Date.now() + frozenFor;
        process.kill(pid, 'SIGSTOP');
        try {
          while (Date.now() < thaws) {
            const asked = Promise.all([define(), api.get('/api/v1/sla/calendars'), api.get('/api/v1/sla/clocks')]);
            const others = await Promise.all([api.get('/api/v1/tickets?limit=1'), api.get('/api/v1/monitoring/alerts?limit=1'), api.get('/')]);
            expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
            expect(await tellsOfIt()).toEqual([200, 'sla', 'does not answer']);
            // They are answered while it is frozen: each by its own deadline.
            expect((await asked).map(({ status, headers }) => [status, headers.has('retry-after')])).toEqual(Array(3).fill([503, true]));
          }
        } finally {
          process.kill(pid, 'SIGCONT');
        }
      },
      1_000,
    );
    expect((await define()).status).toBe(201);
    const { body } = await api.get<{ items: { name: string }[] }>('/api/v1/sla/definitions?limit=500');
    expect(body.items.filter(({ name }) => name === definition.name)).toHaveLength(1);
  }, 180_000);

  /** What breaks if the item breaks, and who said so. */
  const askGraph = async (id: string) => {
    const { status, body } = await hub.api.get<{ servedBy: string; note?: string }>(`/api/v1/cmdb/items/${id}/impact`);
    expect(status).toBe(200);
    return body;
  };
  const findItem = async (query: string) =>
    (await hub.api.get<{ items: { id: string }[] }>(`/api/v1/cmdb/items?limit=1&${query}`)).body.items[0]?.id ?? '';

  it(`takes in ${farBehind} items and relations while Neo4j is frozen, says how far behind it is, and has the same graph in it afterwards`, async () => {
    const before = Number(await untilGraphIsEqual());
    let id = '';
    const pid = await hub.pidOf('neo4j');
    process.kill(pid, 'SIGSTOP');
    try {
      for (let page = 0; page < farBehind / 2_000; page++) {
        const { status, body } = await hub.api.send('POST', '/api/v1/cmdb/sources/flood/records', tellFlood(page), {
          'content-type': 'application/x-ndjson',
        });
        expect({ status, body }).toMatchObject({ status: 200, body: { received: 2_000 } });
      }
      const [replica] = await eventually(
        async () => {
          const { body } = await hub.api.get<{ replicas: { state: string; eventsBehind?: number }[] }>('/api/v1/cmdb/graph/status');
          return Number(body.replicas[0]?.eventsBehind) >= farBehind && body.replicas;
        },
        { within: 30_000, every: 250 },
      );
      expect(replica).toMatchObject({ state: 'down', detail: expect.stringContaining('Neo4j does not answer'), secondsBehind: expect.any(Number) });
      id = await findItem('source=flood');
      expect(await askGraph(id)).toMatchObject({ servedBy: 'records', note: 'The projection is down.' });
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await untilGraphIsEqual()).toBe(before + farBehind / 2);
    expect(await askGraph(id)).toMatchObject({ servedBy: 'neo4j' });
  }, 180_000);

  it('answers questions about the graph while Neo4j is away or is filled from nothing, and has the same graph in it once it is back', async () => {
    await createItems('wiped', 10);
    const before = await untilGraphIsEqual();
    const id = await findItem('source=flood');
    await hub.kill('neo4j');
    await rm(join(hub.dir, 'neo4j', 'data'), { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    expect(await askGraph(id)).toMatchObject({ servedBy: 'records' });
    // It is started again by itself.
    await eventually(async () => (await askGraph(id)).note === 'The projection is rebuilding.', { within: 60_000, every: 20 });
    await hub.revive();
    expect(await untilGraphIsEqual()).toBe(before);
    expect(await askGraph(id)).toMatchObject({ servedBy: 'neo4j' });
    expect((await hub.api.post('/api/v1/cmdb/graph/rebuild', {})).status).toBeLessThan(300);
    expect(await untilGraphIsEqual()).toBe(before);
  }, 180_000);
});

/** A page of a delta: a thousand items, each depending on one before it. */
function tellFlood(page: number): string {
  const records = Array.from({ length: 1_000 }, (_, place) => {
    const index = page * 1_000 + place;
    return [
      { item: { key: `flood-${index}`, class: 'application', name: `flood-${index}` } },
      { relation: { type: 'depends_on', fromKey: `flood-${index}`, toKey: `flood-${index === 0 ? 1 : Math.floor(index / 3)}` } },
    ];
  });
  return records
    .flat()
    .map((record) => JSON.stringify(record))
    .join('\n');
}
