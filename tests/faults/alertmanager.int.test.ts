import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithPrometheus } from '../engines/describe-with.ts';
import { eventually } from '../mesh/api.ts';
import { adminToken, type EmbeddedHub, startEmbeddedHub } from '../mesh/start-embedded.ts';
import { type WatchedPumps, watchPumps } from './watch-pumps.ts';

interface Alert {
  id: string;
  status: string;
  summary: string;
  repeats: number;
  labels: Record<string, string>;
  itemId?: string;
  incidentId?: string;
}
interface Ticket {
  id: string;
  status: string;
  priority: string;
  items: string[];
  origin?: { alertIds: string[] };
}

describeWithPrometheus('a real Prometheus and Alertmanager', (programs) => {
  let hub: EmbeddedHub;
  let pumps: WatchedPumps;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opora-prometheus-'));
    hub = await startEmbeddedHub();
    pumps = await watchPumps({ programs, folder, receiver: { url: `${hub.api.url}/ingest/alertmanager`, token: adminToken } });
  }, 120_000);
  afterAll(async () => {
    await pumps?.stop();
    await hub?.remove();
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }, 60_000);

  const alertsOf = async (instance: string) => {
    const { body } = await hub.api.get<{ items: Alert[] }>('/api/v1/monitoring/alerts?limit=500');
    return body.items.filter(({ labels }) => labels['instance'] === instance);
  };
  const incidentsOf = async (alert: Alert) => {
    const { body } = await hub.api.get<{ items: Ticket[] }>('/api/v1/tickets?type=incident&limit=500');
    return body.items.filter(({ origin }) => origin?.alertIds.includes(alert.id));
  };
  const untilRaised = (instance: string) =>
    eventually(async () => (await alertsOf(instance)).find(({ incidentId }) => incidentId !== undefined), { within: 60_000 });
  const untilResolved = (alert: Alert) =>
    eventually(async () => (await incidentsOf(alert)).every(({ status }) => status === 'resolved'), { within: 60_000 });

  it('raise an incident about the item that fails, repeat themselves without effect, and resolve it when the metric is well again', async () => {
    const created = await hub.api.post<{ id: string }>('/api/v1/cmdb/items', { class: 'server', name: 'pump-7', lookups: ['pump-7'] });
    expect(created.status).toBe(201);
    pumps.set('pump-7:9100', false);
    const alert = await untilRaised('pump-7:9100');
    expect(alert).toMatchObject({ status: 'open', itemId: created.body.id, summary: 'Насос pump-7:9100 стоит', labels: { alertname: 'PumpDown' } });
    expect(await incidentsOf(alert)).toMatchObject([{ status: 'new', priority: 'critical', items: [created.body.id] }]);

    await eventually(async () => (await alertsOf('pump-7:9100')).some(({ repeats }) => repeats >= 2), { within: 60_000 });
    expect(await incidentsOf(alert)).toMatchObject([{ id: alert.incidentId, status: 'new' }]);

    pumps.set('pump-7:9100', true);
    await untilResolved(alert);
    expect(await alertsOf('pump-7:9100')).toMatchObject([{ id: alert.id, status: 'resolved' }]);
    expect(await incidentsOf(alert)).toHaveLength(1);
  }, 180_000);

  it('find the hub stopped, try again until it is back, and the incident is raised once', async () => {
    await hub.stop();
    const before = await pumps.countNotifications();
    pumps.set('pump-8:9100', false);
    await eventually(async () => (await pumps.countNotifications()).failed >= before.failed + 3, { within: 60_000 });
    await hub.start();
    const alert = await untilRaised('pump-8:9100');
    await eventually(async () => (await alertsOf('pump-8:9100')).some(({ repeats }) => repeats >= 1), { within: 60_000 });
    expect(await alertsOf('pump-8:9100')).toHaveLength(1);
    expect(await incidentsOf(alert)).toMatchObject([{ id: alert.incidentId, status: 'new' }]);
    pumps.set('pump-8:9100', true);
    await untilResolved(alert);
  }, 180_000);
});
