import { setTimeout as wait } from 'node:timers/promises';
import neo4j from 'neo4j-driver';
import type { Logger } from 'pino';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { outsideTransactions } from '../../platform/postgres/run-transactions.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Models } from '../model/models.ts';
import { countProjected, foldEvents } from './project-graph.ts';
import { inTransaction, type Space, type Ways, within } from './projection.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { type Verification, verifyGraph } from './verify-graph.ts';

export interface ProjectionStatus {
  engine: 'neo4j';
  state: 'fresh' | 'behind' | 'rebuilding' | 'down';
  detail?: string;
}

export interface ProjectionKeeper {
  status(): ProjectionStatus;
  /** Begins to make the projection again; `status` tells when it is done. */
  rebuild(): void;
  verify(): Promise<Verification>;
  stop(): Promise<void>;
}

export interface KeeperParts {
  space: Space;
  database: Database;
  models: Models;
  log: Logger;
  /** Milliseconds between two looks. */
  every?: number;
  /** How old, in milliseconds, a change may be without having arrived before the projection counts as behind. */
  grace?: number;
}

const mostChanges = 200;
const deadAfter = 30_000;
const mostMilliseconds = 5_000;

/**
 * Looks after the projection: knows whether it may answer, and rebuilds it when Neo4j comes back empty. It counts as fresh when the newest changes of the log
 * that are older than `grace` are all in it: they are of many keys, so that a partition that stands still is seen.
 */
export function keepProjection({ space, database, models, log, every = 1_000, grace = 3_000 }: KeeperParts): ProjectionKeeper {
  const stopping = new AbortController();
  let status: ProjectionStatus = { engine: 'neo4j', state: 'down', detail: 'It was not looked at yet.' };
  let rebuilding: Promise<void> | undefined;

  function rebuild(): void {
    status = { engine: 'neo4j', state: 'rebuilding' };
    rebuilding ??= outsideTransactions(() => rebuildGraph({ space, database, models, signal: stopping.signal }))
      .then((finished) => log.info({ finished }, 'the graph projection was rebuilt'))
      .catch((error: unknown) => log.warn({ err: error }, 'the graph projection could not be rebuilt'))
      .finally(() => (rebuilding = undefined));
  }

  /** Whether failure travels in another way along some type than it did in the version of the model by which the projection was made. */
  async function hasOtherWays(made: number): Promise<boolean> {
    const now = await models.newest();
    if (made > now.version) return true;
    for (let version = made; version < now.version; version++) {
      const [before, after] = await Promise.all([models.find(version), models.find(version + 1)]);
      if (findTurned(before, after).length > 0) return true;
    }
    if (made < now.version) await noteModel(space, now.version);
    return false;
  }

  async function look(): Promise<ProjectionStatus> {
    const projection = await readProjection(space);
    if (!projection || (!projection.complete && projection.silentFor > deadAfter) || (await hasOtherWays(projection.model))) rebuild();
    if (!projection?.complete || rebuilding) return { engine: 'neo4j', state: 'rebuilding' };
    const recent = await readRecentChanges(database, grace);
    const missing = recent.items.length + recent.relations.length - (await countProjected(space, recent));
    return missing > 0
      ? { engine: 'neo4j', state: 'behind', detail: `${missing} of the newest changes are not in it yet.` }
      : { engine: 'neo4j', state: 'fresh' };
  }

  const looking = (async () => {
    while (!stopping.signal.aborted) {
      status = await within(mostMilliseconds, look()).catch((error: unknown): ProjectionStatus => {
        if (!isAppError(error, 'unavailable')) log.error({ err: error }, 'the graph projection could not be looked at');
        return { engine: 'neo4j', state: 'down', detail: error instanceof Error ? error.message : String(error) };
      });
      await wait(every, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    status: () => status,
    rebuild,
    verify: async () => verifyGraph({ space, database, ways: await models.newest() }),
    async stop() {
      stopping.abort();
      await looking;
      await rebuilding;
    },
  };
}

async function readProjection(space: Space): Promise<{ complete: boolean; silentFor: number; model: number } | undefined> {
  return inTransaction(space, 'READ', async (tx) => {
    const { records } = await tx.run(
      `match (projection:Projection {of: $of})
        return projection.complete as complete, timestamp() - projection.beat as silentFor, coalesce(projection.model, 1) as model`,
      { of: space.label },
    );
    const [record] = records;
    return record && { complete: record.get('complete') === true, silentFor: Number(record.get('silentFor')), model: Number(record.get('model')) };
  });
}

/** Types of both models along which failure does not travel as before. */
function findTurned(before: Ways, after: Ways): string[] {
  return [...before.relationTypes.values()]
    .filter(({ name, failure }) => (after.relationTypes.get(name)?.failure ?? failure) !== failure)
    .map(({ name }) => name);
}

async function noteModel(space: Space, version: number): Promise<void> {
  await inTransaction(space, 'WRITE', (tx) =>
    tx.run('match (projection:Projection {of: $of}) where coalesce(projection.model, 1) < $version set projection.model = $version', {
      of: space.label,
      version: neo4j.int(version),
    }),
  );
}

async function readRecentChanges(database: Database, grace: number) {
  const rows = await database.query<Pick<CmdbEvent, 'type' | 'data'>>(
    sql`select type, data from bus_log where appended_at < clock_timestamp() - make_interval(secs => ${grace / 1000}::float8) order by pos desc limit ${mostChanges}::int`,
  );
  return foldEvents(rows as CmdbEvent[]);
}
