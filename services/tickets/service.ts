import { z } from 'zod';
import { RadiusService } from '../../generated/opora/cmdb/v1/radius.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { BlastRadiusService } from '../../generated/opora/tickets/v1/blast_radius.ts';
import { FreezeService } from '../../generated/opora/tickets/v1/freezes.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { blastRadiusMethods } from './blast-radius/blast-radius-methods.ts';
import { freezeMethods } from './freezes/freeze-methods.ts';
import { keepImpact } from './impact/keep-impact.ts';
import { ticketRights } from './rights.ts';
import { ticketMethods } from './rpc.ts';
import { loadDefinitions } from './storage/definition-store.ts';
import { numberDrawer } from './storage/draw-number.ts';
import { ticketUseCases } from './tickets.ts';

export const tickets = defineService({
  name: 'tickets',
  needs: [],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database, client, within, newId, contract }) {
    const definitions = await loadDefinitions(database);
    const asking = { database, cmdb: client(RadiusService), within };
    const rights = ticketRights(contract);
    const parts = { ...asking, definitions, rights, drawNumbers: numberDrawer(database) };
    const find = async (id: string, principal: Principal) => (await ticketUseCases(parts).find(id, principal)).ticket;
    return {
      serves: [
        serve(TicketService, ticketMethods({ ...parts, directory: client(DirectoryService) })),
        serve(FreezeService, freezeMethods(database)),
        serve(BlastRadiusService, blastRadiusMethods({ ...asking, rights, find })),
      ],
      timers: keepImpact({ ...asking, newId }),
    };
  },
});
