import { AbsenceService } from '../../../generated/opora/directory/v1/absences.ts';
import { OrganizationService } from '../../../generated/opora/directory/v1/organizations.ts';
import { type Person, type PersonRecord, PersonService } from '../../../generated/opora/directory/v1/people.ts';
import { TeamService } from '../../../generated/opora/directory/v1/teams.ts';
import { raw, sql } from '../../../platform/postgres/sql.ts';
import type { Client } from '../../../platform/rpc/call.ts';
import { serve } from '../../../platform/service/define-service.ts';
import { openDirectory, type TestDirectory } from '../../../tests/directory/open-directory.ts';
import { absenceMethods } from '../absences/absence-methods.ts';
import { organizationMethods } from '../organizations/organization-methods.ts';
import { teamMethods } from '../teams/team-methods.ts';
import { personMethods } from './person-methods.ts';

let directory: TestDirectory;
let people: Client<PersonService>;
beforeAll(async () => {
  directory = await openDirectory((database) => [
    serve(PersonService, personMethods(database)),
    serve(TeamService, teamMethods(database)),
    serve(OrganizationService, organizationMethods(database)),
    serve(AbsenceService, absenceMethods(database)),
  ]);
  people = directory.client(PersonService);
});
afterAll(() => directory.close());

const lists = { contacts: [], skills: [], externalReferences: [] };
const as = () => directory.as();
const make = (name: string, more: Partial<Person> = {}) => people.createPerson({ ...lists, name, ...more }, as());
const get = (id: string) => people.getPerson({ id }, as());
const announced = async (id: string) =>
  (await directory.database.query<{ type: string }>(sql`select type from outbox where key = ${id} order by id`)).map(({ type }) =>
    type.split('.').at(-1),
  );

describe('an import', () => {
  const record = (id: string, more: Partial<PersonRecord> = {}): PersonRecord => ({
    externalReference: { system: 'hr', id },
    name: `Сотрудник ${id}`,
    contacts: [],
    skills: [],
    ...more,
  });
  const send = (records: PersonRecord[]) => people.importPeople(records, directory.as());
  const known = async (id: string) => (await people.listPeople({ externalSystem: 'hr', externalId: id }, as())).items[0];

  it('makes those who are new, changes those who are known, and leaves what it does not say', async () => {
    await directory
      .client(OrganizationService)
      .createOrganization({ name: 'Водоканал', kind: 'own', regions: [], skills: [], externalReferences: [{ system: 'hr', id: 'ORG' }] }, as());
    const first = await send([
      record('1', { organization: 'ORG', position: 'Инженер' }),
      record('2', { contacts: [{ kind: 'mobile', value: '8 918 123-45-67' }] }),
    ]);
    expect(first).toEqual({ received: 2, created: 2, updated: 0, unchanged: 0, refused: 0, waiting: 0, refusals: [] });
    const again = await send([record('1', { position: 'Инженер' }), record('2', { position: 'Слесарь' }), record('2', { vip: true })]);
    expect(again).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    expect(await known('1')).toMatchObject({ position: 'Инженер', organizationId: expect.any(String), version: 1 });
    const second = await known('2');
    expect(second).toMatchObject({ position: 'Слесарь', vip: true, version: 2, contacts: [{ kind: 'mobile', value: '+79181234567' }] });
    const { items } = await people.listPersonHistory({ id: second?.id ?? '' }, as());
    expect(items.map(({ action }) => action)).toEqual(['imported', 'imported']);
    expect(await announced(second?.id ?? '')).toEqual(['PersonChanged', 'PersonChanged']);
  });

  it('sets managers who come later, in the stream or another day, and puts nobody above themselves', async () => {
    expect(await send([record('10', { manager: '11' }), record('12', { manager: '13' })])).toMatchObject({ created: 2, waiting: 2 });
    expect(await send([record('11'), record('14', { manager: '10' })])).toMatchObject({ created: 2, updated: 1 });
    const [worker, boss, last] = [await known('10'), await known('11'), await known('14')];
    expect([worker?.managerId, last?.managerId]).toEqual([boss?.id, worker?.id]);
    const ring = await send([record('11', { manager: '14' }), record('20', { manager: '21' }), record('21', { manager: '20' })]);
    expect(ring.refusals.map(({ pointer }) => pointer)).toEqual(['/manager', '/manager']);
    expect((await known('11'))?.managerId).toBeUndefined();
    expect([await known('20'), await known('21')].filter((person) => person?.managerId !== undefined)).toHaveLength(1);
  });

  it('takes in what is good and says of the rest which record it was, and what is wrong', async () => {
    const summary = await send([
      record('30'),
      record('31', { department: 'nobody' }),
      record('32', { timeZone: 'Mars', contacts: [{ kind: 'email', value: 'x' }] }),
    ]);
    expect(summary).toMatchObject({ created: 1, refused: 2 });
    expect(summary.refusals).toMatchObject([
      { record: 2, externalReference: { system: 'hr', id: '31' }, pointer: '/department' },
      { record: 3, pointer: '/contacts/0/value' },
      { record: 3, pointer: '/timeZone' },
    ]);
  });

  it('that comes twice at once makes everybody once', async () => {
    const records = Array.from({ length: 1200 }, (_, index) =>
      record(`many-${index}`, index > 0 ? { manager: `many-${Math.floor(index / 7)}` } : {}),
    );
    const both = await Promise.all([send(records), send(records.toReversed())]);
    expect(both.map(({ received, refused }) => [received, refused])).toEqual([
      [1200, 0],
      [1200, 0],
    ]);
    const [count] = await directory.database.query<{ people: number; led: number }>(
      sql`select count(*)::int as people, count(manager_id)::int as led from person where name like 'Сотрудник many-%'`,
    );
    expect(count).toEqual({ people: 1200, led: 1199 });
    // Few are found and put in order; many are met on the way through the order.
    for (const [q, first] of [
      ['many 777', 'Сотрудник many-777'],
      ['сотрудник MANY', 'Сотрудник many-0'],
    ] as const) {
      expect((await people.listPeople({ q, limit: 1 }, as())).items.map(({ name }) => name)).toEqual([first]);
    }
  });
});

describe('two who are one person', () => {
  it('are merged with all that refers to the double, who says where it went, and can be told apart again', async () => {
    const kept = await make('Иванов Иван', { externalReferences: [{ system: 'ad', id: 'ivanov' }] });
    const gone = await make('Иванов И. И.', {
      contacts: [{ kind: 'email', value: 'ivanov@example.ru' }],
      externalReferences: [{ system: '1c', id: '17' }],
    });
    const report = await make('Подчинённый', { managerId: gone.id });
    const blank = { skills: [], externalReferences: [] };
    const members = [
      { personId: gone.id, role: 'lead' as const },
      { personId: report.id, role: 'member' as const },
    ];
    const team = await directory.client(TeamService).createTeam({ ...blank, name: 'Бригада', members }, as());
    const vacation = {
      personId: gone.id,
      kind: 'vacation' as const,
      startsAt: '2026-05-01T00:00:00.000Z',
      endsAt: '2026-05-20T00:00:00.000Z',
      externalReferences: [],
    };
    const absence = await directory.client(AbsenceService).createAbsence(vacation, as());

    const merge = await people.mergePeople({ id: kept.id, goneId: gone.id, reason: 'Один человек' }, as());
    expect(merge).toMatchObject({ keptId: kept.id, goneId: gone.id, moved: { person: 1, team: 1, absence: 1 } });
    expect(await get(gone.id)).toMatchObject({ active: false, mergedIntoId: kept.id });
    expect(await get(kept.id)).toMatchObject({ contacts: [{ value: 'ivanov@example.ru' }], externalReferences: [{ id: 'ivanov' }, { id: '17' }] });
    expect((await get(report.id)).managerId).toBe(kept.id);
    const teamNow = await directory.client(TeamService).getTeam({ id: team.id }, as());
    expect(teamNow.members.map(({ personId }) => personId)).toEqual([kept.id, report.id]);
    expect((await directory.client(AbsenceService).getAbsence({ id: absence.id }, as())).personId).toBe(kept.id);
    expect((await people.listPeople({ externalSystem: '1c', externalId: '17' }, as())).items[0]?.id).toBe(kept.id);
    await expect(people.mergePeople({ id: kept.id, goneId: gone.id }, as())).rejects.toMatchObject({ kind: 'illegal_state' });
    await expect(people.updatePerson({ ...lists, id: gone.id, expectedVersion: 2, vip: true, clear: [] }, as())).rejects.toMatchObject({
      kind: 'illegal_state',
    });

    // What was changed since stays: somebody else joined the team, and the report has another manager.
    const other = await make('Другой');
    await directory
      .client(TeamService)
      .updateTeam(
        { ...blank, id: team.id, expectedVersion: teamNow.version, members: [...teamNow.members, { personId: other.id, role: 'member' }], clear: [] },
        as(),
      );
    await people.updatePerson({ ...lists, id: report.id, expectedVersion: 2, managerId: other.id, clear: [] }, as());
    const undone = await people.undoMerge({ personId: kept.id, id: merge.id }, as());
    expect(undone.undoneAt).toBeDefined();
    const strip = ({ version: _, updatedAt: __, ...rest }: Person) => rest;
    expect([await get(kept.id), await get(gone.id)].map(strip)).toEqual([kept, gone].map(strip));
    expect((await get(report.id)).managerId).toBe(other.id);
    const membersNow = (await directory.client(TeamService).getTeam({ id: team.id }, as())).members.map(({ personId }) => personId);
    expect(membersNow.toSorted()).toEqual([gone.id, report.id, other.id].toSorted());
    expect((await people.listPeople({ externalSystem: '1c', externalId: '17' }, as())).items[0]?.id).toBe(gone.id);
    await expect(people.undoMerge({ personId: kept.id, id: merge.id }, as())).rejects.toMatchObject({ kind: 'illegal_state' });
    expect((await announced(kept.id)).filter((type) => type?.startsWith('PersonM') || type?.startsWith('PersonU'))).toEqual([
      'PersonMerged',
      'PersonUnmerged',
    ]);
  });
});

describe('personal data', () => {
  const secrets = ['Ёлкина', 'Аглая', 'yolkina', '9187776655', 'Перелом'];
  const texts = [
    'person',
    'record_history',
    'absence',
    'account',
    'account_identity',
    'external_reference',
    'outbox',
    'bus_log',
    'idempotency',
    'person_merge',
    'token',
    'personal_data_access',
    'awaited_manager',
  ];

  /** The tables in which a text stands, in any column. */
  async function whereIs(text: string): Promise<string[]> {
    const found: string[] = [];
    for (const table of texts) {
      const row = table === 'idempotency' ? `encode(t.answer, 'escape')` : 't::text';
      const bytes =
        table === 'idempotency'
          ? [...Buffer.from(text)].map((byte) => (byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`)).join('')
          : text;
      const rows = await directory.database.query({
        strings: [`select 1 from ${table} t where position(lower(`, `) in lower(${row})) > 0 limit 1`],
        values: [bytes],
      });
      if (rows.length > 0) found.push(table);
    }
    return found;
  }

  it('is given out and erased, names nobody afterwards, and each look at it is known', async () => {
    const person = await people.createPerson(
      {
        ...lists,
        familyName: 'Ёлкина',
        givenName: 'Аглая',
        contacts: [
          { kind: 'email', value: 'yolkina@example.ru' },
          { kind: 'mobile', value: '+79187776655' },
        ],
        externalReferences: [{ system: 'ad', id: 'yolkina' }],
      },
      { ...as(), idempotencyKey: 'make-yolkina' },
    );
    const double = await make('Ёлкина А.');
    const changed = await people.updatePerson({ ...lists, id: person.id, expectedVersion: 1, familyName: 'Ёлкина-Иванова', clear: [] }, as());
    const away = {
      personId: person.id,
      kind: 'sick_leave' as const,
      startsAt: '2026-05-01T00:00:00.000Z',
      endsAt: '2026-05-20T00:00:00.000Z',
      comment: 'Перелом ноги',
    };
    await directory.client(AbsenceService).createAbsence({ ...away, externalReferences: [] }, as());
    const merge = await people.mergePeople({ id: person.id, goneId: double.id, reason: 'Двойник Ёлкиной' }, as());
    const accountId = '00000000-0000-7000-8000-0000000000ac';
    await directory.database.query(sql`insert into account (id, login, name, email, locale, roles, active, version, created_at, updated_at, person_id)
      values (${accountId}, 'yolkina', 'Аглая Ёлкина', 'yolkina@example.ru', 'ru', '{}', true, 1, now(), now(), ${person.id})`);
    await directory.database.query(sql`insert into sign_in_provider (name, definition, version) values ('corp', '{}', 1)`);
    await directory.database.query(sql`insert into account_identity (provider, subject, account_id) values ('corp', 'yolkina', ${accountId})`);
    const event = {
      accountId,
      subject: 'yolkina',
      login: 'yolkina',
      name: 'Аглая Ёлкина',
      email: 'yolkina@example.ru',
      locale: 'ru',
      roles: [],
      version: 1,
    };
    for (const log of ['bus_log', 'outbox']) {
      await directory.database.query(
        sql`insert into ${raw(log)} (event_id, type, key, time, data) values (gen_random_uuid(), 'opora.directory.v1.AccountCreated', ${accountId}, now(), ${JSON.stringify(event)})`,
      );
    }
    // What she did herself is signed with her name; her own card is hers to read.
    const own = directory.as({ id: accountId, name: 'Аглая Ёлкина' });
    const other = await make('Коллега');
    await people.updatePerson({ ...lists, id: other.id, expectedVersion: 1, vip: true, clear: [] }, own);
    await people.getPerson({ id: person.id }, own);
    await people.getPerson({ id: person.id }, as());
    await people.getPerson({ id: other.id }, own);

    const given = await people.exportPersonalData({ id: person.id, reason: 'Запрос' }, as());
    expect(given).toMatchObject({
      person: { id: person.id },
      doubles: [{ id: double.id }],
      accounts: [{ login: 'yolkina' }],
      accesses: [{ action: 'read' }],
    });
    expect(given.history.map(({ action }) => action)).toEqual(['merged', 'updated', 'created']);
    expect(JSON.parse(given.absences[0] ?? '')).toMatchObject({ comment: 'Перелом ноги' });
    await expect(
      people.exportPersonalData({ id: person.id, reason: 'x' }, directory.as({ permissions: ['directory.manage'] })),
    ).rejects.toMatchObject({ kind: 'not_allowed' });

    for (const secret of secrets) expect(await whereIs(secret)).not.toEqual([]);
    const erase = (expectedVersion: number, by = as()) => people.erasePersonalData({ id: person.id, expectedVersion, reason: 'Отзыв согласия' }, by);
    await expect(erase(changed.version + 1, own)).rejects.toMatchObject({ kind: 'illegal_state' });
    const left = await erase(changed.version + 1);
    expect(left).toMatchObject({ id: person.id, name: '—', active: false, contacts: [], externalReferences: [] });
    for (const secret of secrets) expect([secret, await whereIs(secret)]).toEqual([secret, []]);

    const { items } = await people.listPersonalDataAccesses({ id: person.id }, as());
    expect(items.map(({ action, actorName }) => [action, actorName])).toEqual([
      ['erased', 'Кадры'],
      ['exported', 'Кадры'],
      ['read', 'Кадры'],
    ]);
    const history = await people.listPersonHistory({ id: person.id }, as());
    expect(history.items[0]).toMatchObject({ action: 'erased', changes: [] });
    expect(history.items.flatMap(({ changes }) => changes).filter(({ before, after }) => before ?? after)).toEqual([]);
    await expect(people.undoMerge({ personId: person.id, id: merge.id }, as())).rejects.toMatchObject({ kind: 'illegal_state' });
    await expect(erase(left.version)).rejects.toMatchObject({ kind: 'illegal_state' });
    expect(await announced(person.id)).toEqual(expect.arrayContaining(['PersonalDataExported', 'PersonalDataErased']));
  });
});
