import type { TryReport } from '../../../generated/opora/catalog/v1/catalog.ts';
import type { TryDefinitionRequest } from '../../../generated/opora/tickets/v1/tickets.ts';
import { type Statement, sql } from '../../../platform/postgres/sql.ts';
import type { Principal } from '../../../platform/rpc/call.ts';
import { replaySteps } from '../domain/replay-steps.ts';
import type { PriorityMatrix, TicketState } from '../domain/ticket.ts';
import { tryMatrix, tryPolicy } from '../domain/try-ranking.ts';
import { readSteps } from '../storage/journal-store.ts';
import { readTickets } from '../storage/ticket-store.ts';
import type { TicketParts } from '../tickets.ts';

/** Tells how the last tickets, of those that the principal may see, would have gone by a definition that nobody published. */
export async function tryDefinition(
  { database, lifecycles, policies, rights }: Pick<TicketParts, 'database' | 'lifecycles' | 'policies' | 'rights'>,
  { kind, content: text, limit }: TryDefinitionRequest,
  principal: Principal,
): Promise<TryReport> {
  const content: unknown = JSON.parse(text);
  const readLast = (where: Statement): Promise<TicketState[]> =>
    readTickets(database, sql`${where} and ${rights.visible(principal)} order by created_at desc, id desc limit ${limit}::int`);

  switch (kind) {
    case 'priority-matrices':
      return tryMatrix(content as PriorityMatrix, await readLast(sql`true`));
    case 'approval-policies':
      return tryPolicy(policies.compile(content), await readLast(sql`type = 'change'`));
    case 'lifecycles': {
      const lifecycle = lifecycles.compile('draft', content);
      const tickets = await readLast(sql`type = any(${lifecycle.content.ticketTypes}::text[])`);
      const steps = await readSteps(
        database,
        tickets.map(({ id }) => id),
      );
      return replaySteps(
        lifecycle,
        tickets.map((ticket) => ({ ticket, steps: steps.get(ticket.id) ?? [] })),
      );
    }
  }
}
