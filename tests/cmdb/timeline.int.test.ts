import { createHash } from 'node:crypto';
import type { GetTimelineRequest, Timeline, TimelineEntry } from '../../generated/opora/cmdb/v1/timeline.ts';
import { TimelineService } from '../../generated/opora/cmdb/v1/timeline.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import type { Api } from '../mesh/api.ts';
import { eventually } from './eventually.ts';

interface Made {
  id: string;
  number: string;
  version: number;
}

let hub: EdgeHub;
let api: Api;
beforeAll(async () => {
  hub = await startHub(['cmdb', 'tickets', 'monitoring'], {}, 'gRPC');
  api = hub.api;
}, 120_000);
afterAll(() => hub.stop());

let serial = 0;
async function post<Answer = Made>(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await api.post<Answer>(path, body, headers);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
const create = (attributes: object = {}, name = `box-${++serial}`) =>
  post('/api/v1/cmdb/items', { class: 'server', name, lookups: [name], attributes });
const relate = (fromId: string, toId: string) => post('/api/v1/cmdb/relations', { type: 'depends_on', fromId, toId });
const open = (subject: string, items: string[], type = 'incident') => post('/api/v1/tickets', { type, subject, items });
const step = ({ id, version }: Made, transition: string) => post(`/api/v1/tickets/${id}/transitions`, { transition }, { 'if-match': `"${version}"` });
async function patch(id: string, attributes: object): Promise<void> {
  const path = `/api/v1/cmdb/items/${id}`;
  const { version } = (await api.get<Made>(path)).body;
  const answer = await api.patch(path, { attributes }, { 'if-match': `"${version}"` });
  expect(answer.status).toBe(200);
}
const read = async (id: string, query = '', by = api): Promise<Timeline> => {
  const { status, body } = await by.get<Timeline>(`/api/v1/cmdb/items/${id}/timeline${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
};
/** The timeline when it has so many entries of other services. */
const told = (id: string, count: number, query = '') =>
  eventually(
    () => read(id, query),
    ({ items }) => items.filter(({ service }) => service !== 'cmdb').length === count,
  );
const english = ({ items }: Timeline) => items.map(({ title }) => title?.en);
const alert = (instance: string, more: object = {}) => {
  const labels = { alertname: 'DiskFull', severity: 'critical', instance };
  const fingerprint = createHash('sha256').update(instance).digest('hex').slice(0, 16);
  const one = { status: 'firing', labels, annotations: { summary: `No space left on ${instance}` }, startsAt: '2026-01-15T08:21:33Z', fingerprint };
  return post('/ingest/alertmanager', { version: '4', groupKey: 'g', status: 'firing', receiver: 'opora', alerts: [{ ...one, ...more }] });
};

describe('the timeline of an item', () => {
  it('has a change of an attribute, a relation, a ticket and its steps, and an alert from its begin to its end, newest first, by REST and by gRPC', async () => {
    const [item, other] = [await create({ memoryGb: 32 }), await create()];
    await patch(item.id, { memoryGb: 64 });
    await relate(item.id, other.id);
    const ticket = await open('Slow answers', [item.id]);
    await step(ticket, 'start');
    await alert(`box-${serial - 1}:9100`);
    await told(item.id, 4);
    await alert(`box-${serial - 1}:9100`, { status: 'resolved', endsAt: '2026-01-15T09:00:00Z' });
    // The alert, its end, the two steps of the ticket, the incident that the alert raised, and that it was resolved.
    const timeline = await told(item.id, 6);

    const lines = timeline.items.map(({ kind, title, service, severity }) => [kind, service, title?.en.replace(/INC-\d+/, 'INC'), severity]);
    expect(lines.filter(([kind]) => kind !== 'ticket')).toEqual([
      ['relation', 'cmdb', `Related: depends on "box-${serial}"`, undefined],
      ['item', 'cmdb', `"box-${serial - 1}" was changed: memoryGb`, undefined],
      ['item', 'cmdb', `"box-${serial - 1}" was entered`, undefined],
      ['alert', 'monitoring', 'Alert DiskFull is over', undefined],
      ['alert', 'monitoring', `Alert DiskFull: No space left on box-${serial - 1}:9100`, 'critical'],
    ]);
    expect(lines.filter(([kind]) => kind === 'ticket')).toEqual([
      ['ticket', 'tickets', 'Ticket INC: new → resolved', undefined],
      ['ticket', 'tickets', `Ticket INC was opened: No space left on box-${serial - 1}:9100`, 'critical'],
      ['ticket', 'tickets', 'Ticket INC: new → in_progress', undefined],
      ['ticket', 'tickets', 'Ticket INC was opened: Slow answers', 'low'],
    ]);
    const changed = timeline.items.find(({ kind, version }) => kind === 'item' && version === 2);
    expect(changed).toMatchObject({ about: [{ id: item.id }], differences: [{ field: 'attributes.memoryGb', before: 32, after: 64 }] });
    expect(timeline.items.find(({ title }) => title?.en.endsWith('Slow answers'))).toMatchObject({
      ref: ticket.id,
      type: 'opora.tickets.v1.TicketOpened',
      personName: expect.stringMatching(/./),
    });
    expect(timeline).toMatchObject({ hidden: 0, about: 1, truncated: false });

    const principal: Principal = { kind: 'account', id: 'x', name: 'x', permissions: ['*'] };
    const byGrpc = await hub
      .client(TimelineService)
      .getTimeline({ id: item.id, kind: [] } satisfies GetTimelineRequest, { deadline: Date.now() + 5_000, principal });
    expect(byGrpc.items.map(({ id, at }) => [id, at])).toEqual(timeline.items.map(({ id, at }) => [id, at]));
  });

  it('is filtered by kind, time and person', async () => {
    const item = await create();
    await patch(item.id, { memoryGb: 8 });
    await open('By the administrator', [item.id]);
    const { items } = await told(item.id, 1);
    const kinds = async (query: string) => (await read(item.id, query)).items.map(({ kind, version }) => `${kind}${version ?? ''}`);
    expect(await kinds('?kind=ticket')).toEqual(['ticket']);
    expect(await kinds('?kind=item&kind=alert')).toEqual(['item2', 'item1']);
    expect(await kinds(`?from=${items[1]?.at}`)).toEqual(['ticket', 'item2']);
    expect(await kinds(`?to=${items[1]?.at}`)).toEqual(['item1']);
    const { personId = '', personName = '' } = items[0] as TimelineEntry;
    for (const person of [personId, encodeURIComponent(personName.toUpperCase())])
      expect(await kinds(`?person=${person}`)).toEqual(['ticket', 'item2', 'item1']);
    expect(await read(item.id, '?person=nobody')).toMatchObject({ items: [], hidden: 0 });
  });

  it('takes in everything that the item depends on, an event that is about several of them once, and nothing that depends on it', async () => {
    const [service, app, base, above] = [await create(), await create(), await create(), await create()];
    await relate(service.id, app.id);
    await relate(app.id, base.id);
    await relate(above.id, service.id);
    await open('Both of them', [app.id, base.id]);
    await open('Above', [above.id]);
    await told(above.id, 1);
    const timeline = await told(service.id, 1, '?below=true&limit=100');
    expect(timeline).toMatchObject({ about: 3, truncated: false });
    expect(timeline.items.filter(({ kind }) => kind === 'ticket').map(({ about }) => about.map(({ id }) => id).sort())).toEqual([
      [app.id, base.id].sort(),
    ]);
    expect(timeline.items.filter(({ kind }) => kind === 'item')).toHaveLength(3);
    // That the one above is related to the service is told of the service.
    expect(timeline.items.filter(({ kind }) => kind === 'relation')).toHaveLength(3);
  });

  it('follows a merge and its undoing, from item to item', async () => {
    const [first, second, third] = [await create(), await create(), await create()];
    await open('Of the third', [third.id]);
    await told(third.id, 1);
    const merge = (winnerId: string, loserId: string) => post(`/api/v1/cmdb/items/${winnerId}/merge`, { loserId });
    await merge(second.id, third.id);
    const last = await merge(first.id, second.id);
    const timeline = await read(first.id);
    expect(timeline.about).toBe(3);
    expect(timeline.items.filter(({ kind }) => kind === 'ticket')).toMatchObject([{ about: [{ id: third.id }] }]);
    await post(`/api/v1/cmdb/merges/${last.id}/undo`, {});
    expect((await read(first.id, '?kind=ticket')).items).toEqual([]);
    expect((await read(second.id, '?kind=ticket')).items).toHaveLength(1);
  });

  it('shows what other services tell to those alone who may read it there, and counts the rest', async () => {
    const item = await create();
    await open('Secret', [item.id]);
    await told(item.id, 1);
    await post('/api/v1/roles', { name: 'looker', titleEn: 'L', titleRu: 'L', permissions: ['cmdb.read'], grants: [] });
    const { api: looker } = await hub.newAccount('looker', ['looker']);
    const timeline = await read(item.id, '', looker);
    const author = encodeURIComponent(timeline.items[0]?.personName ?? '');
    expect([english(timeline), timeline.hidden]).toEqual([[`"box-${serial}" was entered`], 1]);
    expect(JSON.stringify(timeline)).not.toContain('Secret');
    expect(await read(item.id, '?kind=ticket', looker)).toMatchObject({ items: [], hidden: 1 });
    expect(await read(item.id, `?person=${author}`, looker)).toMatchObject({ items: [{ kind: 'item' }], hidden: 0 });
  });

  it('refuses what it cannot answer, and says which field and why', async () => {
    const { id } = await create();
    const refusal = async (query: string, of = id) => {
      const { status, body } = await api.get<{ errors?: { pointer: string; message: string }[]; detail: string }>(
        `/api/v1/cmdb/items/${of}/timeline${query}`,
      );
      return [status, body.errors?.map(({ pointer }) => pointer) ?? body.detail];
    };
    expect(await refusal('?kind=ticket&kind=gossip')).toEqual([422, ['/kind/1']]);
    expect(await refusal('?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z')).toEqual([422, ['/to']]);
    expect(await refusal('?from=yesterday&limit=0&below=maybe')).toEqual([422, ['/limit', '/from', '/below']]);
    expect(await refusal('?after=xyz')).toEqual([422, ['/after']]);
    const never = '01900000-0000-7000-8000-000000000000';
    expect(await refusal('', never)).toEqual([404, `There is no item "${never}".`]);
  });

  it('is written once for each event and item, however often the event comes', async () => {
    const item = await create();
    await open('Once', [item.id]);
    await alert(`box-${serial}:9100`);
    await told(item.id, 3);
    const before = await read(item.id);
    for (const service of ['tickets', 'monitoring'])
      await hub
        .database(service)
        .query(sql`insert into outbox (event_id, type, key, time, data) select event_id, type, key, time, data from bus_log order by pos`);
    const marker = await open('Marker', [item.id]);
    await alert(`${marker.number}:9100`);
    await eventually(
      async () =>
        (
          await hub
            .database('monitoring')
            .query(sql`select 1 from decision d join alert a on a.id = d.alert_id where a.labels ->> 'instance' = ${`${marker.number}:9100`}`)
        ).length,
      (found) => found === 1,
    );
    const after = await told(item.id, 4);
    expect(after.items.filter(({ ref }) => ref !== marker.id)).toEqual(before.items);
    const rows = await hub
      .database('cmdb')
      .query(sql`select type, ref from timeline_entry where type ~ 'Alert|Opened' group by item_id, type, ref having count(*) > 1`);
    expect(rows).toEqual([]);
  });
});
