import { eventually } from '../mesh/api.ts';
import { atLeast, curl, readCommands } from './readme-commands.ts';
import { adminToken, type EdgeHub, startHub, type Transport } from './start-hub.ts';

interface Import {
  id: string;
  status: string;
  version: number;
  counts: Record<string, number>;
}

describe.each<Transport>(['in process', 'gRPC'])('an import over REST, services called %s', (transport) => {
  let hub: EdgeHub;
  beforeAll(async () => {
    hub = await startHub(['cmdb'], {}, transport);
  });
  afterAll(() => hub.stop());

  it('goes as README.md shows it, in three lines of curl', async () => {
    const commands = readCommands('An import');
    expect(commands).toHaveLength(3);
    let id = 'ID';
    for (const { command, answer } of commands) {
      const told = (await curl(hub, command.replaceAll('/ID/', `/${id}/`))) as { id?: string };
      expect(told).toEqual(atLeast(answer));
      id = told.id ?? id;
    }
    const { body } = await hub.api.get<{ items: { name: string; attributes: object }[] }>('/api/v1/cmdb/items?class=pump');
    expect(body.items.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['Насос К 80-50-200', { inventoryNumber: 'НС-4711', powerKw: 15, commissionedOn: '2019-06-30', lifecycleState: 'in_use' }],
      ['Насос ЭЦВ 6-10', { inventoryNumber: 'НС-4712', powerKw: 7.5, commissionedOn: '2024-02-29', lifecycleState: 'in_use' }],
    ]);
    const back = await hub.api.post<{ id: string }>(`/api/v1/cmdb/change-sets/${id}/revert`, {});
    await eventually(async () => (await hub.api.get<{ status: string }>(`/api/v1/cmdb/change-sets/${back.body.id}`)).body.status === 'done');
    expect((await hub.api.get<{ items: object[] }>('/api/v1/cmdb/items?class=pump')).body.items).toEqual([]);
  });

  it('answers as what is made, is changed with If-Match, and gives its file back', async () => {
    const answer = await fetch(`${hub.url}/api/v1/cmdb/imports?class=pump&fileName=%D0%B0.csv`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}` },
      body: 'Имя;Что\nНасос;9\n',
    });
    const made = (await answer.json()) as Import;
    const path = `/api/v1/cmdb/imports/${made.id}`;
    expect([answer.status, answer.headers.get('location'), made.status]).toEqual([201, path, 'checked']);
    expect((await hub.api.get(path)).headers.get('etag')).toBe(`"${made.version}"`);
    const patch = (headers: Record<string, string>) =>
      hub.api.send('PATCH', path, '{"mapping": {"B": "powerKw"}}', { 'content-type': 'application/json', ...headers });
    expect([(await patch({})).status, (await patch({ 'if-match': '"1"' })).status]).toEqual([428, 412]);
    expect((await patch({ 'if-match': `"${made.version}"` })).body).toMatchObject({
      status: 'ready',
      columns: [{ target: 'name' }, { target: 'attributes.powerKw', reason: { en: 'a person said so' } }],
    });
    expect((await hub.api.post<Import>(`${path}/check`, {})).body).toMatchObject({ status: 'checked', counts: { created: 1 } });
    const file = await fetch(`${hub.url}${path}/file`, { headers: { authorization: `Bearer ${adminToken}` } });
    expect(await file.text()).toBe('Имя;Что\nНасос;9\n');
  });

  it('tells what is wrong with a file, and the way out', async () => {
    const { status, body } = await hub.api.send('POST', '/api/v1/cmdb/imports', '%PDF-1.7', {});
    expect([status, body]).toMatchObject([422, { errors: [{ pointer: '/file', message: expect.stringContaining('.xlsx') }] }]);
    const other = await hub.api.send('POST', '/api/v1/cmdb/imports?class=spaceship', 'a;b', {});
    expect([other.status, other.body]).toMatchObject([422, { errors: [{ pointer: '/class' }] }]);
  });

  it('gives lists and templates as files with names', async () => {
    for (const path of ['items/export?format=csv&class=pump&columns=id&columns=name', 'items/export', 'classes/pump/template?language=en']) {
      const answer = await fetch(`${hub.url}/api/v1/cmdb/${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect([answer.status, answer.headers.get('content-disposition')]).toEqual([200, expect.stringMatching(/filename/)]);
      expect(bytes.toString('latin1')).toMatch(path.includes('csv') ? /^\xef\xbb\xbf.*;.*\r\n/ : /^PK/);
    }
    expect((await hub.api.get('/api/v1/cmdb/items/export?format=pdf')).status).toBe(422);
    expect((await hub.api.get('/api/v1/cmdb/classes/hardware/template')).status).toBe(422);
  });
});
