import { type EdgeHub, startHub } from '../../../tests/edge/start-hub.ts';
import type { Answer } from '../../../tests/mesh/api.ts';

interface Item {
  id: string;
  version: number;
  name: string;
  [field: string]: unknown;
}
interface Page {
  items: Item[];
  next?: string;
}

let hub: EdgeHub;
let own: Item;
let contractor: Item;
let somebody: Item;
let serial = 0;

beforeAll(async () => {
  hub = await startHub([]);
  own = (await post('organizations', { name: 'Водоканал', kind: 'own' })).body;
  contractor = (await post('organizations', { name: 'Подрядчик', kind: 'contractor' })).body;
  somebody = (await post('people', { name: 'Некто' })).body;
});
afterAll(() => hub.stop());

const post = (collection: string, body: object) => hub.api.post<Item>(`/api/v1/${collection}`, body);
const change = ({ id, version }: Item, collection: string, body: object) =>
  hub.api.patch<Item>(`/api/v1/${collection}/${id}`, body, { 'if-match': `"${version}"` });
const list = (query: string) => hub.api.get<Page>(`/api/v1/${query}`);
const pointersOf = ({ status, body }: Answer<unknown>) => [
  status,
  (body as { errors?: { pointer: string }[] }).errors?.map(({ pointer }) => pointer),
];

const nine = { shifts: [{ from: '09:00', to: '18:00' }] };
const day = (add: number) => new Date(Date.UTC(2026, 2, 1) + add * 86_400_000).toISOString();

/** The least that each kind of record needs. */
const kinds: [string, () => object, object][] = [
  ['organizations', () => ({ name: `Организация ${++serial}`, kind: 'customer' }), { note: 'Спрашивать по понедельникам' }],
  ['legal-entities', () => ({ name: `ООО ${++serial}`, organizationId: own.id }), { inn: '7707083893' }],
  ['sites', () => ({ name: `Площадка ${++serial}`, organizationId: own.id, timeZone: 'Europe/Moscow' }), { latitude: 45.04, longitude: 38.98 }],
  ['departments', () => ({ name: `Отдел ${++serial}`, organizationId: own.id }), { code: 'A-17' }],
  ['people', () => ({ name: `Человек ${++serial}` }), { position: 'Инженер' }],
  ['teams', () => ({ name: `Команда ${++serial}` }), { line: 2 }],
  ['skills', () => ({ name: `Навык ${++serial}` }), { nameEn: 'Pumps' }],
  [
    'work-schedules',
    () => ({ name: `График ${++serial}`, timeZone: 'Europe/Moscow', cycleStart: '2026-01-05', days: [nine] }),
    { exceptions: [{ date: '2026-05-01', shifts: [], name: 'Праздник' }] },
  ],
  [
    'absences',
    () => ({ personId: somebody.id, kind: 'vacation', startsAt: day(++serial), endsAt: day(serial + 1) }),
    { comment: 'По семейным делам' },
  ],
  ['agreements', () => ({ name: `Договор ${++serial}`, contractorId: contractor.id, startsOn: '2026-01-01' }), { endsOn: '2026-12-31' }],
  ['blacklist-entries', () => ({ contractorId: contractor.id, scope: 'all', reason: 'Срыв сроков', startsAt: day(++serial) }), { endsAt: day(900) }],
];

describe.each(kinds)('%s', (collection, make, difference) => {
  const [field = '', value] = Object.entries(difference)[0] ?? [];

  it('are made, read, listed, changed at the version that was read, and have a history', async () => {
    const reference = { system: 'test', id: `${collection}-1` };
    const made = await post(collection, { ...make(), externalReferences: [reference] });
    expect([made.status, made.headers.get('location'), made.headers.get('etag')]).toEqual([201, `/api/v1/${collection}/${made.body.id}`, '"1"']);
    expect((await hub.api.get(`/api/v1/${collection}/${made.body.id}`)).body).toEqual(made.body);
    expect((await list(`${collection}?externalSystem=test&externalId=${collection}-1`)).body).toEqual({ items: [made.body] });

    const changed = await change(made.body, collection, difference);
    expect(changed.body).toMatchObject({ ...difference, version: 2, createdAt: made.body['createdAt'] });
    expect((await change(made.body, collection, difference)).status).toBe(412);
    // What is so already is no change.
    expect((await change(changed.body, collection, difference)).body).toEqual(changed.body);
    const emptied = await change(changed.body, collection, { clear: Object.keys(difference) });
    expect([emptied.status, emptied.body[field] ?? []]).toEqual([200, []]);

    const history = await hub.api.get<{ items: object[] }>(`/api/v1/${collection}/${made.body.id}/history`);
    expect(history.body.items).toMatchObject([
      { action: 'updated', changes: expect.arrayContaining([expect.objectContaining({ field, before: value })]), actorName: 'Администратор' },
      { action: 'updated', changes: expect.arrayContaining([expect.objectContaining({ field, after: value })]) },
      { action: 'created', changes: [] },
    ]);
    expect((await post(collection, { ...make(), externalReferences: [reference] })).status).toBe(409);
    expect((await hub.api.get(`/api/v1/${collection}/00000000-0000-7000-8000-000000000000`)).status).toBe(404);
  });

  it('come page by page in both directions, each once', async () => {
    for (let more = 0; more < 3; more++) await post(collection, make());
    const key = ['absences', 'blacklist-entries'].includes(collection) ? 'startsAt' : 'name';
    for (const sort of [key, `-${key}`, '-createdAt']) {
      const seen: Item[] = [];
      for (let after: string | undefined = ''; after !== undefined; ) {
        const { body }: Answer<Page> = await list(`${collection}?limit=2&sort=${sort}${after === '' ? '' : `&after=${after}`}`);
        seen.push(...body.items);
        after = body.next;
      }
      const placeOf = (item: Item) => String(item[sort.replace('-', '')]).toLowerCase();
      const inOrder = seen.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : placeOf(a) > placeOf(b) ? 1 : a.id < b.id ? -1 : 1));
      expect(seen).toEqual(sort.startsWith('-') ? inOrder.toReversed() : inOrder);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    }
    expect((await list(`${collection}?after=abc`)).status).toBe(422);
  });
});

describe('rights', () => {
  it('to read and to change the directory are two, and others have neither', async () => {
    const agent = await hub.newAccount('agent-1', ['agent']);
    const requester = await hub.newAccount('requester-1', ['requester']);
    for (const [collection, make] of kinds) {
      const path = `/api/v1/${collection}`;
      expect([(await agent.api.get(path)).status, (await agent.api.post(path, make())).status]).toEqual([200, 403]);
      expect([(await requester.api.get(path)).status, (await requester.api.get(`${path}/${own.id}/history`)).status]).toEqual([403, 403]);
    }
  });
});

describe('what a record says', () => {
  it('must be sound, and names only what is there: all that is wrong is told at once', async () => {
    const nobody = '00000000-0000-7000-8000-000000000000';
    const entity = await post('legal-entities', {
      name: 'x',
      organizationId: nobody,
      inn: '7707083894',
      bankAccounts: [{ bik: '044525225', account: '4'.repeat(20) }],
    });
    expect(pointersOf(entity)).toEqual([422, ['/inn', '/bankAccounts/0/account', '/organizationId']]);
    const site = await post('sites', { name: 'x', organizationId: own.id, timeZone: 'Mars/Base', latitude: 45 });
    expect(pointersOf(site)).toEqual([422, ['/timeZone', '/longitude']]);
    const person = await post('people', { contacts: [{ kind: 'mobile', value: '12' }], skills: [{ skillId: nobody, level: 3 }], managerId: nobody });
    expect(pointersOf(person)).toEqual([422, ['/name', '/contacts/0/value', '/managerId', '/skills/0/skillId']]);
  });

  it('keeps trees: nobody stands above themselves, also when two hang each other at once', async () => {
    const make = async (name: string, more: object = {}) => (await post('people', { name, ...more })).body;
    const chief = await make('Начальник');
    const middle = await make('Заместитель', { managerId: chief.id });
    const last = await make('Инженер', { managerId: middle.id });
    expect(pointersOf(await change(chief, 'people', { managerId: last.id }))).toEqual([422, ['/managerId']]);
    const [one, other] = [await make('Один'), await make('Другой')];
    const both = await Promise.all([change(one, 'people', { managerId: other.id }), change(other, 'people', { managerId: one.id })]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('search', () => {
  it('finds people by beginnings of words in any order, by number and by contact, and other records by forms of words', async () => {
    const contacts = [
      { kind: 'email', value: 'Sem.Yozhikov@Example.ru' },
      { kind: 'mobile', value: '8 918 765-43-21' },
    ];
    const person = await post('people', {
      familyName: 'Ёжиков',
      givenName: 'Семён',
      position: 'Ведущий инженер',
      employeeNumber: '000777',
      contacts,
    });
    expect(person.body).toMatchObject({ name: 'Ёжиков Семён', contacts: [{ value: 'sem.yozhikov@example.ru' }, { value: '+79187654321' }] });
    for (const q of ['ежик', 'семен ёжи', 'инженеры ежиков', '000777', 'sem.yozh']) {
      expect((await list(`people?q=${encodeURIComponent(q)}`)).body.items.map(({ id }) => id)).toEqual([person.body.id]);
    }
    for (const contact of ['8 (918) 765 43 21', 'SEM.yozhikov@example.ru']) {
      expect((await list(`people?contact=${encodeURIComponent(contact)}`)).body.items).toHaveLength(1);
    }
    expect((await list(`people?q=${encodeURIComponent('ёжиков пётр')}`)).body.items).toEqual([]);
    await post('sites', { name: 'Насосная станция', organizationId: own.id, timeZone: 'Europe/Moscow' });
    expect((await list(`sites?q=${encodeURIComponent('насосной станции')}`)).body.items).toHaveLength(1);
  });
});

describe('an account', () => {
  it('belongs to a person, and tells its holder who they are and where they belong', async () => {
    const site = (await post('sites', { name: 'Офис', organizationId: own.id, timeZone: 'Europe/Moscow' })).body;
    const person = (await post('people', { name: 'Седов Игорь', position: 'Инженер', organizationId: own.id, siteId: site.id })).body;
    const team = (await post('teams', { name: 'Сеть', line: 2, members: [{ personId: person.id, role: 'lead' }] })).body;
    const account = await hub.newAccount('i.sedov', ['agent']);
    expect((await hub.api.patch(`/api/v1/accounts/${account.id}`, { personId: person.id }, { 'if-match': '"1"' })).status).toBe(200);
    const { body } = await account.api.get('/api/v1/me');
    const organization = { id: own.id, name: own.name };
    const teams = [{ id: team.id, name: 'Сеть', line: 2, role: 'lead' }];
    expect(body['person']).toEqual({
      id: person.id,
      name: 'Седов Игорь',
      position: 'Инженер',
      organization,
      site: { id: site.id, name: 'Офис' },
      teams,
    });
    expect((await list(`teams?memberId=${person.id}`)).body.items.map(({ id }) => id)).toEqual([team.id]);
    expect((await list(`accounts?personId=${person.id}`)).body.items.map(({ id }) => id)).toEqual([account.id]);
    const wrong = await hub.api.post('/api/v1/accounts', { login: 'x', name: 'x', personId: account.id });
    expect(pointersOf(wrong)).toEqual([422, ['/personId']]);
  });
});
