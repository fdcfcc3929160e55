import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { toDay } from '../domain/reminders/next-reminder.ts';
import { readItems } from '../storage/item-store.ts';
import { dropForgotten, writeDeadlinesOf } from './deadline-store.ts';
import { toDeadlines } from './follow-items.ts';

const firstId = '00000000-0000-0000-0000-000000000000';

/** Of what a version reminds, by class. */
export function listReminding({ classes }: CompiledModel): { class: string; attribute: string; remind: readonly string[] }[] {
  return [...classes.values()].flatMap(({ name, reminding }) =>
    reminding.map(({ name: attribute, remind = [] }) => ({ class: name, attribute, remind })),
  );
}

/** Keeps the dates of items that were there before the model reminded of them, and forgets those of which it does not any more. Doing it again changes nothing. */
export async function collectDeadlines(
  { database, model }: { database: Database; model: CompiledModel },
  now: number,
  pageSize = 1_000,
): Promise<void> {
  const reminding = listReminding(model);
  while ((await dropForgotten(database, reminding, pageSize)) === pageSize);
  const classes = [...new Set(reminding.map((one) => one.class))];
  for (let after = firstId; ; ) {
    const page = await readItems(database, sql`class = any(${classes}::text[]) and id > ${after}::uuid order by id limit ${pageSize}::int`);
    const found = page.flatMap((item) => toDeadlines(item, model, toDay(now)).map((deadline) => ({ ...deadline, version: item.version })));
    if (found.length > 0) await database.commit({ statements: [writeDeadlinesOf(found)], at: now });
    const last = page.length < pageSize ? undefined : page.at(-1);
    if (!last) return;
    after = last.id;
  }
}
