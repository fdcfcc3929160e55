import type { Database } from '../../../platform/postgres/database.ts';
import { formatNumber, type TicketType } from '../domain/ticket.ts';
import { drawSerials } from './ticket-store.ts';

/** Gives numbers to those who create tickets at the same moment with one query for all of them; nobody waits for another's commit. A batch draws its own. */
export function numberDrawer(database: Database): (type: TicketType, count: number) => Promise<string[]> {
  const waiting = new Map<TicketType, { count: number; give(numbers: string[]): void; fail(error: unknown): void }[]>();
  const drawing = new Set<TicketType>();

  async function drawAll(type: TicketType): Promise<void> {
    drawing.add(type);
    for (let group = waiting.get(type); group; group = waiting.get(type)) {
      waiting.delete(type);
      try {
        const serials = await drawSerials(
          database,
          type,
          group.reduce((sum, { count }) => sum + count, 0),
        );
        for (const { count, give } of group) give(serials.splice(0, count).map((serial) => formatNumber(type, serial)));
      } catch (error) {
        for (const { fail } of group) fail(error);
      }
    }
    drawing.delete(type);
  }

  return async (type, count) => {
    if (database.isInTransaction()) return (await drawSerials(database, type, count)).map((serial) => formatNumber(type, serial));
    return new Promise((give, fail) => {
      const group = waiting.get(type) ?? [];
      group.push({ count, give, fail });
      waiting.set(type, group);
      if (!drawing.has(type)) void drawAll(type);
    });
  };
}
