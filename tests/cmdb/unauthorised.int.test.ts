import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import type { Api } from '../mesh/api.ts';
import { eventually } from './eventually.ts';

interface Item {
  id: string;
  version: number;
  unauthorised: boolean;
  unauthorisedSince?: string;
  updatedAt: string;
}

let hub: EdgeHub;
let api: Api;
beforeAll(async () => {
  hub = await startHub(['cmdb', 'tickets']);
  api = hub.api;
});
afterAll(() => hub.stop());

/** With the version that it has now. */
async function sendTo(method: 'PATCH' | 'POST', path: string, body: object, action = '') {
  const { version } = (await api.get<{ version: number }>(path)).body;
  const answer = await api.send(method, `${path}${action}`, JSON.stringify(body), { 'content-type': 'application/json', 'if-match': `"${version}"` });
  expect(answer.status).toBe(200);
  return answer.body as unknown as Item;
}

let serial = 0;
const create = async (attributes: object = { operatingSystem: 'Astra 1.7' }): Promise<Item> =>
  (await api.post<Item>('/api/v1/cmdb/items', { class: 'server', name: `server-${++serial}`, attributes })).body;
const patch = (id: string, attributes: object, reason?: string) =>
  sendTo('PATCH', `/api/v1/cmdb/items/${id}`, { attributes, ...(reason !== undefined && { reason }) });
const unauthorised = async () => (await api.get<{ items: Item[] }>('/api/v1/cmdb/items?unauthorised=true')).body.items.map(({ id }) => id);
const discover = (source: string, key: string, operatingSystem: string) =>
  api.post<{ outcomes: { id: string }[] }>(`/api/v1/cmdb/sources/${source}/items`, {
    items: [{ key, class: 'server', name: key, attributes: { operatingSystem } }],
  });

/** A change ticket that is assigned, and known to be so far. */
async function openChange(items: string[] = []) {
  const { id, number } = (await api.post<{ id: string; number: string }>('/api/v1/tickets', { type: 'change', subject: 'Upgrade', items })).body;
  await sendTo('PATCH', `/api/v1/tickets/${id}`, { assigneeId: newUuid() });
  return {
    number,
    async add(item: string) {
      await sendTo('PATCH', `/api/v1/tickets/${id}`, { items: { add: [item], remove: [] } });
      const read = () => hub.database('cmdb').query<{ items: string[] }>(sql`select items from change_ticket where number = ${number}`);
      await eventually(read, ([row]) => row?.items.includes(item) ?? false);
    },
    async take(transition: string, isOpen: boolean) {
      await sendTo('POST', `/api/v1/tickets/${id}`, { transition, resolution: 'done' }, '/transitions');
      const read = () => hub.database('cmdb').query<{ open: boolean }>(sql`select is_open as open from change_ticket where number = ${number}`);
      await eventually(read, ([row]) => row?.open === isOpen);
    },
  };
}

describe('a change of what its class controls', () => {
  it('is marked when no approved change justifies it, is listed until a person approves it, and stays in the history', async () => {
    const { id } = await create();
    expect(await patch(id, { memoryGb: 64 }, 'spare module')).toMatchObject({ unauthorised: false });
    const changed = await patch(id, { operatingSystem: 'Astra 1.8' }, 'CHG-999999');
    expect(changed).toMatchObject({ unauthorised: true, unauthorisedSince: changed.updatedAt });
    expect(await patch(id, { memoryGb: 128 })).toMatchObject({ unauthorised: true, unauthorisedSince: changed.updatedAt });
    expect(await unauthorised()).toContain(id);

    expect((await api.post(`/api/v1/cmdb/items/${id}/authorise`, { reason: 'CHG-000001' })).status).toBe(428);
    const approve = () => api.post<Item>(`/api/v1/cmdb/items/${id}/authorise`, { reason: 'срочно, оформлено задним числом' }, { 'if-match': '"4"' });
    const { body } = await approve();
    expect(body).toMatchObject({ version: 5, unauthorised: false });
    expect(body).not.toHaveProperty('unauthorisedSince');
    expect((await approve()).status).toBe(412);
    expect((await api.post(`/api/v1/cmdb/items/${id}/authorise`, { reason: 'x' }, { 'if-match': '"5"' })).status).toBe(409);
    expect(await unauthorised()).not.toContain(id);
    const { items } = (await api.get<{ items: { version: number; unauthorised: boolean; reason?: string }[] }>(`/api/v1/cmdb/items/${id}/history`))
      .body;
    expect(items.map(({ version, unauthorised: mark }) => [version, mark])).toEqual([
      [5, false],
      [4, false],
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(items[0]?.reason).toBe('срочно, оформлено задним числом');
  });

  it('is justified by a change that is under way and named, and by none that is new, done, or about others', async () => {
    const { id } = await create();
    const change = await openChange();
    expect(await patch(id, { operatingSystem: 'too early' }, change.number)).toMatchObject({ unauthorised: true });
    await change.take('start', true);
    const [other, third] = [await create(), await create()];
    expect(await patch(other.id, { operatingSystem: 'Astra 1.8' }, `Обновление, ${change.number.toLowerCase()}`)).toMatchObject({
      unauthorised: false,
    });
    const aboutOther = await openChange([other.id]);
    await aboutOther.take('start', true);
    expect(await patch(third.id, { operatingSystem: 'Astra 1.8' }, aboutOther.number)).toMatchObject({ unauthorised: true });
    await change.take('resolve', false);
    expect(await patch(id, { operatingSystem: 'too late' }, change.number)).toMatchObject({ unauthorised: true });
  });

  it('is justified by a change under way from the moment on that its item was added to it', async () => {
    const [one, other] = [await create(), await create()];
    const change = await openChange([one.id]);
    await change.take('start', true);
    expect(await patch(other.id, { operatingSystem: 'too early' })).toMatchObject({ unauthorised: true });
    await change.add(other.id);
    expect(await patch(one.id, { operatingSystem: 'Astra 1.8' })).toMatchObject({ unauthorised: false });
    const third = await create();
    await change.add(third.id);
    expect(await patch(third.id, { operatingSystem: 'Astra 1.8' })).toMatchObject({ unauthorised: false });
  });

  it('that discovery sees is justified while a change that lists the item is under way', async () => {
    const { id } = (await discover('agent', 'seen', 'Astra 1.7')).body.outcomes[0] ?? { id: '' };
    const isMarked = async () => (await api.get<Item>(`/api/v1/cmdb/items/${id}`)).body.unauthorised;
    const change = await openChange([id]);
    await change.take('start', true);
    await discover('agent', 'seen', 'Astra 1.8');
    expect(await isMarked()).toBe(false);
    await change.take('resolve', false);
    await discover('agent', 'seen', 'Astra 1.8.1');
    expect(await isMarked()).toBe(true);
  });
});

describe('a relation of a type that is controlled', () => {
  const relate = (fromId: string, toId: string) =>
    api.post<{ id: string; unauthorised: boolean }>('/api/v1/cmdb/relations', { type: 'supplies', fromId, toId });
  const listed = async () => (await api.get<{ items: { id: string }[] }>('/api/v1/cmdb/relations?unauthorised=true')).body.items.map(({ id }) => id);

  it('may come with a new item; later its coming and going needs an approved change, or an approval afterwards', async () => {
    const [one, other, third] = [await create(), await create(), await create()];
    const first = (await relate(one.id, other.id)).body;
    expect(first.unauthorised).toBe(false);
    await hub.database('cmdb').query(sql`update item set created_at = created_at - interval '2 days'`);
    const { body: late } = await relate(one.id, third.id);
    expect(late.unauthorised).toBe(true);
    expect((await api.send('DELETE', `/api/v1/cmdb/relations/${first.id}`, undefined)).status).toBe(204);
    expect(await listed()).toEqual([first.id, late.id]);
    const { items } = (await api.get<{ items: object[] }>(`/api/v1/cmdb/relations/${first.id}/history`)).body;
    expect(items).toMatchObject([
      { state: 'removed', unauthorised: true },
      { state: 'active', unauthorised: false },
    ]);
    expect((await api.post(`/api/v1/cmdb/relations/${late.id}/authorise`, { reason: 'CHG-000002' })).body).toMatchObject({
      state: 'active',
      version: 2,
      unauthorised: false,
    });
    expect(await listed()).toEqual([first.id]);
  });
});
