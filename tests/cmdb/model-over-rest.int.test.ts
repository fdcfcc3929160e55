import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { type Api, eventually } from '../mesh/api.ts';

interface Draft {
  id: string;
  version: number;
  base: number;
  definition: { classes: { name: string; attributes: Record<string, object> }[]; relationTypes: object[] };
}

let hub: EdgeHub;
let api: Api;

beforeAll(async () => {
  hub = await startHub(['cmdb']);
  api = hub.api;
});
afterAll(() => hub.stop());

const put = (path: string, body: object, headers: Record<string, string> = {}) =>
  api.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
const label = { ru: 'Водонапорная башня', en: 'Water tower' };
const tower = {
  parent: 'facility',
  label,
  attributes: {
    heightM: { type: 'decimal', label: { ru: 'Высота', en: 'Height' }, unit: 'm', minimum: 1, maximum: 100 },
    isHeated: { type: 'boolean', label: { ru: 'Обогрев', en: 'Heating' }, default: false },
  },
};

describe('the model over REST', () => {
  it('takes a class of one’s own in one call, and items of it', async () => {
    const made = await put('/api/v1/cmdb/classes/water_tower', tower);
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({ name: 'water_tower', parent: 'facility', modelVersion: 2, initialState: 'in_use' });
    expect((made.body as { attributes: object[] }).attributes).toContainEqual({
      name: 'isHeated',
      declaredBy: 'water_tower',
      inherited: false,
      definition: expect.objectContaining({ type: 'boolean', default: false }),
    });
    expect((await api.get('/api/v1/cmdb/classes/water_tower')).body).toEqual(made.body);
    const item = await api.post<{ attributes: object }>('/api/v1/cmdb/items', { class: 'water_tower', name: 'Башня 1', attributes: { heightM: 30 } });
    expect([item.status, item.body.attributes]).toEqual([201, { heightM: 30, isHeated: false, lifecycleState: 'in_use' }]);
    const wrong = await api.post('/api/v1/cmdb/items', { class: 'water_tower', name: 'Башня 2', attributes: { heightM: 300, isHeated: 'a bit' } });
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: '/attributes/heightM' }, { pointer: '/attributes/isHeated' }] } });
  });

  it('names all that is wrong with a class, and the migration without which data would be lost', async () => {
    const broken = { ...tower, parent: 'castle', attributes: { heightM: { ...tower.attributes.heightM, minimum: 200 } } };
    const pointers = ['/parent', '/attributes/heightM/maximum'];
    expect(await put('/api/v1/cmdb/classes/water_tower', broken)).toMatchObject({
      status: 422,
      body: { errors: pointers.map((pointer) => ({ pointer })) },
    });
    const less = { ...tower, attributes: { isHeated: tower.attributes.isHeated } };
    const lost = await put('/api/v1/cmdb/classes/water_tower', less);
    expect(lost.status).toBe(422);
    expect(lost.body).toMatchObject({
      errors: [{ pointer: '/classes/water_tower/attributes/heightM', message: expect.stringContaining('dropAttribute') }],
    });
    const migrations = [{ kind: 'dropAttribute', class: 'water_tower', attribute: 'heightM' }];
    expect((await put('/api/v1/cmdb/classes/water_tower', { ...less, migrations })).status).toBe(200);
    await eventually(async () => (await api.get('/api/v1/cmdb/model/versions/3')).body['migratedAt'] !== undefined);
    const { items } = (await api.get<{ items: { attributes: object }[] }>('/api/v1/cmdb/items?class=water_tower')).body;
    expect(items.map(({ attributes }) => attributes)).toEqual([{ isHeated: false, lifecycleState: 'in_use' }]);
  });

  it('leads a draft from its beginning to its publication', async () => {
    const made = await api.post<Draft>('/api/v1/cmdb/model/drafts', { note: 'Новый класс' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    const path = `/api/v1/cmdb/model/drafts/${made.body.id}`;
    expect(made.headers.get('location')).toBe(path);
    const { definition, base } = made.body;
    const own = { name: 'canal', parent: 'facility', label };
    const next = { definition: { ...definition, classes: [...definition.classes, own] }, note: 'Новый класс' };
    expect((await put(path, next)).status).toBe(428);
    expect((await put(path, next, { 'if-match': '"1"' })).body).toMatchObject({
      version: 2,
      changes: [{ pointer: '/classes/canal', change: 'added' }],
      losses: [],
    });
    expect((await put(path, next, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.post(`${path}/publish`, {}, { 'if-match': '"2"' })).status).toBe(409);
    expect((await api.post(`${path}/test`, {})).body).toMatchObject({ draftVersion: 2 });
    await eventually(async () => (await api.get(`${path}/test`)).body['state'] === 'done');
    const published = await api.post(`${path}/publish`, {}, { 'if-match': '"2"' });
    expect(published).toMatchObject({ status: 200, body: { version: base + 1, note: 'Новый класс' } });
    expect((await api.get(path)).status).toBe(404);
    expect((await api.get(`/api/v1/cmdb/model/versions/${base}/diff/${base + 1}`)).body).toMatchObject({
      changes: [{ pointer: '/classes/canal', change: 'added', after: { parent: 'facility', label } }],
      losses: [],
    });
    expect((await api.send('DELETE', path, undefined)).status).toBe(204);
  });

  it('keeps a definition as it was written, attribute by attribute', async () => {
    const names = ['zebra', 'b', 'aLongName', 'a'];
    const attributes = Object.fromEntries(names.map((name) => [name, { type: 'text', label }]));
    const { body } = await put('/api/v1/cmdb/classes/ordered', { parent: 'place', label, attributes });
    const own = (body as { attributes: { name: string; inherited: boolean }[] }).attributes.filter(({ inherited }) => !inherited);
    expect(own.map(({ name }) => name)).toEqual(names);
    const again = (await api.get<{ attributes: { name: string; inherited: boolean }[] }>('/api/v1/cmdb/classes/ordered')).body.attributes;
    expect(again.filter(({ inherited }) => !inherited).map(({ name }) => name)).toEqual(names);
  });
});
