import type { AbsenceService } from '../../generated/opora/directory/v1/absences.ts';
import type { ContractorService } from '../../generated/opora/directory/v1/contractors.ts';
import type { DepartmentService, OrganizationService, SiteService } from '../../generated/opora/directory/v1/organizations.ts';
import type { PersonList, PersonService } from '../../generated/opora/directory/v1/people.ts';
import type { ScheduleService } from '../../generated/opora/directory/v1/schedules.ts';
import type { TeamService } from '../../generated/opora/directory/v1/teams.ts';
import type { CallOptions, Client } from '../../platform/rpc/call.ts';
import { bank, companies, deals, entities } from './domain/companies.ts';
import { regions } from './domain/enterprise.ts';
import { seededRandom } from './domain/random.ts';
import { listSchedules } from './domain/schedules.ts';
import { buildSites } from './domain/sites.ts';
import { buildWorkforce, skills, type Worker } from './domain/workforce.ts';

/** The directory's use cases that the demo's people come through. */
export interface DirectoryParts {
  organizations: Client<OrganizationService>;
  sites: Client<SiteService>;
  departments: Client<DepartmentService>;
  people: Client<PersonService>;
  teams: Client<TeamService>;
  schedules: Client<ScheduleService>;
  absences: Client<AbsenceService>;
  contractors: Client<ContractorService>;
  within(milliseconds: number): CallOptions;
}

const system = 'demo';

/** Whatever is known by its key already is left as it is, so a load that begins again doubles nothing. Gives the ids of people by their keys. */
export async function loadPeople(parts: DirectoryParts, now: number): Promise<ReadonlyMap<string, string>> {
  const { organizations, sites, departments, people, teams, schedules, absences, contractors } = parts;
  const options = () => parts.within(20_000);
  const ids = new Map<string, string>();
  const idOf = (key: string) => {
    const id = ids.get(key);
    if (id === undefined) throw new Error(`"${key}" is not in the directory yet.`);
    return id;
  };
  const named = (key: string) => ({ externalReferences: [{ system, id: key }] });
  const known = (key: string) => ({ externalSystem: system, externalId: key });
  const ensure = async (key: string, found: Promise<{ items: { id: string }[] }>, create: () => Promise<{ id: string }>) => {
    ids.set(key, (await found).items[0]?.id ?? (await create()).id);
  };
  const toLevels = (levels: readonly { skill: string; level: number }[]) => levels.map(({ skill, level }) => ({ skillId: idOf(skill), level }));

  for (const [key, name, nameEn] of skills)
    await ensure(key, teams.listSkills(known(key), options()), () => teams.createSkill({ name, nameEn, ...named(key) }, options()));
  for (const { key, name, kind, parent, ...company } of companies) {
    const wanted = { name, kind, regions: [...company.regions], skills: toLevels(company.skills), ...named(key) };
    await ensure(key, organizations.listOrganizations(known(key), options()), () =>
      organizations.createOrganization({ ...wanted, ...(parent !== undefined && { parentId: idOf(parent) }) }, options()),
    );
  }
  for (const { key, organization, account, ...entity } of entities) {
    const wanted = { ...entity, organizationId: idOf(organization), bankAccounts: [{ ...bank, account }], ...named(key) };
    await ensure(key, organizations.listLegalEntities(known(key), options()), () => organizations.createLegalEntity(wanted, options()));
  }
  for (const { key, organization, ...site } of buildSites()) {
    const wanted = { ...site, organizationId: idOf(organization), ...named(key) };
    await ensure(key, sites.listSites(known(key), options()), () => sites.createSite(wanted, options()));
  }
  for (const { key, ...schedule } of listSchedules([...new Set(regions.map(({ timeZone }) => timeZone))])) {
    await ensure(key, schedules.listWorkSchedules(known(key), options()), () =>
      schedules.createWorkSchedule({ ...schedule, ...named(key) }, options()),
    );
  }

  const workforce = buildWorkforce(seededRandom(1_703), now);
  for (const { key, name, organization, parent } of workforce.departments) {
    const wanted = { name, organizationId: idOf(organization), ...(parent !== undefined && { parentId: idOf(parent) }), ...named(key) };
    await ensure(key, departments.listDepartments(known(key), options()), () => departments.createDepartment(wanted, options()));
  }
  const { refusals } = await people.importPeople(workforce.workers.map(toRecord), options());
  if (refusals[0]) throw new Error(`The demo's people are not sound: ${JSON.stringify(refusals[0])}`);
  for (const [key, id] of await readIds(parts)) ids.set(key, id);
  for (const { key, manager } of workforce.departments)
    await departments.updateDepartment({ id: idOf(key), expectedVersion: 0, managerId: idOf(manager), clear: [], externalReferences: [] }, options());
  for (const { key, name, line, ...team } of workforce.teams) {
    const members = team.members.map(({ worker, role }) => ({ personId: idOf(worker), role }));
    const wanted = { name, line, organizationId: idOf('holding'), members, skills: toLevels(team.skills), ...named(key) };
    await ensure(key, teams.listTeams(known(key), options()), () => teams.createTeam(wanted, options()));
  }
  for (const { key, worker, kind, startsAt, endsAt, deputy } of workforce.leaves) {
    const times = { startsAt: new Date(startsAt).toISOString(), endsAt: new Date(endsAt).toISOString() };
    const wanted = { personId: idOf(worker), kind, ...times, deputyId: idOf(deputy), ...named(key) };
    await ensure(key, absences.listAbsences(known(key), options()), () => absences.createAbsence(wanted, options()));
  }
  const year = new Date(now).getUTCFullYear();
  for (const { key, name, contractor, regions: where, workKinds } of deals) {
    const term = { startsOn: `${year}-01-01`, endsOn: `${year}-12-31`, contractorId: idOf(contractor) };
    const wanted = { name, ...term, regions: [...where], workKinds: [...workKinds], ...named(key) };
    await ensure(key, contractors.listAgreements(known(key), options()), () => contractors.createAgreement(wanted, options()));
  }
  await ensure('blacklist-1', contractors.listBlacklistEntries(known('blacklist-1'), options()), () =>
    contractors.createBlacklistEntry(
      {
        contractorId: idOf('contractor-6'),
        scope: 'region',
        region: 'tay',
        reason: 'Два срыва аварийных работ подряд: бригада не вышла на шов магистрали.',
        evidence: ['Акт 17/А'],
        startsAt: `${year}-01-15T00:00:00.000Z`,
        overrideRoles: ['administrator'],
        overridePersonIds: [],
        ...named('blacklist-1'),
      },
      options(),
    ),
  );
  return ids;
}

/** The ids of people by their keys. */
async function readIds({ people, within }: DirectoryParts): Promise<[string, string][]> {
  const ids: [string, string][] = [];
  let after: string | undefined;
  do {
    const page: PersonList = await people.listPeople({ limit: 500, sort: 'createdAt', ...(after !== undefined && { after }) }, within(20_000));
    ids.push(
      ...page.items.flatMap((person) =>
        person.externalReferences.flatMap((one): [string, string][] => (one.system === system ? [[one.id, person.id]] : [])),
      ),
    );
    after = page.next;
  } while (after !== undefined);
  return ids;
}

function toRecord({ key, email, mobile, ...worker }: Worker) {
  return {
    externalReference: { system, id: key },
    ...worker,
    employeeNumber: key,
    locale: 'ru' as const,
    contacts: [
      { kind: 'email' as const, value: email },
      { kind: 'mobile' as const, value: mobile },
    ],
  };
}
