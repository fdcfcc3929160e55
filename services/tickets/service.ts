import { z } from 'zod';
import { RadiusService } from '../../generated/opora/cmdb/v1/radius.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { keepImpact } from './impact/keep-impact.ts';
import { ticketMethods } from './rpc.ts';
import { loadDefinitions } from './storage/definition-store.ts';
import { numberDrawer } from './storage/draw-number.ts';

export const tickets = defineService({
  name: 'tickets',
  needs: [],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database, client, within, newId }) {
    const definitions = await loadDefinitions(database);
    const asking = { database, cmdb: client(RadiusService), within };
    return {
      serves: [serve(TicketService, ticketMethods({ ...asking, definitions, drawNumbers: numberDrawer(database) }))],
      timers: keepImpact({ ...asking, newId }),
    };
  },
});
