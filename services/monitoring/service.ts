import { z } from 'zod';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { IngestService, MonitoringService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { subscription } from '../../platform/bus/subscription.ts';
import { defineService, serve } from '../../platform/service/define-service.ts';
import { decideIncidents } from './decide-incidents.ts';
import { createIntake } from './ingest.ts';
import { ingestMethods, monitoringMethods } from './rpc.ts';
import { rulebook } from './storage/rule-store.ts';
import { followIncidents } from './subscriptions.ts';

export const monitoring = defineService({
  name: 'monitoring',
  needs: ['cmdb', 'tickets'],
  config: z.object({}),
  migrations: new URL('./storage/migrations/', import.meta.url),
  start({ database, newId, client }) {
    const intake = createIntake({ database, newId });
    const policy = decideIncidents({ database, rules: rulebook(database), cmdb: client(CmdbService), tickets: client(TicketService) });
    return {
      serves: [serve(IngestService, ingestMethods(intake)), serve(MonitoringService, monitoringMethods(database, intake))],
      subscriptions: [subscription(policy), subscription(followIncidents(database))],
    };
  },
});
