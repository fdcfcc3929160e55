import { cmdb } from '../cmdb/service.ts';
import type { ServiceDefinition } from '../platform/service/define-service.ts';
import { catalog } from './catalog/service.ts';
import { demo } from './demo/service.ts';
import { directory } from './directory/service.ts';
import { gateway } from './gateway/service.ts';
import { monitoring } from './monitoring/service.ts';
import { sla } from './sla/service.ts';
import { tickets } from './tickets/service.ts';

/** The mesh on one page. A new service is one folder and one line here. */
export const registry: readonly ServiceDefinition[] = [directory, catalog, tickets, cmdb, sla, monitoring, gateway, demo];
