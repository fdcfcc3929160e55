import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { cmdb } from '../../cmdb/service.ts';
import { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import { IngestService, MonitoringService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { embeddedEngines } from '../../platform/engines/embedded.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabases, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client } from '../../platform/rpc/call.ts';
import { defineService, type Parts } from '../../platform/service/define-service.ts';
import { type RunningHub, runServices } from '../../platform/service/run-services.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { catalog } from '../../services/catalog/service.ts';
import { monitoring } from '../../services/monitoring/service.ts';
import { tickets } from '../../services/tickets/service.ts';

const options = (): CallOptions => ({
  deadline: Date.now() + 15_000,
  principal: { kind: 'account', id: 'admin', name: 'admin', permissions: ['*'] },
});

describe('the monitoring service, with the CMDB and tickets', () => {
  let databases: TestDatabase[];
  let hub: RunningHub;
  let intake: Client<IngestService>;
  let alerts: Client<MonitoringService>;
  let desk: Client<TicketService>;
  let items: Client<CmdbService>;

  beforeAll(async () => {
    let parts: Parts | undefined;
    const watcher = defineService({
      name: 'watcher',
      needs: ['monitoring'],
      config: z.object({}),
      start(own) {
        parts = own;
        return {};
      },
    });
    const services = [catalog, tickets, cmdb, monitoring, watcher];
    databases = await openTestDatabases(services);
    const database = databases[0]?.admin;
    if (!database) throw new Error('There is no database.');
    const log = createLogger({ level: 'error' });
    const engines = await embeddedEngines({ dataDir: '', database, clock: systemClock, newId: newUuid, log });
    const configs = Object.fromEntries(services.map(({ name }) => [name, {}]));
    hub = await runServices({ services, engines, contract: loadContract(), configs, log, metrics: createMetrics() });
    const { client } = parts as unknown as Parts;
    intake = client(IngestService);
    alerts = client(MonitoringService);
    desk = client(TicketService);
    items = client(CmdbService);
  });
  afterAll(async () => {
    await hub.stop();
    for (const database of databases.reverse()) await database.close();
  });

  const send = (...sent: { labels: Record<string, string>; endsAt?: string; startsAt?: string }[]) => {
    const payload = {
      version: '4',
      groupKey: 'g',
      alerts: sent.map(({ labels, endsAt, startsAt = '2026-05-01T00:00:00Z' }) => ({
        status: endsAt === undefined ? 'firing' : 'resolved',
        labels,
        annotations: { summary: `Беда: ${labels['instance']}` },
        startsAt,
        ...(endsAt !== undefined && { endsAt }),
        fingerprint: createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16),
      })),
    };
    return intake.ingest({ source: 'alertmanager', contentType: 'application/json', body: Buffer.from(JSON.stringify(payload)) }, options());
  };
  const critical = (instance: string, more: Record<string, string> = {}) => ({ alertname: 'HostDown', severity: 'critical', instance, ...more });
  const alertOf = async (instance: string) =>
    (await alerts.listAlerts({ limit: 500 }, options())).items.find(({ labels }) => labels['instance'] === instance);
  async function until<Value>(ask: () => Promise<Value | undefined | false>): Promise<Value> {
    const end = Date.now() + 20_000;
    for (;;) {
      const value = await ask();
      if (value !== undefined && value !== false) return value;
      if (Date.now() > end) throw new Error('It did not happen in time.');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const decided = (instance: string) =>
    until(async () => {
      const alert = await alertOf(instance);
      return alert?.explanation !== undefined && alert;
    });

  it('binds an alert by the first label that is there, and says so', async () => {
    const name = `db-${randomUUID()}`;
    const item = await items.createItem({ class: 'server', name, lookups: [name] }, options());
    await send({ labels: critical(`${name}:9100`) });
    const alert = await decided(`${name}:9100`);
    expect(alert.itemId).toBe(item.id);
    expect(alert.explanation).toContain(`Bound to "${name}" by label instance = "${name}".`);
    const incident = await desk.getTicket({ id: alert.incidentNumber ?? '' }, options());
    expect(incident).toMatchObject({ subject: `Беда: ${name}:9100`, items: [item.id], priority: 'critical', origin: { alertIds: [alert.id] } });
  });

  it('raises nothing for what no rule or a rule of silence speaks of, and explains that too', async () => {
    const [warning, heartbeat] = [`w-${randomUUID()}`, `h-${randomUUID()}`];
    await send(
      { labels: { ...critical(warning), severity: 'warning' } },
      { labels: { alertname: 'Watchdog', severity: 'none', instance: heartbeat } },
    );
    expect(await decided(warning)).toMatchObject({ explanation: expect.stringContaining('No rule matched') });
    const silent = await decided(heartbeat);
    expect(silent.explanation).toContain('It raises no incident');
    expect(silent.incidentId).toBeUndefined();
  });

  it('makes one incident of a group, resolves it when the last alert is over, and begins a new one when the group burns again', async () => {
    const cluster = randomUUID();
    await alerts.createRule(
      {
        name: 'Clusters',
        rank: 1,
        condition: `"cluster" in labels && labels.cluster == "${cluster}"`,
        action: 'raise_incident',
        impact: 'high',
        urgency: 'high',
        groupBy: ['cluster'],
      },
      options(),
    );
    const nodes = ['a', 'b', 'c'].map((node) => critical(`${cluster}-${node}`, { cluster }));
    await send(...nodes.map((labels) => ({ labels })));
    const first = await Promise.all(nodes.map(({ instance }) => decided(instance)));
    expect(new Set(first.map(({ incidentId }) => incidentId)).size).toBe(1);
    const id = first[0]?.incidentId ?? '';

    const over = '2026-05-01T01:00:00Z';
    await send(...nodes.slice(0, 2).map((labels) => ({ labels, endsAt: over })));
    const marker = `m-${randomUUID()}`;
    await send({ labels: critical(marker) });
    await decided(marker); // what came before it has been decided
    expect((await desk.getTicket({ id }, options())).status).toBe('new');
    await send(...nodes.slice(2).map((labels) => ({ labels, endsAt: over })));
    await until(async () => (await desk.getTicket({ id }, options())).status === 'resolved');

    await send(...nodes.slice(0, 1).map((labels) => ({ labels, startsAt: '2026-05-02T00:00:00Z' })));
    const again = await until(async () => {
      const { items: open } = await alerts.listAlerts({ status: 'open', limit: 500 }, options());
      const alert = open.find(({ labels }) => labels['instance'] === `${cluster}-a`);
      return alert?.incidentId !== undefined && alert;
    });
    expect(again.incidentId).not.toBe(id);
  });

  it('keeps a payload that it cannot understand, says where, and has its one effect when it is mended and replayed', async () => {
    const labels = critical(`broken-${randomUUID()}`);
    const alert = { status: 'firing', labels, annotations: {}, startsAt: 'yesterday', fingerprint: randomUUID() };
    const body = Buffer.from(JSON.stringify({ version: '4', groupKey: 'g', alerts: [alert] }));
    const refusal = await intake.ingest({ source: 'alertmanager', body }, options()).catch((error: unknown) => error);
    if (!isAppError(refusal, 'invalid_input')) throw refusal;
    expect(refusal.violations[0]?.pointer).toBe('/alerts/0/startsAt');
    const kept = (await alerts.listEvents({ rejected: true }, options())).items.find((event) => event.body === body.toString());
    expect(kept?.problem).toContain('/alerts/0/startsAt');

    const mended = JSON.stringify({ version: '4', groupKey: 'g', alerts: [{ ...alert, startsAt: '2026-05-01T00:00:00Z' }] });
    expect(await alerts.replayEvent({ id: kept?.id ?? '', body: mended }, options())).toMatchObject({ opened: 1 });
    await expect(alerts.replayEvent({ id: kept?.id ?? '', body: mended }, options())).rejects.toMatchObject({ kind: 'illegal_state' });
    expect((await decided(labels.instance)).incidentId).toBeDefined();
  });

  it('takes a storm in batches, each alert once, though all come at once and twice', async () => {
    const storm = randomUUID();
    const payloads = Array.from({ length: 40 }, (_, index) =>
      [1, 2, 3, 4, 5].map((place) => ({ labels: { ...critical(`${storm}-${index}-${place}`), severity: 'info' } })),
    );
    const answers = await Promise.all([...payloads, ...payloads].map((payload) => send(...payload)));
    const sum = (field: 'opened' | 'repeated') => answers.reduce((total, answer) => total + answer[field], 0);
    expect([sum('opened'), sum('repeated')]).toEqual([200, 200]);
  });

  it('refuses a rule whose condition cannot be used, naming the field, and an update at an old version', async () => {
    const rule = { name: 'x', rank: 5, action: 'raise_incident' as const, groupBy: [] };
    const refusal = await alerts.createRule({ ...rule, condition: 'severty == "x"' }, options()).catch((error: unknown) => error);
    if (!isAppError(refusal, 'invalid_input')) throw refusal;
    expect(refusal.violations[0]).toMatchObject({ pointer: '/condition', message: expect.stringContaining('severty') });
    const made = await alerts.createRule({ ...rule, condition: 'false' }, options());
    await alerts.updateRule({ id: made.id, expectedVersion: 1, rank: 6 }, options());
    await expect(alerts.updateRule({ id: made.id, expectedVersion: 1, rank: 7 }, options())).rejects.toMatchObject({ kind: 'conflict' });
  });
});
