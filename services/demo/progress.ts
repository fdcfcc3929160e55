import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

export interface Choice {
  demo: string;
  /** Epoch milliseconds of the first start: the demo's past ends there. */
  at: number;
}

/** What this installation shows: chosen once, on the first start; later only an explicit wish for the demo changes a "none". */
export async function chooseDemo(database: Database, wish: 'water' | 'none' | undefined, now: number): Promise<Choice | undefined> {
  const first = wish ?? 'water';
  await database.commit({
    statements: [
      sql`insert into choice (demo, chosen_at) values (${first}, ${new Date(now)}) on conflict (single) do update
      set demo = excluded.demo, chosen_at = excluded.chosen_at where choice.demo = 'none' and ${wish === 'water'}`,
    ],
  });
  const [row] = await database.query<{ demo: string; chosen_at: Date }>(sql`select demo, chosen_at from choice`);
  return row && { demo: row.demo, at: row.chosen_at.getTime() };
}

export async function runOnce(database: Database, step: string, work: () => Promise<void>): Promise<void> {
  const done = await database.query(sql`select 1 from step where name = ${step}`);
  if (done.length > 0) return;
  await work();
  await database.commit({ statements: [sql`insert into step (name, done_at) values (${step}, now()) on conflict do nothing`] });
}
