import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { eventually } from './eventually.ts';

let hub: EdgeHub;
beforeAll(async () => {
  hub = await startHub(['cmdb']);
});
afterAll(() => hub.stop());

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
interface Deadlines {
  items: { itemId: string; attribute: string; on: string; daysLeft: number }[];
}

describe('dates over REST', () => {
  it('are listed as soon as an item has them, and when a class begins to remind of what its items have', async () => {
    const { api } = hub;
    const read = async () => (await api.get<Deadlines>('/api/v1/cmdb/deadlines?class=pump&overdue=false')).body.items;
    const attributes = { warrantyUntil: inDays(20), overhauledOn: inDays(10) };
    const { id } = (await api.post<{ id: string }>('/api/v1/cmdb/items', { class: 'pump', name: 'НД-1', attributes })).body;
    expect(await read()).toMatchObject([{ itemId: id, attribute: 'warrantyUntil', on: attributes.warrantyUntil, daysLeft: 20 }]);

    const pump = (
      await api.get<{ attributes: { name: string; inherited: boolean; definition: object }[] } & Record<string, unknown>>('/api/v1/cmdb/classes/pump')
    ).body;
    const own = Object.fromEntries(pump.attributes.filter(({ inherited }) => !inherited).map(({ name, definition }) => [name, definition]));
    const put = (remind: string[]) =>
      api.send(
        'PUT',
        '/api/v1/cmdb/classes/pump',
        JSON.stringify({ parent: 'hardware', label: pump['label'], attributes: { ...own, overhauledOn: { ...own['overhauledOn'], remind } } }),
        { 'content-type': 'application/json' },
      );
    expect(await put(['PT1H'])).toMatchObject({ status: 422, body: { errors: [{ pointer: '/attributes/overhauledOn/remind/0' }] } });
    expect(await put(['P7D'])).toMatchObject({ status: 200 });
    const both = await eventually(read, ({ length }) => length === 2);
    expect(both.map(({ attribute }) => attribute)).toEqual(['overhauledOn', 'warrantyUntil']);
  });

  it('are refused when they are no dates', async () => {
    expect(await hub.api.get('/api/v1/cmdb/deadlines?until=soon')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/until' }] } });
  });
});
