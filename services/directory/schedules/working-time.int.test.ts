import { AbsenceService } from '../../../generated/opora/directory/v1/absences.ts';
import { ContractorService } from '../../../generated/opora/directory/v1/contractors.ts';
import { OrganizationService } from '../../../generated/opora/directory/v1/organizations.ts';
import { PersonService } from '../../../generated/opora/directory/v1/people.ts';
import { ScheduleService } from '../../../generated/opora/directory/v1/schedules.ts';
import { TeamService } from '../../../generated/opora/directory/v1/teams.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { serve } from '../../../platform/service/define-service.ts';
import { openDirectory, type TestDirectory } from '../../../tests/directory/open-directory.ts';
import { absenceMethods } from '../absences/absence-methods.ts';
import { contractorMethods } from '../contractors/contractor-methods.ts';
import { organizationMethods } from '../organizations/organization-methods.ts';
import { personMethods } from '../people/person-methods.ts';
import { teamMethods } from '../teams/team-methods.ts';
import { scheduleMethods } from './schedule-methods.ts';

let directory: TestDirectory;
beforeAll(async () => {
  directory = await openDirectory((database) => [
    serve(PersonService, personMethods(database)),
    serve(TeamService, teamMethods(database)),
    serve(OrganizationService, organizationMethods(database)),
    serve(ScheduleService, scheduleMethods(database)),
    serve(AbsenceService, absenceMethods(database)),
    serve(ContractorService, contractorMethods(database)),
  ]);
});
afterAll(() => directory.close());

const none = { contacts: [], skills: [], externalReferences: [] };
const as = () => directory.as();
const newPerson = (name: string, more: { scheduleId?: string } = {}) =>
  directory.client(PersonService).createPerson({ ...none, name, ...more }, as());
const newSchedule = (name: string, days: { shifts: { from: string; to: string }[] }[], timeZone = 'Europe/Moscow') =>
  directory
    .client(ScheduleService)
    .createWorkSchedule({ name, timeZone, cycleStart: '2026-03-02', days, exceptions: [], externalReferences: [] }, as());
const away = (personId: string, startsAt: string, endsAt: string, deputyId?: string) =>
  directory
    .client(AbsenceService)
    .createAbsence({ personId, kind: 'vacation', startsAt, endsAt, externalReferences: [], ...(deputyId !== undefined && { deputyId }) }, as());
const onShift = async (more: object = {}) => (await directory.client(ScheduleService).listOnShift(more, as())).items.map(({ name }) => name);

describe('who is at work', () => {
  it('is told by schedules in their time zones, less those who are away, page by page', async () => {
    const office = await newSchedule('5/2', [...Array(5).fill({ shifts: [{ from: '09:00', to: '18:00' }] }), { shifts: [] }, { shifts: [] }]);
    const night = await newSchedule('Ночь', [{ shifts: [{ from: '22:00', to: '08:00' }] }], 'Asia/Vladivostok');
    const [first, second] = [await newPerson('Анна', { scheduleId: office.id }), await newPerson('Борис', { scheduleId: office.id })];
    const watch = await newPerson('Вера', { scheduleId: night.id });
    await newPerson('Глеб');
    const team = await directory
      .client(TeamService)
      .createTeam({ name: 'Смена', members: [{ personId: second.id, role: 'member' }], skills: [], externalReferences: [] }, as());
    // Monday noon of UTC: three in the afternoon in Moscow, ten in the evening in Vladivostok.
    expect(await onShift()).toEqual(['Анна', 'Борис', 'Вера']);
    expect(await onShift({ at: '2026-03-02T16:00:00Z' })).toEqual(['Вера']);
    expect(await onShift({ at: '2026-03-07T12:00:00Z', organizationId: team.id })).toEqual([]);
    await away(first.id, '2026-03-02T10:00:00Z', '2026-03-02T13:00:00Z');
    expect(await onShift()).toEqual(['Борис', 'Вера']);
    expect(await onShift({ teamId: team.id })).toEqual(['Борис']);
    const page = await directory.client(ScheduleService).listOnShift({ limit: 1 }, as());
    expect(page.items).toEqual([{ personId: second.id, name: 'Борис', scheduleId: office.id, until: '2026-03-02T15:00:00.000Z' }]);
    expect(await onShift({ limit: 1, after: page.next })).toEqual(['Вера']);

    const timeOf = (id: string, at?: string) => directory.client(ScheduleService).getWorkingTime({ id, ...(at !== undefined && { at }) }, as());
    expect(await timeOf(first.id)).toEqual({
      working: false,
      until: '2026-03-02T15:00:00.000Z',
      awayUntil: '2026-03-02T13:00:00.000Z',
      nextAt: '2026-03-02T13:00:00.000Z',
    });
    expect(await timeOf(watch.id)).toEqual({ working: true, until: '2026-03-02T22:00:00.000Z', nextAt: '2026-03-02T12:00:00.000Z' });
    expect(await timeOf(second.id, '2026-03-06T15:00:00Z')).toEqual({ working: false, nextAt: '2026-03-09T06:00:00.000Z' });
  });
});

describe('deputies', () => {
  it('are followed to one who is there, and cannot lead back', async () => {
    const [boss, deputy, last] = [await newPerson('Начальник'), await newPerson('Заместитель'), await newPerson('Старший')];
    const [from, to] = ['2026-03-02T00:00:00.000Z', '2026-03-09T00:00:00.000Z'];
    const deputyOf = (id: string, at?: string) => directory.client(AbsenceService).getDeputy({ id, ...(at !== undefined && { at }) }, as());
    await away(boss.id, from, to, deputy.id);
    expect(await deputyOf(boss.id)).toEqual({ away: true, chain: [deputy.id], deputyId: deputy.id });
    const second = await away(deputy.id, from, to, last.id);
    expect(await deputyOf(boss.id)).toEqual({ away: true, chain: [deputy.id, last.id], deputyId: last.id });
    await expect(away(last.id, '2026-03-08T23:00:00Z', '2026-03-20T00:00:00Z', boss.id)).rejects.toMatchObject({
      kind: 'invalid_input',
      violations: [{ pointer: '/deputyId', message: expect.stringContaining('2026-03-08T23:00:00.000Z') }],
    });
    await away(last.id, to, '2026-03-20T00:00:00Z', boss.id);
    expect(await deputyOf(last.id, '2026-03-10T00:00:00Z')).toEqual({ away: true, chain: [boss.id], deputyId: boss.id });
    const off = { id: second.id, expectedVersion: 1, active: false, clear: [], externalReferences: [] };
    await directory.client(AbsenceService).updateAbsence(off, as());
    expect((await deputyOf(boss.id)).chain).toEqual([deputy.id]);
    expect(await deputyOf(boss.id, to)).toEqual({ away: false, chain: [] });
  });

  it('are declared by everybody for themselves, and for others by those who manage the directory', async () => {
    const [own, other] = [await newPerson('Сама'), await newPerson('Другой')];
    const accountId = '00000000-0000-7000-8000-0000000000aa';
    await directory.database.query(sql`insert into account (id, login, name, locale, roles, active, version, created_at, updated_at, person_id)
      values (${accountId}, 'own', 'Сама', 'ru', '{}', true, 1, now(), now(), ${own.id})`);
    const self = directory.as({ id: accountId, permissions: [] });
    const declare = (personId: string) => {
      const absence = {
        personId,
        kind: 'sick_leave' as const,
        startsAt: '2026-04-01T00:00:00Z',
        endsAt: '2026-04-02T00:00:00Z',
        externalReferences: [],
      };
      return directory.client(AbsenceService).createAbsence(absence, self);
    };
    expect(await declare(own.id)).toMatchObject({ personId: own.id, active: true });
    await expect(declare(other.id)).rejects.toMatchObject({ kind: 'not_allowed' });
  });
});

describe('a contractor', () => {
  it('is admitted to a work unless an entry of the blacklist forbids it, which is told with who may let it pass', async () => {
    const organizations = directory.client(OrganizationService);
    const contractors = directory.client(ContractorService);
    const make = (name: string, kind: 'contractor' | 'customer') =>
      organizations.createOrganization({ name, kind, regions: [], skills: [], externalReferences: [] }, as());
    const [contractor, customer] = [await make('Подрядчик', 'contractor'), await make('Заказчик', 'customer')];
    const blank = { evidence: [], overrideRoles: [], overridePersonIds: [], externalReferences: [], reason: 'Сорвали сроки' };
    const entry = { ...blank, contractorId: contractor.id, startsAt: '2026-03-01T00:00:00Z' };
    const agreement = {
      contractorId: contractor.id,
      name: 'Подряд',
      startsOn: '2026-01-01',
      endsOn: '2026-03-02',
      regions: ['RU-KDA'],
      workKinds: [],
      externalReferences: [],
    };
    const { id: agreementId } = await contractors.createAgreement(agreement, as());
    const byCustomer = await contractors.createBlacklistEntry(
      { ...entry, scope: 'customer', customerId: customer.id, overrideRoles: ['manager'] },
      as(),
    );
    const work = { id: contractor.id, region: 'RU-KDA', workKind: 'welding' };
    expect(await contractors.getAdmission(work, as())).toEqual({ allowed: true, forbiddenBy: [], mayOverride: false, agreementIds: [agreementId] });
    expect((await contractors.getAdmission({ ...work, at: '2026-03-03T00:00:00Z' }, as())).agreementIds).toEqual([]);
    const forbidden = await contractors.getAdmission({ ...work, customerId: customer.id }, as());
    expect(forbidden).toMatchObject({ allowed: false, forbiddenBy: [byCustomer], mayOverride: false });

    const accountId = '00000000-0000-7000-8000-0000000000ab';
    await directory.database.query(sql`insert into account (id, login, name, locale, roles, active, version, created_at, updated_at)
      values (${accountId}, 'm', 'm', 'ru', '{manager}', true, 1, now(), now())`);
    const manager = directory.as({ id: accountId });
    expect((await contractors.getAdmission({ ...work, customerId: customer.id }, manager)).mayOverride).toBe(true);
    await contractors.createBlacklistEntry({ ...entry, scope: 'work_kind', workKind: 'welding' }, as());
    expect(await contractors.getAdmission({ ...work, customerId: customer.id }, manager)).toMatchObject({
      forbiddenBy: { length: 2 },
      mayOverride: false,
    });
    await expect(contractors.createBlacklistEntry({ ...entry, contractorId: customer.id, scope: 'all' }, as())).rejects.toMatchObject({
      violations: [{ pointer: '/contractorId', message: expect.any(String) }],
    });
  });
});
