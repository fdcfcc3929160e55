import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { type Api, eventually } from '../mesh/api.ts';

let hub: EdgeHub;
let api: Api;

beforeAll(async () => {
  hub = await startHub(['cmdb']);
  api = hub.api;
  for (const index of [0, 1, 2]) {
    const attributes = { site: 'MSK', inventoryNumber: `00045${index}` };
    expect((await api.post('/api/v1/cmdb/items', { class: 'server', name: `rest-${index}`, attributes })).status).toBe(201);
  }
});
afterAll(() => hub.stop());

interface Progress {
  id: string;
  status: string;
}
const until = async (path: string, status: string) => {
  await eventually(async () => (await api.get<Progress>(path)).body.status === status);
  return (await api.get<Progress & Record<string, unknown>>(path)).body;
};

describe('many items at once over REST', () => {
  it('are edited in one go, and the edit is taken back', async () => {
    const made = await api.post<Progress>('/api/v1/cmdb/bulk-edits', {
      filter: { class: 'server', site: 'MSK' },
      changes: { attributes: { supportTeam: 'DC', site: 'SPB' } },
    });
    expect([made.status, made.body.status]).toEqual([201, 'previewing']);
    const path = `/api/v1/cmdb/bulk-edits/${made.body.id}`;
    expect(await until(path, 'draft')).toMatchObject({
      total: 3,
      preview: { changed: 3 },
      changes: { attributes: { supportTeam: 'DC', site: 'SPB' } },
    });
    const { items } = (await api.get<{ items: object[] }>(`${path}/rows?outcome=changed&limit=1`)).body;
    expect(items).toEqual([
      expect.objectContaining({
        outcome: 'changed',
        differences: [
          { field: 'attributes.site', before: 'MSK', after: 'SPB' },
          { field: 'attributes.supportTeam', after: 'DC' },
        ],
      }),
    ]);
    expect((await api.post(`${path}/apply`, {})).status).toBe(200);
    await until(path, 'applied');
    const revert = await api.post<Progress>(`/api/v1/cmdb/change-sets/${made.body.id}/revert`, {});
    expect(await until(`/api/v1/cmdb/change-sets/${revert.body.id}`, 'done')).toMatchObject({ counts: { itemsReverted: 3, conflicts: 0 } });
  });

  it('are counted with a telephone: a code that nobody knows is resolved by its scan', async () => {
    const opened = await api.post<Progress>('/api/v1/cmdb/stocktakes', { title: 'Серверная', filter: { site: 'MSK' }, place: 'MSK' });
    expect(opened).toMatchObject({ status: 201, body: { status: 'open', counts: { expected: 3, missing: 3 } } });
    const path = `/api/v1/cmdb/stocktakes/${opened.body.id}`;
    const scans = [
      { code: '450', scanId: 'phone-7:1' },
      { code: 'rubbed off', scanId: 'phone-7:2' },
    ];
    const taken = await api.post<{ items: object[] }>(`${path}/scans`, { scans });
    expect(taken.body.items).toMatchObject([
      { outcome: 'found', itemName: 'rest-0', recognisedBy: 'inventory_number' },
      { outcome: 'unknown', candidates: [] },
    ]);
    const { items } = (await api.get<{ items: { itemId: string }[] }>(`${path}/items?outcome=missing`)).body;
    const resolved = await api.post(`${path}/scans/${encodeURIComponent('phone-7:2')}/resolve`, { itemId: items[0]?.itemId });
    expect(resolved).toMatchObject({ status: 200, body: { outcome: 'found', recognisedBy: 'person' } });
    await api.post(`${path}/close`, { settlement: { missing: 'mark', mark: { description: 'не найден' } } });
    expect(await until(path, 'closed')).toMatchObject({
      counts: { expected: 3, found: 2, missing: 1, unknown: 0 },
      preview: { changed: 3 },
      settlement: { missing: 'mark', mark: { description: 'не найден' }, elsewhere: 'move' },
    });
    await api.post(`${path}/apply`, {});
    expect(await until(path, 'applied')).toMatchObject({ applied: { changed: 3 } });
  });
});
