import { openModels } from '../../cmdb/model/models.ts';
import { seedModel } from '../../cmdb/model/seed-model.ts';
import { cmdb as service } from '../../cmdb/service.ts';
import { pageTaker } from '../../cmdb/sources/take-page.ts';
import { newUuid } from '../../platform/clock/clock.ts';
import { createLogger } from '../../platform/log/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { openTestDatabase } from '../../platform/postgres/test-database.ts';
import type { Call, Principal } from '../../platform/rpc/call.ts';

const engineer: Principal = { kind: 'account', id: 'ivan', name: 'Иван', permissions: ['cmdb.read', 'cmdb.write'] };
const log = createLogger({ level: 'error' });

/** The parts of the CMDB over a database of their own, and nobody beside them: what is heard, and when, is for the test to say. */
export async function openAlone() {
  const database = await openTestDatabase(service);
  await seedModel({ database, newId: newUuid, now: Date.now(), log });
  const models = openModels(database);
  const parts = { database, models, model: models.current };
  return { ...parts, takePage: pageTaker(parts), close: () => database.close() };
}

/** A call as the platform makes one. */
export function aCall(database: Database, principal = engineer): Call {
  const now = Date.now();
  return {
    principal,
    now,
    deadline: now + 25_000,
    signal: new AbortController().signal,
    log,
    newId: () => newUuid(now),
    async commit(changes, answer) {
      await database.commit({ ...changes, at: now });
      return answer;
    },
    async endIfRepeated() {},
    prepare: () => ({ settle() {} }),
    within: (milliseconds) => ({ deadline: now + milliseconds, principal }),
  };
}

/** What a subscription is handed besides events. */
export function aContext() {
  const now = Date.now();
  return { now, newId: () => newUuid(now), within: (milliseconds: number) => aCall({} as Database).within(milliseconds) };
}

/** The same records, for a process that may die just after it has committed something. */
export function mortal(database: Database, dies: () => boolean): Database {
  return {
    schema: database.schema,
    query: (statement) => database.query(statement),
    isInTransaction: () => database.isInTransaction(),
    async commit(changes) {
      await database.commit(changes);
      if (changes.statements?.length && dies()) throw new Error('The process was killed.');
    },
  };
}
