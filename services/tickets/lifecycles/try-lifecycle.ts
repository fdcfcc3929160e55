import type { TryReport } from '../../../generated/opora/catalog/v1/catalog.ts';
import type { TryLifecycleRequest } from '../../../generated/opora/tickets/v1/tickets.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Principal } from '../../../platform/rpc/call.ts';
import { replaySteps } from '../domain/replay-steps.ts';
import { readSteps } from '../storage/journal-store.ts';
import { readTickets } from '../storage/ticket-store.ts';
import { visibleTo } from '../tickets.ts';
import type { Lifecycles } from './know-lifecycles.ts';

/** Replays the last tickets, of those that the principal may see, by a lifecycle that nobody published. */
export async function tryLifecycle(
  { database, lifecycles }: { database: Database; lifecycles: Lifecycles },
  { content, limit }: TryLifecycleRequest,
  principal: Principal,
): Promise<TryReport> {
  const lifecycle = lifecycles.compile('draft', JSON.parse(content));
  const tickets = await readTickets(
    database,
    sql`type = any(${lifecycle.content.ticketTypes}::text[]) and ${visibleTo(principal)} order by created_at desc, id desc limit ${limit}::int`,
  );
  const steps = await readSteps(
    database,
    tickets.map(({ id }) => id),
  );
  return replaySteps(
    lifecycle,
    tickets.map((ticket) => ({ ticket, steps: steps.get(ticket.id) ?? [] })),
  );
}
