import type { Envelope } from '../../platform/bus/event.ts';
import type { Subscription } from '../../platform/bus/subscription.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { raw, type Statement, sql } from '../../platform/postgres/sql.ts';

/** One upsert a key, as one statement. No key may come twice in it. */
export function upsertEffects(keys: readonly string[], table = 'effect'): Statement {
  return sql`insert into ${raw(table)} as e (key, n) select key, 1 from unnest(${keys}::text[]) as given(key) on conflict (key) do update set n = e.n + 1`;
}

/** What a subscription needs to have these effects: a handler, and a database that tells which events' effects were committed. Works for lanes that run at once. */
export function tellEffects(
  database: Database,
  onCommitted: (events: readonly Envelope[]) => void,
): { database: Database; handle: Subscription['handle'] } {
  const causes = new WeakMap<Statement, readonly Envelope[]>();
  return {
    database: {
      ...database,
      async commit(changes) {
        await database.commit(changes);
        for (const statement of changes.statements ?? []) onCommitted(causes.get(statement) ?? []);
      },
    },
    async handle(events) {
      const statement = upsertEffects(events.map(({ key }) => key));
      causes.set(statement, events);
      return { statements: [statement] };
    },
  };
}
