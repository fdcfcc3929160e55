import { type SnapshotRecord, SourceService, type SourceService as Sources } from '../../generated/opora/cmdb/v1/sources.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { createLogger } from '../../platform/log/logger.ts';
import type { Changes, Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { bindStreams } from '../../platform/rpc/bind-streams.ts';
import type { Client } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { serve } from '../../platform/service/define-service.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { openModels } from '../model/models.ts';
import { sourceMethods } from './source-methods.ts';
import { pageTaker } from './take-page.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const keys = Array.from({ length: 60 }, (_, index) => `thing-${index}`);
const pairs = keys
  .flatMap((fromKey) => keys.filter((key) => key !== fromKey).map((toKey) => ({ type: 'depends_on', fromKey, toKey })))
  .slice(0, 3_000);

/** The streams of the same service, over the same records, whose commits pass through `pass`. */
async function openStreams(pass: (changes: Changes) => Promise<void>, hear: () => void = () => undefined): Promise<Client<Sources>> {
  const { database } = hub;
  const watched: Database = {
    schema: database.schema,
    isInTransaction: () => database.isInTransaction(),
    query(statement) {
      if (statement.strings.join('').includes('l.from_key as "fromKey"')) hear();
      return database.query(statement);
    },
    async commit(changes) {
      await pass(changes);
      await database.commit(changes);
    },
  };
  const parts = { database: watched, model: openModels(watched).current };
  const served = [serve(SourceService, sourceMethods({ ...parts, takePage: pageTaker(parts) }))];
  const transport = createInProcessTransport();
  const contract = loadContract();
  const serving = {
    contract,
    database: watched,
    clock: systemClock,
    newId: newUuid,
    log: createLogger({ level: 'error' }),
    metrics: createMetrics(),
  };
  for (const [name, streams] of Object.entries(bindStreams({ served, ...serving }))) await transport.serve(name, {}, streams);
  return createClient(SourceService, { contract, transport });
}

async function begin(source: string): Promise<(relation: (typeof pairs)[number]) => SnapshotRecord> {
  const { id } = await hub.sources.beginSnapshot({ source }, mine());
  await hub.sources.takeSnapshotPage({ source, id, items: keys.map((key) => aServer(key)), relations: [] }, mine());
  return (relation) => ({ source, id, relation });
}

const toKey = ({ fromKey, toKey: to }: { fromKey: string; toKey: string }) => `${fromKey} ${to}`;

const countOf = async (source: string) => {
  const [row] = await hub.database.query<{ n: number }>(sql`select count(*)::int as n from relation where source = ${source}`);
  return row?.n;
};
const isOfRelations = ({ events = [] }: Changes) => events.some(({ type }) => type.endsWith('RelationCreated'));

describe('a stream of relations', () => {
  it('is decided a page ahead of what is written, and comes to the same', async () => {
    const toRecord = await begin('ahead');
    let pagesRead = 0;
    let written = 0;
    let goOn: () => void = () => undefined;
    const secondIsRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const streams = await openStreams(
      async (changes) => {
        // The first page is written only when the second one has been looked at: if that waited, this would never end.
        if (isOfRelations(changes) && written++ === 0) await secondIsRead;
      },
      () => {
        if (++pagesRead === 2) goOn();
      },
    );
    const again = pairs.slice(500, 700);
    const summary = await streams.streamSnapshot([...pairs, ...again].map(toRecord), mine());
    expect(summary).toMatchObject({ received: 3_200, counts: { 'relations.created': 3_000, 'relations.unchanged': 200 } });
    expect(await countOf('ahead')).toBe(3_000);
  });

  it('is written in its order: when a page fails, none after it is written', async () => {
    const toRecord = await begin('broken');
    let pages = 0;
    let pagesRead = 0;
    let goOn: () => void = () => undefined;
    const thirdIsRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const streams = await openStreams(
      async (changes) => {
        if (!isOfRelations(changes) || ++pages !== 2) return;
        await thirdIsRead;
        throw new AppError('unavailable', 'The disk is full.');
      },
      () => {
        if (++pagesRead === 3) goOn();
      },
    );
    await expect(streams.streamSnapshot(pairs.map(toRecord), mine())).rejects.toMatchObject({ kind: 'unavailable' });
    const written = await hub.database.query<{ fromKey: string; toKey: string }>(
      sql`select from_key as "fromKey", to_key as "toKey" from relation_link where source = 'broken' order by seq`,
    );
    expect(new Set(written.map(toKey))).toEqual(new Set(pairs.slice(0, 1_000).map(toKey)));
  });
});
