import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock/clock.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { raw, sql } from '../../platform/postgres/sql.ts';

const tables = ['item_version', 'relation_version'] as const;
const daily = 24 * 3600 * 1000;

export interface HistoryKeeping {
  database: Database;
  clock: Clock;
  log: Logger;
  /** Whole years of history that are kept beside the present one; undefined: all. */
  keptYears: number | undefined;
}

/** Has a part of the history ready for every year before it comes, and drops the parts that are older than what is to be kept. */
export async function arrangeHistory({ database, clock, log, keptYears }: HistoryKeeping): Promise<void> {
  const thisYear = new Date(clock.now()).getUTCFullYear();
  if (keptYears !== undefined) {
    const oldest = new Date(Date.UTC(thisYear - keptYears, 0));
    for (const table of ['word_before', 'relation_word_before'])
      await database.query(sql`delete from ${raw(table)} where change_set_id in (select id from change_set where created_at < ${oldest})`);
  }
  for (const table of tables) {
    const parts = await readParts(database, table);
    for (const year of [thisYear, thisYear + 1]) {
      if (parts.has(year)) continue;
      await database.query(
        sql`${raw(`create table if not exists ${table}_${year} partition of ${table} for values from ('${year}-01-01Z') to ('${year + 1}-01-01Z')`)}`,
      );
    }
    if (keptYears === undefined) continue;
    for (const [year, part] of parts) {
      if (year >= thisYear - keptYears) continue;
      await database.query(sql`${raw(`drop table ${part}`)}`);
      log.info({ part, keptYears }, 'history that is older than what is to be kept was dropped');
    }
  }
}

/** The first year that has a part of its own; all that ended before it is in one part, which is never dropped. */
const firstYear = 2024;

/** Since when (epoch milliseconds) the history is whole; undefined: since ever. */
export async function readKeptSince(database: Database): Promise<number | undefined> {
  const oldest = Math.min(...(await readParts(database, 'item_version')).keys());
  return oldest > firstYear ? Date.UTC(oldest, 0) : undefined;
}

/** By the year that the part holds; the part of everything before the first year counts as the year 0 and is emptied by dropping its years one by one. */
async function readParts(database: Database, table: string): Promise<Map<number, string>> {
  const rows = await database.query<{ name: string }>(
    sql`select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = ${table}::regclass`,
  );
  return new Map(rows.flatMap(({ name }) => (/_\d{4}$/.test(name) && !name.includes('before') ? [[Number(name.slice(-4)), name] as const] : [])));
}

/** Does so once a day for as long as the service runs. */
export function keepHistory(keeping: HistoryKeeping): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await arrangeHistory(keeping).catch((error: unknown) => {
        keeping.log[isAppError(error, 'unavailable') ? 'debug' : 'error']({ err: error }, 'the parts of the history could not be arranged');
      });
      await wait(daily, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
