import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import neo4j, { type Driver } from 'neo4j-driver';
import type { ProjectedItem, ProjectedRelation, Space } from '../../cmdb/graph/projection.ts';
import { readAllItems, readAllRelations } from '../../cmdb/graph/read-records.ts';
import { rebuildGraph } from '../../cmdb/graph/rebuild-graph.ts';
import { verifyGraph } from '../../cmdb/graph/verify-graph.ts';
import { type Models, openModels } from '../../cmdb/model/models.ts';
import { seedModel } from '../../cmdb/model/seed-model.ts';
import { cmdb } from '../../cmdb/service.ts';
import { findJava, hasMaven } from '../../deploy/engines/find-java.ts';
import { startLocalNeo4j } from '../../deploy/engines/local-neo4j.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { startEmbeddedPostgres } from '../../platform/postgres/embedded-postgres.ts';
import { openDatabase } from '../../platform/postgres/open-database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Benchmark, perSecond, type Row, thousands } from './benchmark.ts';
import { drawEnterprise } from './cmdb/enterprise.ts';
import { drawStarts } from './cmdb/graph.ts';
import { askBoth } from './graph/ask-both.ts';
import { fillRecords } from './graph/fill-records.ts';
import { mergeRaw } from './graph/merge-raw.ts';
import { replay } from './graph/replay.ts';
import { makeFolder } from './hub.ts';
import { silent } from './log-latency.ts';

const readBatch = 5_000;

interface Bench {
  driver: Driver;
  database: Database;
  models: Models;
  /** Whole before there were records, and told of nothing since. */
  behind: Space;
  report(text: string): void;
}

/** Neo4j as a projection of an enterprise of so many items and five times as many relations. */
export const graphProjection: Benchmark = {
  name: 'graph-projection',
  needs: 'neo4j',
  async run(report, { items = 20_000 } = {}) {
    if (!((await findJava()) && (await hasMaven()))) {
      report('left out: it needs Java 17 and Maven, and they are not on this machine');
      return [];
    }
    const folder = await makeFolder();
    const [server, postgres] = await Promise.all([
      startLocalNeo4j({ dir: join(folder, 'neo4j'), log: report, forSpeed: true }),
      startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: silent }),
    ]);
    const driver = neo4j.driver(server.url, neo4j.auth.basic(server.user, server.password), { disableLosslessIntegers: true });
    const database = await openDatabase({ admin: postgres.connection, service: cmdb, clock: systemClock, newId: newUuid });
    try {
      await seedModel({ database, newId: newUuid, now: Date.now(), log: silent });
      const models = openModels(database);
      const behind = { driver, label: 'Behind' };
      await rebuildGraph({ space: behind, database, models });
      report(`${thousands(items)} items and their relations`);
      const ids = await fillRecords(database, drawEnterprise(items));
      await database.query(sql`analyze item, relation`);
      const bench = { driver, database, models, behind, report };
      const rows = await measureProjection(bench);
      for (const row of rows) report(`${row.what}: ${row.measured}${row.floor ? ` (${row.floor})` : ''}`);
      report('questions');
      const starts = drawStarts(items).flatMap((key) => ids.get(key) ?? []);
      return [...rows, ...(await askBoth({ driver, database, models, starts }))];
    } finally {
      await driver.close();
      await database.close();
      await postgres.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureProjection(bench: Bench): Promise<Row[]> {
  const { driver, database, models, behind, report } = bench;
  const items = await collect(readAllItems(database, readBatch));
  const relations = await collect(readAllRelations(database, readBatch));
  const space: Space = { driver, label: 'Item' };
  const all = items.length + relations.length;
  const measure = async (what: string, work: () => Promise<unknown>) => {
    report(what);
    const began = performance.now();
    await work();
    return (performance.now() - began) / 1000;
  };
  report('warming up');
  await warmUp(bench, items.slice(0, 40_000), relations.slice(0, 40_000));

  const raw = await measure('raw: UNWIND and MERGE from memory', () => mergeRaw(driver, 'Raw', items, relations));
  const rebuilt = await measure('rebuild from nothing', () => rebuildGraph({ space, database, models }));
  const rawAgain = await measure('raw: the same again', () => mergeRaw(driver, 'Raw', [], relations));
  const again = await measure('the events of all relations again', () => replay(space, models, [], relations));
  const caughtUp = await measure('behind by all of their events', () => replay(behind, models, items, relations));
  const ways = await models.newest();
  const verify = async (of: Space) => (await verifyGraph({ space: of, database, ways })).equal;
  const isCaughtUp = await verify(behind);
  let isEqual = false;
  const verified = await measure('verify', async () => (isEqual = await verify(space)));

  const quick = perSecond(relations.length, again);
  const checked = perSecond(relations.length, verified);
  return [
    {
      what: `graph projected from nothing: ${thousands(items.length)} items, ${thousands(relations.length)} relations with the ways of failure`,
      measured: `${thousands(perSecond(all, rebuilt))}/s, ${rebuilt.toFixed(1)} s`,
      floor: `raw UNWIND MERGE of the same from memory, without the ways: ${thousands(perSecond(all, raw))}/s`,
      ratio: raw / rebuilt,
      reach: '≥ 0.8 of the floor',
      reached: raw / rebuilt >= 0.8,
    },
    {
      what: 'the events of all relations again, nothing changed',
      measured: `${thousands(quick)} relations/s`,
      floor: `raw UNWIND MERGE with a version guard: ${thousands(perSecond(relations.length, rawAgain))}/s`,
      ratio: rawAgain / again,
      reach: '≥ 40 000 relations/s',
      reached: quick >= 40_000,
    },
    {
      what: 'graph verified against the records, nothing changed',
      measured: `${thousands(checked)} relations/s with their items and ways, ${isEqual ? 'equal' : 'different'}`,
      reach: 'equal, ≥ 40 000 relations/s',
      reached: isEqual && checked >= 40_000,
    },
    {
      what: `behind by ${thousands(all)} events`,
      measured: `caught up in ${caughtUp.toFixed(1)} s, ${thousands(perSecond(all, caughtUp))} events/s, ${isCaughtUp ? 'equal' : 'different'}`,
      reach: 'equal',
      reached: isCaughtUp,
    },
  ];
}

/** Every form of a query, and Neo4j's compiler; of a large inventory a part is enough. */
async function warmUp({ driver, database, models }: Bench, items: readonly ProjectedItem[], relations: readonly ProjectedRelation[]): Promise<void> {
  const space = { driver, label: 'Warm' };
  await mergeRaw(driver, 'WarmRaw', items, relations);
  await rebuildGraph({ space, database, models, signal: AbortSignal.timeout(20_000) });
  await driver.executeQuery('match (projection:Projection {of: $of}) set projection.complete = true', { of: space.label });
  for (let turn = 0; turn < 2; turn++) await replay(space, models, items, relations);
  await verifyGraph({ space, database, ways: await models.newest(), pages: 10 });
}

async function collect<Entry>(pages: AsyncIterable<readonly Entry[]>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of pages) entries.push(...page);
  return entries;
}
