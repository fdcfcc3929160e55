import { z } from 'zod';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { ticketMethods } from './rpc.ts';
import { loadDefinitions } from './storage/definition-store.ts';
import { numberDrawer } from './storage/draw-number.ts';

export const tickets = defineService({
  name: 'tickets',
  needs: [],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database }) {
    const definitions = await loadDefinitions(database);
    return { serves: [serve(TicketService, ticketMethods({ database, definitions, drawNumbers: numberDrawer(database) }))] };
  },
});
