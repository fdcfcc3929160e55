import { z } from 'zod';
import { CatalogService } from '../../generated/opora/catalog/v1/catalog.ts';
import { RadiusService } from '../../generated/opora/cmdb/v1/radius.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { PersonService } from '../../generated/opora/directory/v1/people.ts';
import { ApprovalService } from '../../generated/opora/tickets/v1/approvals.ts';
import { BlastRadiusService } from '../../generated/opora/tickets/v1/blast_radius.ts';
import { FreezeService } from '../../generated/opora/tickets/v1/freezes.ts';
import { LifecycleMoveService } from '../../generated/opora/tickets/v1/lifecycle_moves.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { subscription } from '../../platform/bus/subscription.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { approvalMethods } from './approvals/approval-methods.ts';
import { knowPolicies } from './approvals/know-policies.ts';
import { runApprovals } from './approvals/run-approvals.ts';
import { blastRadiusMethods } from './blast-radius/blast-radius-methods.ts';
import { hearDefinitions } from './definitions/hear-definitions.ts';
import { knowDefinitions } from './definitions/know-definitions.ts';
import { knowMatrices } from './definitions/know-matrices.ts';
import { freezeMethods } from './freezes/freeze-methods.ts';
import { keepImpact } from './impact/keep-impact.ts';
import { knowLifecycles } from './lifecycles/know-lifecycles.ts';
import { moveMethods, runMoves } from './lifecycles/move-running.ts';
import { runTimers } from './lifecycles/run-timers.ts';
import { ticketRights } from './rights.ts';
import { ticketMethods } from './rpc.ts';
import { numberDrawer } from './storage/draw-number.ts';
import { ticketUseCases } from './tickets.ts';

export const tickets = defineService({
  name: 'tickets',
  needs: ['catalog'],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  async start({ database, client, contract, within, newId }) {
    const definitions = await knowDefinitions({ database, catalog: client(CatalogService), within });
    const lifecycles = knowLifecycles(definitions, contract);
    const matrices = knowMatrices(definitions);
    const policies = knowPolicies(definitions, contract);
    const asking = { database, cmdb: client(RadiusService), within };
    const rights = ticketRights(contract);
    const parts = { ...asking, lifecycles, matrices, policies, rights, drawNumbers: numberDrawer(database) };
    const find = async (id: string, principal: Principal) => (await ticketUseCases(parts).find(id, principal)).ticket;
    return {
      serves: [
        serve(TicketService, ticketMethods({ ...parts, directory: client(DirectoryService) })),
        serve(LifecycleMoveService, moveMethods({ ...parts, newId })),
        serve(ApprovalService, approvalMethods(parts)),
        serve(FreezeService, freezeMethods(database)),
        serve(BlastRadiusService, blastRadiusMethods({ ...asking, rights, find })),
      ],
      subscriptions: [subscription(hearDefinitions(definitions))],
      timers: [
        keepImpact({ ...asking, newId }),
        runTimers({ ...parts, newId }),
        runMoves({ ...parts, newId }),
        runApprovals({ ...parts, newId, directory: { accounts: client(DirectoryService), people: client(PersonService) } }),
      ],
    };
  },
});
