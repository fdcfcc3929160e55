import { type EdgeHub, startHub } from '../../tests/edge/start-hub.ts';
import { eventually } from '../../tests/mesh/api.ts';

let hub: EdgeHub;
beforeAll(async () => {
  hub = await startHub(['cmdb']);
});
afterAll(() => hub.stop());

const titles = { titleEn: 'Engineer, North', titleRu: 'Инженер, Север' };
const reading = (where: object) => ({ permission: 'cmdb.read', where });
const seeing = (more: object) => ({ permission: 'tickets.read', ...more });
const make = (name: string, rights: object) => hub.api.post('/api/v1/roles', { name, ...titles, ...rights });

describe('a role', () => {
  it('is made, read, and changed at the version that was read', async () => {
    const grants = [reading({ site: ['N2', 'N1', 'N2'], class: [] })];
    const made = await make('north', { permissions: ['tickets.read'], grants });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/api/v1/roles/north']);
    const tidy = [{ permission: 'cmdb.read', where: { class: [], organisation: [], site: ['N1', 'N2'] }, without: [] }];
    expect(made.body).toEqual({ name: 'north', ...titles, permissions: ['tickets.read'], grants: tidy, version: 1 });
    const read = await hub.api.get('/api/v1/roles/north');
    expect([read.body, read.headers.get('etag')]).toEqual([made.body, '"1"']);
    const change = (version: number, body: object) => hub.api.patch('/api/v1/roles/north', body, { 'if-match': `"${version}"` });
    expect((await change(1, { titleEn: 'North' })).body).toMatchObject({ titleEn: 'North', grants: tidy, version: 2 });
    expect((await change(1, { titleEn: 'Lost' })).status).toBe(412);
    expect((await change(2, { rights: { permissions: [], grants: [] } })).body).toMatchObject({ permissions: [], grants: [], version: 3 });
    expect((await make('north', {})).status).toBe(409);
    expect((await hub.api.get('/api/v1/roles/south')).status).toBe(404);
  });

  it.each([
    ['a permission that does not exist', { permissions: ['cmdb.read', 'cmdb.fly'] }, '/permissions/1'],
    [
      'a grant of a permission that holds for all or not at all',
      { grants: [{ permission: 'sla.read', where: { site: ['N'] } }] },
      '/grants/0/permission',
    ],
    ['a grant that names nothing', { grants: [reading({})] }, '/grants/0/where'],
    ['an empty name', { grants: [reading({ site: ['N', ' '] })] }, '/grants/0/where/site/1'],
    ['another condition', { grants: [reading({ colour: ['red'] })] }, '/grants/0/where/colour'],
    ['no condition where one is needed', { grants: [seeing({})] }, '/grants/0/condition'],
    ['a condition on what is not known', { grants: [seeing({ condition: 'ticket.colour == "red"' })] }, '/grants/0/condition'],
    ['a condition that cannot be asked of a table', { grants: [seeing({ condition: 'ticket.items.all(item, item != "")' })] }, '/grants/0/condition'],
    ['a condition where places are asked', { grants: [{ ...reading({ site: ['N'] }), condition: 'true' }] }, '/grants/0/condition'],
    ['a place where a condition is asked', { grants: [seeing({ condition: 'true', where: { site: ['N'] } })] }, '/grants/0/where'],
    ['a field that cannot be left out', { grants: [seeing({ condition: 'true', without: ['form', 'subject'] })] }, '/grants/0/without/1'],
    ['more than can travel', { grants: [reading({ site: Array.from({ length: 100 }, (_, n) => `a site with a long name ${n}`) })] }, '/grants'],
  ])('is refused with %s', async (_, rights, pointer) => {
    const { status, body } = await make('refused', rights);
    expect([status, (body['errors'] as { pointer: string }[]).map((error) => error.pointer)]).toEqual([422, [pointer]]);
  });

  it('gives nothing that the giver has not', async () => {
    await make('deputy', { permissions: ['directory.manage', 'directory.read'], grants: [reading({ site: ['N', 'M'] })] });
    const { api } = await hub.newAccount('mila', ['deputy']);
    const give = (name: string, rights: object) => api.post('/api/v1/roles', { name, ...titles, ...rights });
    expect((await give('less', { grants: [reading({ site: ['N'], class: ['pump'] })] })).status).toBe(201);
    expect((await give('more', { grants: [reading({ site: ['S'] })] })).status).toBe(403);
    expect((await give('whole', { permissions: ['cmdb.read'] })).status).toBe(403);
    expect((await api.patch('/api/v1/roles/administrator', { titleEn: 'Mine' }, { 'if-match': '"1"' })).status).toBe(403);
    const mine = { permission: 'tickets.read', condition: 'ticket.assigneeId == me.id', without: ['form'] };
    await make('lead', { permissions: ['directory.manage', 'directory.read'], grants: [mine] });
    const lead = await hub.newAccount('lena', ['lead']);
    const pass = (name: string, grant: object) => lead.api.post('/api/v1/roles', { name, ...titles, grants: [grant] });
    expect((await pass('same', { ...mine, without: ['form', 'items'] })).status).toBe(201);
    expect((await pass('wider', { ...mine, without: [] })).status).toBe(403);
    expect((await pass('other', { ...mine, condition: 'true' })).status).toBe(403);
    await make('southern', { grants: [reading({ site: ['S'] })] });
    expect((await api.post('/api/v1/accounts', { login: 'sasha', name: 'Саша', roles: ['southern'] })).status).toBe(403);
    expect((await api.post('/api/v1/accounts', { login: 'sasha', name: 'Саша', roles: ['less'] })).status).toBe(201);
  });

  it('is not weakened by those who would lose their rights by it', async () => {
    const weaken = await hub.api.patch('/api/v1/roles/administrator', { rights: { permissions: ['cmdb.read'], grants: [] } }, { 'if-match': '"1"' });
    expect(weaken.status).toBe(409);
  });

  it('tells each who has it what they may do, and holds otherwise as soon as it is changed', async () => {
    await make('pumps', {
      permissions: ['tickets.read'],
      grants: [reading({ class: ['pump'] }), { permission: 'cmdb.write', where: { class: ['pump'] } }],
    });
    await hub.newAccount('petya', ['pumps']);
    const { api, id } = await hub.newAccount('pavel', ['pumps']);
    const grantsOf = async (asked = api) =>
      (((await asked.get('/api/v1/me')).body['grants'] ?? []) as { permission: string }[]).map(({ permission }) => permission);
    expect(await grantsOf()).toEqual(['cmdb.read', 'cmdb.write']);
    const token = await hub.api.post<{ secret: string }>('/api/v1/tokens', { name: 'narrow', accountId: id, scopes: ['cmdb.read'] });
    expect(await grantsOf(api.as(token.body.secret))).toEqual(['cmdb.read']);
    expect((await api.as(token.body.secret).get('/api/v1/tickets')).status).toBe(403);
    const own = await api.as(token.body.secret).post<{ secret: string; scopes: string[] }>('/api/v1/tokens', { name: 'no wider' });
    expect(own.body.scopes).toEqual(['cmdb.read']);
    expect((await api.get('/api/v1/cmdb/items')).status).toBe(200);
    expect((await api.get('/api/v1/cmdb/change-sets')).body).toMatchObject({ status: 403, detail: expect.stringContaining('for all objects') });
    await hub.api.patch('/api/v1/roles/pumps', { rights: { permissions: ['tickets.read'], grants: [] } }, { 'if-match': '"1"' });
    await eventually(async () => (await api.get('/api/v1/cmdb/items')).status === 403, { within: 1_000, every: 10 });
  });
});
