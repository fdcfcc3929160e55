import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashPoint } from '../../platform/faults/crash-point.ts';
import { describeWithMesh } from '../engines/describe-with.ts';
import { eventually } from '../mesh/api.ts';
import { type MeshHub, startMesh } from '../mesh/start-mesh.ts';
import { type Ledger, openLedger } from './ledger.ts';

/**
 * Every process of a mesh reads all points of a round and dies at the first that it comes to, again and again while there is load. Two points that
 * lie one behind the other in the same loop need rounds of their own: the earlier would always be first.
 */
const rounds: Partial<Record<CrashPoint, number>>[] = [
  { 'rpc.after-commit': 14, 'ingest.after-commit': 4, 'relay.after-acknowledgement': 10, 'projection.after-commit': 2 },
  { 'relay.before-send': 10, 'subscriber.after-commit': 6 },
];
const services = ['tickets', 'monitoring', 'sla', 'cmdb', 'directory'];
const frozenFor = 15_000;

describeWithMesh('a mesh whose parts are killed under load', () => {
  let hub: MeshHub;
  let serial = 0;
  afterAll(() => hub?.remove(), 60_000);

  /** On the data of the mesh before, if there was one. */
  async function start(environment: NodeJS.ProcessEnv): Promise<void> {
    const before = hub as MeshHub | undefined;
    if (before) expect((await before.stop()).left).toEqual([]);
    hub = await startMesh(environment, before?.dataDir);
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

  /** Loads until `harm` is over and a little longer; then nothing may be lost or doubled. */
  async function survive(name: string, harm: (ledger: Ledger) => Promise<void>): Promise<void> {
    const ledger = openLedger(() => hub.api, `${name}-${process.pid}`);
    let harming = true;
    const harmed = harm(ledger).finally(() => {
      harming = false;
    });
    while (harming) await ledger.load(16);
    await harmed;
    await ledger.load(16);
    await hub.revive();
    // What is still being carried may kill a process once more while we look; what is lost or doubled stays so however often we look.
    await eventually(async () => ledger.settle().then(() => true), { within: 60_000, every: 500 });
  }

  for (const points of rounds) {
    const names = Object.keys(points);
    it(`loses and doubles nothing when processes die at ${names.join(', ')}`, async () => {
      await start({
        OPORA_CRASH_AT: Object.entries(points)
          .map(([name, pass]) => `${name}:${pass}`)
          .join(),
      });
      const run = `crash-${++serial}`;
      await survive(run, async () => {
        await createItems(run, 12);
        await eventually(
          async () => {
            const logs = await Promise.all(services.map((service) => hub.logOf(service)));
            return names.every((name) => logs.some((log) => log.includes(`crash point ${name}\n`)));
          },
          { within: 120_000, every: 500 },
        );
      });
      await untilGraphIsEqual();
    }, 240_000);
  }

  describe('and lives otherwise', () => {
    beforeAll(() => start({}), 180_000);

    for (const engine of ['kafka', 'postgres']) {
      it(`loses and doubles nothing when ${engine} is killed by SIGKILL under load`, async () => {
        await survive(`killed-${engine}`, async () => {
          await sleep(1_000); // under way
          await hub.kill(engine);
          await hub.revive();
        });
      }, 180_000);
    }

    it(`loses and doubles nothing when the SLA service is frozen for ${frozenFor / 1000} s under load`, async () => {
      await survive('frozen', async () => {
        await sleep(500);
        const pid = await hub.pidOf('sla');
        process.kill(pid, 'SIGSTOP');
        try {
          await sleep(frozenFor);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
      });
    }, 180_000);

    it('answers questions about the graph while Neo4j is away, and has the same graph in it once it is back, even from nothing', async () => {
      await createItems('wiped', 10);
      const before = await untilGraphIsEqual();
      const found = await hub.api.get<{ items: { id: string }[] }>('/api/v1/cmdb/items?limit=1');
      const id = found.body.items[0]?.id ?? '';
      await hub.kill('neo4j');
      await rm(join(hub.dir, 'neo4j', 'data'), { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
      expect((await hub.api.get(`/api/v1/cmdb/items/${id}/impact`)).status).toBe(200);
      await hub.revive();
      expect(await untilGraphIsEqual()).toBe(before);
      expect((await hub.api.post('/api/v1/cmdb/graph/rebuild', {})).status).toBeLessThan(300);
      expect(await untilGraphIsEqual()).toBe(before);
    }, 180_000);
  });
});
