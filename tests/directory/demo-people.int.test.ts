import { AbsenceService } from '../../generated/opora/directory/v1/absences.ts';
import { ContractorService } from '../../generated/opora/directory/v1/contractors.ts';
import { DepartmentService, OrganizationService, SiteService } from '../../generated/opora/directory/v1/organizations.ts';
import { PersonService } from '../../generated/opora/directory/v1/people.ts';
import { ScheduleService } from '../../generated/opora/directory/v1/schedules.ts';
import { TeamService } from '../../generated/opora/directory/v1/teams.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { serve } from '../../platform/service/define-service.ts';
import { loadPeople } from '../../services/demo/load-people.ts';
import { absenceMethods } from '../../services/directory/absences/absence-methods.ts';
import { contractorMethods } from '../../services/directory/contractors/contractor-methods.ts';
import { departmentMethods, organizationMethods, siteMethods } from '../../services/directory/organizations/organization-methods.ts';
import { personMethods } from '../../services/directory/people/person-methods.ts';
import { scheduleMethods } from '../../services/directory/schedules/schedule-methods.ts';
import { teamMethods } from '../../services/directory/teams/team-methods.ts';
import { openDirectory, type TestDirectory } from './open-directory.ts';

let directory: TestDirectory;
beforeAll(async () => {
  directory = await openDirectory((database) => [
    serve(OrganizationService, organizationMethods(database)),
    serve(SiteService, siteMethods(database)),
    serve(DepartmentService, departmentMethods(database)),
    serve(PersonService, personMethods(database)),
    serve(TeamService, teamMethods(database)),
    serve(ScheduleService, scheduleMethods(database)),
    serve(AbsenceService, absenceMethods(database)),
    serve(ContractorService, contractorMethods(database)),
  ]);
});
afterAll(() => directory.close());

const counts = async () => {
  const of = (table: string) => `(select count(*)::int from ${table}) as ${table}`;
  const tables = [
    'organization',
    'legal_entity',
    'site',
    'department',
    'person',
    'team',
    'skill',
    'work_schedule',
    'absence',
    'agreement',
    'blacklist_entry',
  ];
  const [row] = await directory.database.query<Record<string, number>>({ strings: [`select ${tables.map(of).join(', ')}`], values: [] });
  return row;
};

describe('the people of the demo enterprise', () => {
  it('work in six companies, in teams and shifts, some of them away and stood in for; a load that begins again doubles nobody', async () => {
    const { as, clock, client } = directory;
    const parts = {
      organizations: client(OrganizationService),
      sites: client(SiteService),
      departments: client(DepartmentService),
      people: client(PersonService),
      teams: client(TeamService),
      schedules: client(ScheduleService),
      absences: client(AbsenceService),
      contractors: client(ContractorService),
      within: () => as({ kind: 'service', id: 'demo', name: 'demo' }),
    };
    const ids = await loadPeople(parts, clock.at);
    const first = await counts();
    expect(first).toMatchObject({ legal_entity: 6, team: 14, skill: 12, work_schedule: 12, agreement: 8, blacklist_entry: 1 });
    expect(first?.['person']).toBeGreaterThan(380);
    expect(first?.['absence']).toBeGreaterThan(40);
    expect(ids.get('i.sedov')).toBeDefined();
    const [alone] = await directory.database.query<{ n: number }>(
      sql`select count(*)::int as n from person where manager_id is null or schedule_id is null`,
    );
    expect(alone?.n).toBe(1);
    const { items } = await parts.schedules.listOnShift({ limit: 500 }, as());
    expect(items.length).toBeGreaterThan(100);
    const admission = await parts.contractors.getAdmission({ id: ids.get('contractor-6') ?? '', region: 'tay', workKind: 'welding' }, as());
    expect(admission).toMatchObject({ allowed: false, forbiddenBy: { length: 1 }, agreementIds: { length: 1 } });

    await loadPeople(parts, clock.at);
    expect(await counts()).toEqual(first);
  });
});
