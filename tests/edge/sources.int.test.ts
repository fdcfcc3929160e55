import { eventually } from '../mesh/api.ts';
import { type EdgeHub, startHub, type Transport } from './start-hub.ts';

interface Snapshot {
  id: string;
  status: string;
  counts: Record<string, number>;
}

const lines = [
  { item: { key: 'vm-1042', class: 'virtual_machine', name: 'billing-app-1', attributes: { memoryGb: 8 } } },
  { item: { key: 'host-7', class: 'server', name: 'host-7', attributes: { serialNumber: 'CZ20380QLM', manufacturer: 'HPE' } } },
  { relation: { type: 'runs_on', fromKey: 'vm-1042', toKey: 'host-7' } },
];
const toNdjson = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n');

describe.each<Transport>(['in process', 'gRPC'])('a snapshot over REST, services called %s', (transport) => {
  let hub: EdgeHub;
  beforeAll(async () => {
    hub = await startHub(['cmdb'], {}, transport);
  });
  afterAll(() => hub.stop());

  const begin = async () => (await hub.api.post<Snapshot>('/api/v1/cmdb/sources/vcenter/snapshots', {})).body;
  const say = async (id: string, body: string) => {
    const path = `/api/v1/cmdb/sources/vcenter/snapshots/${id}/records`;
    const { status, body: answer } = await hub.api.send('POST', path, body, { 'content-type': 'application/x-ndjson' });
    return { status, body: answer as { received: number; counts: Record<string, number>; errors?: object[] } };
  };
  const complete = async (id: string) => {
    await hub.api.post(`/api/v1/cmdb/sources/vcenter/snapshots/${id}/complete`, {});
    return eventually(async () => {
      const { body } = await hub.api.get<Snapshot>(`/api/v1/cmdb/sources/vcenter/snapshots/${id}`);
      return body.status === 'done' && body;
    });
  };

  it('is begun, filled line by line and completed, and tells who says what of an item', async () => {
    const { id } = await begin();
    expect(await say(id, toNdjson(lines))).toMatchObject({ status: 200, body: { received: 3, counts: { 'items.created': 2 } } });
    await complete(id);
    const { body: list } = await hub.api.get<{ items: { id: string; name: string }[] }>('/api/v1/cmdb/items?q=billing');
    expect(list.items.map(({ name }) => name)).toEqual(['billing-app-1']);
    const { body: around } = await hub.api.get<{ items: { name: string }[] }>(`/api/v1/cmdb/items/${list.items[0]?.id}/neighbours`);
    expect(around.items.map(({ name }) => name)).toEqual(['host-7']);
    expect(await hub.api.get(`/api/v1/cmdb/items/${list.items[0]?.id}/explanation`)).toMatchObject({ status: 200 });
  });

  it('writes nothing when it says the same again', async () => {
    const { id } = await begin();
    const { body } = await say(id, toNdjson(lines));
    expect(body.counts).toEqual({ 'items.unchanged': 2, 'relations.unchanged': 1 });
    await complete(id);
    const { body: list } = await hub.api.get<{ items: { version: number }[] }>('/api/v1/cmdb/items?source=vcenter');
    expect(list.items.map(({ version }) => version)).toEqual([1, 1]);
  });

  it('names the line that cannot be read', async () => {
    const { id } = await begin();
    const { status, body } = await say(id, `${JSON.stringify(lines[0])}\n{"item": {"key": "x", "class": 7}}`);
    expect([status, body.errors?.[0]]).toMatchObject([422, { line: 2 }]);
    await hub.api.post(`/api/v1/cmdb/sources/vcenter/snapshots/${id}/discard`, {});
  });
});
