import { createHash } from 'node:crypto';
import pg from 'pg';
import { toClientConfig } from '../../platform/postgres/connection.ts';
import { type Benchmark, perSecond, type Row, thousands } from './benchmark.ts';
import { countWrites } from './cmdb/count-writes.ts';
import { drawEnterprise, type Enterprise, tellEnterprise } from './cmdb/enterprise.ts';
import { measureGraph } from './cmdb/graph.ts';
import { insertSame } from './cmdb/insert-floor.ts';
import { measurePast } from './cmdb/past.ts';
import { measureHistory, measureReads } from './cmdb/reads.ts';
import { type Loading, tellSnapshot } from './cmdb/snapshot.ts';
import { measureSpreadsheet } from './cmdb/spreadsheet.ts';
import { measureUpserts } from './cmdb/upserts.ts';
import { readPeakMemory, tellCost, watchCost } from './cmdb/watch.ts';
import { type BenchHub, startBenchHub } from './hub.ts';

const itemsOfFloor = 20_000;

/** An inventory of an enterprise, loaded by a snapshot, told again, and read. Ctrl-C ends it with what was measured until then. */
export const cmdb: Benchmark = {
  name: 'cmdb',
  async run(report, { items = 20_000 } = {}) {
    const enterprise = drawEnterprise(items);
    const hub = await startBenchHub();
    const client = new pg.Client(toClientConfig(hub.postgres.connection, 'cmdb'));
    await client.connect();
    await client.query('set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off');
    let isStopped = false;
    const stop = () => {
      isStopped = true;
    };
    process.once('SIGINT', stop);
    const loading: Loading = { hub, enterprise, say: report, isStopped: () => isStopped };
    const rows: Row[] = [];
    const stages: (() => Promise<Row[]>)[] = [
      async () => [await measureFirstLoad(loading)],
      async () => [await measureUnchanged(loading, client)],
      async () => [await measureMemory(hub)],
      () => measureReads(hub, client, enterprise),
      () => measureGraph(hub, client, enterprise),
      () => measurePast(hub, client, enterprise),
      async () => [await measureUpserts(hub, Math.min(items, 20_000))],
      () => measureSpreadsheet(hub, Math.min(200_000, items), report),
      () => measureHistory(hub, client, Math.min(10_000, Math.floor(items / 2))),
    ];
    try {
      for (const stage of stages) {
        if (isStopped) break;
        for (const row of await stage()) {
          rows.push(row);
          report(`${row.what}: ${row.measured}${row.floor ? ` (${row.floor})` : ''}`);
        }
      }
    } catch (error) {
      // The same Ctrl-C may have ended the hub under a request.
      if (!isStopped) throw error;
    } finally {
      process.removeListener('SIGINT', stop);
      await client.end().catch(() => undefined);
      await hub.stop();
    }
    return rows;
  },
};

async function measureFirstLoad(loading: Loading): Promise<Row> {
  const { hub, enterprise } = loading;
  const spent = await watchCost(hub, () => tellSnapshot(loading));
  const floor = await insertSame(hub, Math.min(1, itemsOfFloor / enterprise.items));
  const rate = perSecond(spent.count, spent.seconds);
  return {
    what: `first load of ${thousands(enterprise.items)} items and their relations by a snapshot, ${thousands(spent.count)} records`,
    measured: `${thousands(rate)} records/s; ${tellCost(spent)}`,
    floor: `the same rows by plain INSERTs of 1 000, one connection: ${thousands(floor)} records/s`,
    ratio: rate / floor,
    reach: '≥ 5 000 records/s',
    reached: rate >= 5_000,
  };
}

async function measureUnchanged(loading: Loading, client: pg.Client): Promise<Row> {
  const { hub, enterprise } = loading;
  const before = await countWrites(client);
  const spent = await watchCost(hub, () => tellSnapshot(loading));
  const after = await countWrites(client);
  const written = after.inventory - before.inventory;
  const noted = after.bookkeeping - before.bookkeeping;
  const floor = parseAndHash(enterprise);
  const rate = perSecond(spent.count, spent.seconds);
  return {
    what: 'the same snapshot again, unchanged',
    measured: `${thousands(rate)} records/s, ${thousands(written)} rows of the inventory written (${thousands(noted)} that tell how far it is); ${tellCost(spent)}`,
    floor: `the same NDJSON parsed and hashed, in one thread: ${thousands(floor)} records/s`,
    ratio: rate / floor,
    reach: '≥ 20 000 records/s, 0 rows',
    reached: rate >= 20_000 && written === 0,
  };
}

/** Records a second. */
function parseAndHash(enterprise: Enterprise): number {
  let records = 0;
  let milliseconds = 0;
  for (const { text } of tellEnterprise(enterprise)) {
    const bytes = Buffer.from(text);
    const began = performance.now();
    for (const line of bytes.toString().split('\n')) {
      if (line === '') continue;
      JSON.parse(line);
      createHash('md5').update(line).digest();
      records++;
    }
    milliseconds += performance.now() - began;
    if (records >= itemsOfFloor * 6) break;
  }
  return perSecond(records, milliseconds / 1000);
}

async function measureMemory(hub: BenchHub): Promise<Row> {
  const peak = await readPeakMemory(hub.pid);
  return {
    what: 'memory of the hub’s process until then, at its peak (RSS)',
    measured: `${thousands(peak / 1e6)} MB`,
    reach: '< 1 GB',
    reached: peak < 1e9,
  };
}
