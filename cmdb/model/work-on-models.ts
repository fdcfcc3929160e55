import type { Logger } from 'pino';
import { backOff } from '../../platform/bus/back-off.ts';
import { createWaker } from '../../platform/bus/waker.ts';
import type { Clock } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { moveTest, readDrafts, readRunningTest, type TestState } from './draft-store.ts';
import { beginPass, migratePage, type Pass } from './migrate-inventory.ts';
import { type ModelVersionState, readMigratingVersion } from './model-store.ts';
import type { Models } from './models.ts';
import { scopeOf, testFurther } from './test-inventory.ts';

export interface ModelWork {
  /** There is something to do. */
  wake(): void;
  stop(): Promise<void>;
}

export interface ModelWorkParts {
  database: Database;
  models: Models;
  clock: Clock;
  log: Logger;
}

/** How long, in milliseconds, work of another process that ended may lie here. */
const idleFor = 5_000;
/** How much of a test is done between two notes of how far it is. */
const sliceFor = 500;

/**
 * Tests drafts and carries out migrations, a piece at a time, for as long as it runs. What is done is written with each piece, so that whoever comes next (after a
 * crash, or another process) goes on from there; two that do the same piece conflict, and one of them does it again.
 */
export function workOnModels({ database, models, clock, log }: ModelWorkParts): ModelWork {
  const waker = createWaker();
  const stopping = new AbortController();
  let pass: Pass | undefined;

  async function test(running: TestState): Promise<void> {
    const [draft] = await readDrafts(database, sql`id = ${running.draftId}`);
    if (!draft) return;
    const { definition, migrations, version } = draft;
    // A test of what the draft is no more tells nothing; it ends as it is.
    const isOld = version !== running.draftVersion;
    const until = performance.now() + sliceFor;
    const isOver = () => stopping.signal.aborted || performance.now() > until;
    const before = await models.find(running.base);
    const further = isOld
      ? { ...running, phase: 'done' as const }
      : await testFurther(database, scopeOf({ before, after: compileModel(definition), migrations }), running, isOver);
    await database.commit({ statements: [moveTest(running, further, clock.now())] });
  }

  async function migrate(version: ModelVersionState): Promise<boolean> {
    const step = { before: await models.find(version.version - 1), after: await models.find(version.version) };
    if (pass?.version !== version.version) pass = beginPass(version.version, clock.now());
    const beganAt = pass.beganAt;
    pass = await migratePage(database, version, step, pass, clock.now());
    // A pass that came to its end too early is not begun again at once.
    return pass === undefined || pass.beganAt === beganAt || pass.changed > 0;
  }

  /** Does a piece of what there is to do; false when there is nothing. */
  async function work(): Promise<boolean> {
    const running = await readRunningTest(database);
    if (running) await test(running);
    const version = await readMigratingVersion(database);
    const hasMigrated = version ? await migrate(version) : false;
    return running !== undefined || hasMigrated;
  }

  const working = (async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        const isBusy = await work();
        failures = 0;
        if (!isBusy && !stopping.signal.aborted) await waker.wait(idleFor);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const isRace = isAppError(error, 'conflict');
        if (isRace) log.debug({ err: error }, 'somebody else did this piece of work on a model');
        else log.warn({ err: error, failures: failures + 1 }, 'work on a model did not go on; it is tried again');
        await backOff(++failures, { first: isRace ? 5 : 100, most: 5_000 }, stopping.signal).catch(() => undefined);
      }
    }
  })();

  return {
    wake: () => waker.wake(),
    async stop() {
      stopping.abort();
      waker.wake();
      await working;
    },
  };
}
