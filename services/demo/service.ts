import { z } from 'zod';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { SourceService } from '../../generated/opora/cmdb/v1/sources.ts';
import { AbsenceService } from '../../generated/opora/directory/v1/absences.ts';
import { ContractorService } from '../../generated/opora/directory/v1/contractors.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { DepartmentService, OrganizationService, SiteService } from '../../generated/opora/directory/v1/organizations.ts';
import { PersonService } from '../../generated/opora/directory/v1/people.ts';
import { ScheduleService } from '../../generated/opora/directory/v1/schedules.ts';
import { TeamService } from '../../generated/opora/directory/v1/teams.ts';
import { IngestService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { defineService } from '../../platform/service/define-service.ts';
import { loadWater } from './load-water.ts';
import { chooseDemo, runOnce } from './progress.ts';

/** Fills a new installation with the demo enterprise, through the same use cases as everybody; the hub is ready first. */
export const demo = defineService({
  name: 'demo',
  needs: ['directory', 'cmdb', 'tickets', 'monitoring'],
  config: z.object({ OPORA_DEMO: z.enum(['water', 'none']).optional().describe('demo enterprise to load; water on the first start') }),
  migrations: new URL('./storage/migrations/', import.meta.url),
  start({ config, database, clock, client, within, announce, log }) {
    let loading: Promise<void> = Promise.resolve();
    let isStopping = false;
    const load = async () => {
      const chosen = await chooseDemo(database, config.OPORA_DEMO, clock.now());
      if (chosen?.demo !== 'water') return;
      const parts = {
        directory: client(DirectoryService),
        organizations: client(OrganizationService),
        sites: client(SiteService),
        departments: client(DepartmentService),
        people: client(PersonService),
        teams: client(TeamService),
        schedules: client(ScheduleService),
        absences: client(AbsenceService),
        contractors: client(ContractorService),
        cmdb: client(CmdbService),
        sources: client(SourceService),
        tickets: client(TicketService),
        monitoring: client(IngestService),
        within,
        once: (step: string, work: () => Promise<void>) => runOnce(database, step, work),
        report: announce,
      };
      await runOnce(database, 'water', () => loadWater(parts, chosen.at));
    };
    const keepTrying = async () => {
      for (let pause = 1_000; !isStopping; pause = Math.min(30_000, pause * 2)) {
        try {
          return await load();
        } catch (error) {
          if (isStopping) return;
          log.warn({ err: error }, 'the demo did not load to its end; it goes on from there');
          await new Promise((resolve) => setTimeout(resolve, pause).unref());
        }
      }
    };
    return {
      async open() {
        loading = keepTrying();
      },
      async drain() {
        isStopping = true;
      },
      stop: () => Promise.race([loading, new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())]),
    };
  },
});
