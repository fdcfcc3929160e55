import { setTimeout as wait } from 'node:timers/promises';
import neo4j from 'neo4j-driver';
import type { Logger } from 'pino';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { outsideTransactions } from '../../platform/postgres/run-transactions.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Models } from '../model/models.ts';
import { findLag, findLater, readMark, secondsSince } from './freshness.ts';
import { inTransaction, nameOf, type Space, type Ways, within } from './projection.ts';
import { rebuildGraph } from './rebuild-graph.ts';
import { type Verification, type Verifying, verifyGraph } from './verify-graph.ts';

export interface ProjectionStatus {
  /** The server: `neo4j`, `neo4j-2`. */
  name: string;
  state: 'fresh' | 'behind' | 'rebuilding' | 'down';
  detail?: string;
  /** When it came into this state, in epoch milliseconds, as far as this process knows. */
  since: number;
  secondsBehind?: number;
  eventsBehind?: number;
}

export interface ProjectionKeeper {
  status(): ProjectionStatus;
  /** Begins to make the projection again; `status` tells when it is done. */
  rebuild(): void;
  verify(options?: Pick<Verifying, 'after' | 'until' | 'repair'>): Promise<Verification>;
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
  /** Milliseconds between two comparisons of a random range of items. */
  checkEvery?: number;
}

type Look = Omit<ProjectionStatus, 'name' | 'since'>;

const deadAfter = 30_000;
const mostMilliseconds = 5_000;

/** Looks after one projection: knows whether it may answer, and rebuilds it when Neo4j comes back empty, or is another server than the one that was here before. */
export function keepProjection({ space, database, models, log, every = 1_000, grace = 3_000, checkEvery = 60_000 }: KeeperParts): ProjectionKeeper {
  const name = nameOf(space);
  const ownLog = log.child({ server: name });
  const stopping = new AbortController();
  let status: ProjectionStatus = { name, state: 'down', detail: 'It was not looked at yet.', since: Date.now() };
  let rebuilding: Promise<void> | undefined;
  /** Of the last event that was seen in it; while Neo4j is down nobody can ask. */
  let appliedTo: number | undefined;

  function note(look: Look): void {
    status = { name, ...look, since: look.state === status.state ? status.since : Date.now() };
  }

  function rebuild(): void {
    note({ state: 'rebuilding' });
    rebuilding ??= outsideTransactions(() => rebuildGraph({ space, database, models, signal: stopping.signal }))
      .then((finished) => ownLog.info({ finished }, 'the graph projection was rebuilt'))
      .catch((error: unknown) => ownLog.warn({ err: error }, 'the graph projection could not be rebuilt'))
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

  async function look(): Promise<Look> {
    const mark = await readMark(space);
    appliedTo = mark?.appliedTo;
    const isAbandoned = mark && !mark.complete && mark.silentFor > deadAfter;
    if (!mark || isAbandoned || mark.server !== name || (await hasOtherWays(mark.model))) rebuild();
    if (!mark?.complete || rebuilding)
      return { state: 'rebuilding', detail: `${mark?.items ?? 0} items and ${mark?.relations ?? 0} relations are in it so far.` };
    const lag = await findLag(space, database, mark, grace);
    return lag
      ? {
          state: 'behind',
          detail: `${lag.missing} of the newest changes are not in it yet.`,
          secondsBehind: lag.seconds,
          eventsBehind: lag.events,
        }
      : { state: 'fresh' };
  }

  /** Neo4j does not answer: the log still tells what came after the last event that was seen there. */
  async function tellDown(error: unknown): Promise<Look> {
    if (!isAppError(error, 'unavailable')) ownLog.error({ err: error }, 'the graph projection could not be looked at');
    const later = appliedTo === undefined ? undefined : await findLater(database, appliedTo).catch(() => undefined);
    return {
      state: 'down',
      detail: error instanceof Error ? error.message : String(error),
      ...(later && later.count > 0 && { secondsBehind: secondsSince(later.since), eventsBehind: later.count }),
    };
  }

  const looking = (async () => {
    while (!stopping.signal.aborted) {
      note(await within(mostMilliseconds, look()).catch(tellDown));
      await wait(every, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  /** A range that is chosen at random is compared, and what differs is written again: drift does not wait until somebody asks. */
  const checking = (async () => {
    for (;;) {
      await wait(checkEvery, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      if (status.state !== 'fresh') continue;
      try {
        const after = await chooseStart(database);
        const { repaired, different, differences } = await verifyGraph({
          space,
          database,
          ways: await models.newest(),
          after,
          pages: 1,
          pageSize: 500,
          repair: true,
        });
        if (differences.length > 0) ownLog.warn({ repaired, different, differences: differences.slice(0, 10) }, 'the graph projection had drifted');
      } catch (error) {
        ownLog.warn({ err: error }, 'the graph projection could not be compared');
      }
    }
  })();

  return {
    status: () => status,
    rebuild,
    verify: async (options = {}) => verifyGraph({ space, database, ways: await models.newest(), ...options }),
    async stop() {
      stopping.abort();
      await Promise.all([looking, checking]);
      await rebuilding;
    },
  };
}

/** An id after which there are items, each page of the table as likely as another; empty for the beginning. */
async function chooseStart(database: Database): Promise<string> {
  const [row] = await database.query<{ id: string }>(sql`select id from item where id < (select id from item tablesample system
    ((select least(100, 2000.0 / greatest(relpages, 1)) from pg_class where oid = 'item'::regclass)) order by random() limit 1) order by id desc limit 1`);
  return row?.id ?? '';
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
