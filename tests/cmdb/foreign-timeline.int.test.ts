import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { cmdb } from '../../cmdb/service.ts';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { TimelineService } from '../../generated/opora/cmdb/v1/timeline.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { generateFixture } from '../../platform/contract/fixtures/generate-fixture.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { createLogger } from '../../platform/log/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { defineService } from '../../platform/service/define-service.ts';
import { type RunningHub, runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { eventually } from './eventually.ts';

/** What the people of a new service write: this in proto, and nothing anywhere else. */
const declaration = `{
    key: "lampId"
    permissions: ["lamps.read"]
    timeline: {kind: "lamp" items: "tags" title: {ru: "Лампа горит {count} ч" en: "The lamp has shone for {count} h"} ref: "lampId" person: "litBy"}
  }`;

const own = readdirSync('proto', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.proto') && path.startsWith('opora/'));
const made = generateFixture({
  ...Object.fromEntries(own.map((path) => [path, readFileSync(`proto/${path}`, 'utf8')])),
  'opora/lamps/v1/events.proto': (text) => text.replace('{key: "lampId" permissions: ["lamps.read"] owners: ["litBy"]}', declaration),
});
const contract = loadContract(made.folder);
afterAll(() => made.remove());

const as = (...permissions: string[]): CallOptions => ({
  deadline: Date.now() + 10_000,
  principal: { kind: 'account', id: 'ivan', name: 'Иван', permissions },
});

describe('a service that the CMDB has never heard of', () => {
  let databases: TestDatabase[];
  let hub: RunningHub;
  let lamps: Database;
  const client: { cmdb?: ReturnType<typeof createClient<CmdbService>>; timeline?: ReturnType<typeof createClient<TimelineService>> } = {};

  beforeAll(async () => {
    const service = defineService({
      name: 'lamps',
      needs: [],
      config: z.object({}),
      start({ database }) {
        lamps = database;
        return {};
      },
    });
    const services = [cmdb, service];
    databases = await openTestDatabases(services);
    const database = databases[0]?.admin;
    if (!database) throw new Error('There is no database.');
    const log = createLogger({ level: 'error' });
    const engines = await embeddedEngines({ dataDir: '', database, clock: systemClock, newId: newUuid, log });
    hub = await runServices({
      services,
      engines,
      contract,
      configs: { cmdb: {}, lamps: {} },
      log,
      metrics: createMetrics(),
      announce: () => undefined,
    });
    client.cmdb = createClient(CmdbService, { contract, transport: engines.rpc });
    client.timeline = createClient(TimelineService, { contract, transport: engines.rpc });
  }, 120_000);
  afterAll(async () => {
    await hub.stop();
    for (const database of databases.reverse()) await database.close();
  });

  it('stands in the timelines of items by its proto alone, for those who may read it there', async () => {
    const item = await client.cmdb?.createItem({ class: 'server', name: 'lamp', lookups: [] }, as('cmdb.read', 'cmdb.write'));
    const lampId = newUuid();
    const data = { lampId, litBy: 'petr', tags: [item?.id ?? '', 'no item', newUuid()], count: 7 };
    await lamps.commit({ events: [{ type: 'opora.lamps.v1.LampLit', key: lampId, data }] });

    const read = (kind: string[], ...permissions: string[]) =>
      client.timeline?.getTimeline({ id: item?.id ?? '', kind }, as('cmdb.read', ...permissions));
    const timeline = await eventually(
      async () => await read([], 'lamps.read'),
      (found) => found?.items.length === 2,
    );
    expect(timeline?.items[0]).toMatchObject({
      kind: 'lamp',
      service: 'lamps',
      type: 'opora.lamps.v1.LampLit',
      title: { ru: 'Лампа горит 7 ч', en: 'The lamp has shone for 7 h' },
      about: [{ id: item?.id, name: 'lamp' }],
      ref: lampId,
      personId: 'petr',
    });
    expect(await read(['lamp'])).toMatchObject({ items: [], hidden: 1 });
  });
});
