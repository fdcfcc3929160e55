import { randomUUID } from 'node:crypto';
import { alertmanagerPayload } from '../../mesh/alertmanager-payload.ts';
import { adminToken } from '../start-hub.ts';
import { all, type BatchDesk, type Outcome, openBatchDesk, statuses } from './batch-desk.ts';

/** What a service does for many callers at once, or remembers, has no part in a transaction that may be taken back. */
describe('what is shared between callers', () => {
  let desk: BatchDesk;
  beforeAll(async () => {
    desk = await openBatchDesk(['cmdb', 'monitoring', 'sla'], 'in process');
  });
  afterAll(() => desk.stop());

  it('takes in a replayed event with the rest of its batch or not at all, and meanwhile what others send', async () => {
    const startsAt = new Date().toISOString();
    const payload = (instances: readonly string[], since = startsAt) =>
      alertmanagerPayload(...instances.map((instance) => ({ labels: { alertname: 'Test', instance, severity: 'info' }, startsAt: since })));
    const sender = { 'content-type': 'application/json', authorization: `Bearer ${adminToken}` };
    const ingest = (body: object) => desk.api.send('POST', '/ingest/alertmanager', JSON.stringify(body), sender);
    const findAlert = async (instance: string) => {
      const { items } = (await desk.api.get<{ items: { id: string; labels: Record<string, string> }[] }>('/api/v1/monitoring/alerts?limit=500')).body;
      return items.find(({ labels }) => labels['instance'] === instance)?.id;
    };
    const [known, fresh, other] = [randomUUID(), randomUUID(), randomUUID()];
    await ingest(payload([known]));
    expect((await ingest(payload([known], 'yesterday'))).status).toBe(422);
    const { items } = (await desk.api.get<{ items: { id: string }[] }>('/api/v1/monitoring/events?rejected=true')).body;
    const id = items[0]?.id ?? '';
    const replay = (event: string) => ({ method: 'POST', path: `/${event}/replay`, body: { body: payload([known, fresh]) } });
    const send = (operations: object[]) => desk.api.post<Outcome>('/api/v1/monitoring/events:batch', { ...all, operations });

    const lock = await desk.hold('monitoring', 'alert', (await findAlert(known)) ?? '');
    const failing = send([replay(id), replay(randomUUID())]);
    await lock.untilWaiting(1);
    expect(await ingest(payload([other]))).toMatchObject({ status: 200, body: { opened: 1 } });
    await lock.release();
    expect(statuses((await failing).body)).toEqual([409, 404]);
    expect([await findAlert(fresh), await findAlert(other)]).toEqual([undefined, expect.any(String)]);

    expect((await send([replay(id)])).body.results).toMatchObject([{ status: 200, body: { opened: 1, repeated: 1 } }]);
    expect(await findAlert(fresh)).toEqual(expect.any(String));
  });

  it('remembers nothing of what was taken back', async () => {
    const { items } = (await desk.api.get<{ items: { id: string; calendarId: string }[] }>('/api/v1/sla/definitions')).body;
    const [{ id, calendarId } = { id: '', calendarId: '' }] = items;
    const replace = (type: string, version: number) => ({
      method: 'PUT',
      path: `/${id}`,
      ifMatch: `"${version}"`,
      body: { name: 'Ours', condition: `ticket.type == "${type}"`, rank: 1, calendarId, resolutionTarget: 'PT1H' },
    });
    const test = { method: 'POST', path: '/test', body: { ticket: { type: 'change', priority: 'low' } } };
    const batch = (...operations: object[]) => desk.api.post<Outcome>('/api/v1/sla/definitions:batch', { ...all, operations });
    expect(statuses((await batch(replace('change', 1), test, replace('change', 1))).body)).toEqual([409, 409, 412]);
    const { body } = await batch(replace('release', 1), test);
    expect(statuses(body)).toEqual([200, 200]);
    expect(body.results[1]?.body).not.toHaveProperty('definitionName', 'Ours');
    const { body: now } = await batch(replace('change', 2), test);
    expect(now.results[1]?.body).toHaveProperty('definitionName', 'Ours');
  });
});
