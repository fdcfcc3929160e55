import pg from 'pg';
import type { Connection } from '../../platform/postgres/connection.ts';
import { alertmanagerPayload } from './alertmanager-payload.ts';
import type { Api } from './api.ts';
import { eventually } from './api.ts';
import { describeRepeatedEvents } from './repeated-events.ts';

/** A hub as a scenario sees it: its HTTP interface, and a hand on its processes. */
export interface Hub {
  api: Api;
  /** Kills what runs the service, by SIGKILL; in one process that is the whole hub. It comes back by itself or by `revive`. */
  kill(service: string): Promise<void>;
  /** Waits until everything is ready again. */
  revive(): Promise<void>;
  /** Brings every event that was announced once more to all who hear of it, in another order among keys and in the same for each key; gives their number. */
  repeatEvents(): Promise<number>;
  /** Waits until everything that was announced has been heard. */
  untilQuiet(): Promise<void>;
  /** Its PostgreSQL, as the one who owns all schemas: only to do what no interface lets anybody do. */
  database(): Promise<Connection>;
}

interface Ticket {
  id: string;
  number: string;
  status: string;
  priority: string;
  version: number;
  items: string[];
  origin?: { kind: string; alertIds: string[] };
  explanation?: string;
  computedImpact?: { items: number; total: number; classes: { class: string; count: number }[] };
}
interface Clock {
  kind: string;
  state: string;
  deadline: string;
  breachedAt?: string;
}

let serial = 0;
/** A name that no other scenario and no earlier run has used. */
const unique = (word: string) => `${word}-${process.pid}-${Date.now().toString(36)}-${++serial}`;

/** The stories that must come out the same on both engine sets; everything goes through HTTP. */
export function describeScenarios(getHub: () => Hub): void {
  const api = () => getHub().api;

  async function createItem(name: string): Promise<string> {
    const { status, body } = await api().post<{ id: string }>('/api/v1/cmdb/items', { class: 'server', name, lookups: [name] });
    expect(status).toBe(201);
    return body.id;
  }
  const ingest = (...alerts: Parameters<typeof alertmanagerPayload>) =>
    api().post<{ opened: number }>('/ingest/alertmanager', alertmanagerPayload(...alerts));
  const alertsOf = async (instance: string) => {
    const { body } = await api().get<{
      items: { labels: Record<string, string>; incidentId?: string; itemId?: string; explanation?: string; status: string }[];
    }>('/api/v1/monitoring/alerts?limit=500');
    return body.items.filter(({ labels }) => labels['instance'] === instance);
  };
  const readTicket = async (id: string) => (await api().get<Ticket>(`/api/v1/tickets/${id}`)).body;
  const readClocks = async (id: string) => (await api().get<{ items: Clock[] }>(`/api/v1/tickets/${id}/clocks`)).body.items;

  it('raises an incident from an alert, bound to its item, with clocks that run, and resolves it when the alert is over', async () => {
    const name = unique('db');
    const itemId = await createItem(name);
    const labels = { alertname: 'HostDown', instance: `${name}:9100`, severity: 'critical' };
    const startsAt = new Date().toISOString();
    const taken = await ingest({ labels, summary: `Узел ${name} недоступен`, startsAt });
    expect([taken.status, taken.body.opened]).toEqual([200, 1]);

    const alert = await eventually(async () => (await alertsOf(`${name}:9100`)).find(({ incidentId }) => incidentId !== undefined));
    expect(alert.itemId).toBe(itemId);
    const ticket = await readTicket(alert.incidentId ?? '');
    expect(ticket).toMatchObject({ status: 'new', priority: 'critical', items: [itemId], origin: { kind: 'monitoring' } });
    expect(ticket.number).toMatch(/^INC-\d{6}$/);
    expect(ticket.explanation).toMatch(/Rule "Critical alerts raise an incident" \(version 1\) matched.*Bound to/);
    const clocks = await eventually(async () => {
      const found = await readClocks(ticket.id);
      return found.length === 2 && found;
    });
    expect(clocks.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(['resolution running', 'response running']);

    await ingest({ labels, startsAt, endsAt: new Date().toISOString() });
    const resolved = await eventually(async () => {
      const now = await readTicket(ticket.id);
      return now.status === 'resolved' && now;
    });
    expect(resolved.version).toBeGreaterThan(ticket.version);
    // No person answered it, so the response clock has nothing to meet.
    await eventually(async () => {
      const ended = await readClocks(ticket.id);
      return (
        ended
          .map(({ kind, state }) => `${kind} ${state}`)
          .sort()
          .join() === 'resolution met,response stopped'
      );
    });
  });

  it('tells the life of an item on one line: a change, a relation, a ticket and an alert', async () => {
    const name = unique('app');
    const [item, other] = [await createItem(name), await createItem(unique('disk'))];
    expect((await api().patch(`/api/v1/cmdb/items/${item}`, { attributes: { memoryGb: 64 } }, { 'if-match': '"1"' })).status).toBe(200);
    await api().post('/api/v1/cmdb/relations', { type: 'depends_on', fromId: item, toId: other });
    await api().post('/api/v1/tickets', { type: 'request', subject: 'Больше памяти', items: [item] });
    await ingest({ labels: { alertname: 'HostSlow', instance: `${name}:9100`, severity: 'warning' }, startsAt: new Date().toISOString() });
    const timeline = await eventually(async () => {
      const { body } = await api().get<{ items: { kind: string; title: { ru: string } }[] }>(`/api/v1/cmdb/items/${item}/timeline`);
      return body.items.length === 5 && body.items;
    });
    expect(timeline.map(({ kind }) => kind).sort()).toEqual(['alert', 'item', 'item', 'relation', 'ticket']);
    expect(timeline.find(({ kind }) => kind === 'ticket')?.title.ru).toMatch(/^Открыта заявка REQ-\d+: Больше памяти$/);
  });

  it('changes nothing when notifications come twice, late or out of order', async () => {
    const instance = unique('node');
    const labels = { alertname: 'HostDown', instance, severity: 'critical' };
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    const firing = { labels, startsAt };
    const over = { labels, startsAt, endsAt: new Date().toISOString() };
    await Promise.all([ingest(firing), ingest(firing), ingest(firing, firing)]);
    const [alert] = await eventually(async () => {
      const alerts = await alertsOf(instance);
      return alerts[0]?.incidentId !== undefined && alerts;
    });
    await ingest(over);
    await ingest(firing);
    await ingest(over);
    await eventually(async () => (await readTicket(alert?.incidentId ?? '')).status === 'resolved');
    const alerts = await alertsOf(instance);
    expect(alerts).toMatchObject([{ status: 'resolved' }]);
    const incidents = await api().get<{ items: Ticket[] }>('/api/v1/tickets?type=incident&limit=500');
    const about = incidents.body.items.filter(({ id }) => id === alert?.incidentId);
    expect(about).toHaveLength(1);
  });

  it('leaves an incident alone once a person has taken it over', async () => {
    const instance = unique('node');
    const labels = { alertname: 'HostDown', instance, severity: 'critical' };
    const startsAt = new Date().toISOString();
    await ingest({ labels, startsAt });
    const alert = await eventually(async () => (await alertsOf(instance)).find(({ incidentId }) => incidentId));
    const ticket = await readTicket(alert.incidentId ?? '');
    const started = await api().post<Ticket>(
      `/api/v1/tickets/${ticket.id}/transitions`,
      { transition: 'start' },
      { 'if-match': `"${ticket.version}"` },
    );
    expect([started.status, started.body.status]).toEqual([200, 'in_progress']);

    await ingest({ labels, startsAt, endsAt: new Date().toISOString() });
    // Another alert that is decided after this one shows that the decision was made.
    const marker = unique('marker');
    await ingest({ labels: { ...labels, instance: marker }, startsAt });
    await eventually(async () => (await alertsOf(marker)).find(({ incidentId }) => incidentId));
    await eventually(async () => (await alertsOf(instance))[0]?.status === 'resolved');
    expect((await readTicket(ticket.id)).status).toBe('in_progress');
  });

  it('lets only one of two writers win, and asks the other to read again', async () => {
    const created = await api().post<Ticket>('/api/v1/tickets', { type: 'request', subject: unique('Доступ') });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/api/v1/tickets/${created.body.id}`);
    const etag = created.headers.get('etag') ?? '';
    const path = `/api/v1/tickets/${created.body.id}`;
    expect((await api().patch(path, { subject: 'x' })).status).toBe(428);
    const both = await Promise.all([1, 2].map((n) => api().patch<Ticket>(path, { subject: `Правка ${n}` }, { 'if-match': etag })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await readTicket(created.body.id)).version).toBe(2);
  });

  it('gives the first answer again for the same idempotency key, refuses the key for another request, and knows an external reference', async () => {
    const key = unique('key');
    const request = { type: 'request', subject: 'Новый сотрудник', externalReference: { system: 'hr', id: unique('ref') } };
    const many = await Promise.all(Array.from({ length: 8 }, () => api().post<Ticket>('/api/v1/tickets', request, { 'idempotency-key': key })));
    expect(new Set(many.map(({ body }) => body.id)).size).toBe(1);
    expect(many.map(({ status }) => status)).toEqual(many.map(() => 201));
    expect(many.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(7);
    expect((await api().post('/api/v1/tickets', { ...request, subject: 'Другой' }, { 'idempotency-key': key })).status).toBe(422);
    const again = await api().post<Ticket>('/api/v1/tickets', request);
    expect(again.body.id).toBe(many[0]?.body.id);
  });

  it('pauses the clocks while a ticket waits, goes on with what was left, and announces the breach', async () => {
    const serviceId = crypto.randomUUID();
    const calendars = await api().get<{ items: { id: string; name: string }[] }>('/api/v1/sla/calendars');
    const always = calendars.body.items.find(({ name }) => /24|Кругл/.test(name));
    const definition = await api().post('/api/v1/sla/definitions', {
      name: unique('Короткий'),
      rank: 1,
      condition: `ticket.serviceId == "${serviceId}"`,
      resolutionTarget: 'PT3S',
      calendarId: always?.id,
    });
    expect(definition.status).toBe(201);
    const { body: ticket } = await api().post<Ticket>('/api/v1/tickets', { type: 'incident', subject: unique('Течь'), serviceId });
    const clock = async () => (await readClocks(ticket.id)).find(({ kind }) => kind === 'resolution');
    await eventually(async () => (await clock())?.state === 'running');
    const waiting = await api().post<Ticket>(
      `/api/v1/tickets/${ticket.id}/transitions`,
      { transition: 'wait' },
      { 'if-match': `"${ticket.version}"` },
    );
    expect(waiting.status).toBe(200);
    await eventually(async () => (await clock())?.state === 'paused');
    const pausedFor = Date.now() + 3_500;
    await eventually(async () => Date.now() > pausedFor);
    expect((await clock())?.state).toBe('paused');
    await api().post(`/api/v1/tickets/${ticket.id}/transitions`, { transition: 'start' }, { 'if-match': `"${waiting.body.version}"` });
    const running = await eventually(async () => {
      const now = await clock();
      return now?.state === 'running' && now;
    });
    const breached = await eventually(async () => {
      const now = await clock();
      return now?.breachedAt !== undefined && now;
    });
    expect(Date.now() - Date.parse(running.deadline)).toBeLessThan(2_500);
    expect(breached.deadline).toBe(running.deadline);
  });

  it('sets an event that does not fit its contract aside, goes on with the others, and gives it one effect once it is fixed and replayed', async () => {
    const ticketId = crypto.randomUUID();
    const client = new pg.Client(await getHub().database());
    await client.connect();
    try {
      await client.query(`insert into tickets.outbox (event_id, type, key, time, data) values ($1, 'opora.tickets.v1.TicketOpened', $2, now(), $3)`, [
        crypto.randomUUID(),
        ticketId,
        JSON.stringify({ ticketId, number: 7 }),
      ]);
    } finally {
      await client.end();
    }
    const letters = '/api/v1/operations/sla/dead-letters';
    const letter = await eventually(async () => {
      const { body } = await api().get<{ items: { id: string; key: string; reason: string }[] }>(`${letters}?limit=500`);
      return body.items.find(({ key }) => key === ticketId);
    });
    expect(letter.reason).toMatch(/number/);
    const { body: other } = await api().post<Ticket>('/api/v1/tickets', { type: 'incident', subject: unique('После сбоя') });
    await eventually(async () => (await readClocks(other.id)).length === 2);

    const { body: still } = await api().post(`${letters}/${letter.id}/replay`, {});
    expect(still).toMatchObject({ status: 422 });
    const levels = { impact: 'high', urgency: 'high', priority: 'critical' };
    const good = { ticketId, number: 'INC-999999', type: 'incident', status: 'new', subject: unique('Исправлено'), ...levels, items: [], version: 1 };
    expect((await api().post(`${letters}/${letter.id}/fix`, { data: good })).status).toBe(200);
    const replays = await Promise.all([1, 2, 3].map(() => api().post(`${letters}/${letter.id}/replay`, {})));
    expect(replays.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await readClocks(ticketId)).map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(['resolution running', 'response running']);
    const waiting = await api().get<{ items: { id: string }[] }>(`${letters}?limit=500`);
    expect(waiting.body.items.filter(({ id }) => id === letter.id)).toEqual([]);
  });

  it('goes on where it was when a service is killed, and loses and doubles nothing', async () => {
    const hub = getHub();
    const subjects = Array.from({ length: 20 }, () => unique('Обрыв'));
    const [before, after] = [subjects.slice(0, 10), subjects.slice(10)];
    const create = (subject: string) =>
      eventually(
        async () => {
          const answer = await api().post<Ticket>(
            '/api/v1/tickets',
            { type: 'incident', subject },
            { 'idempotency-key': encodeURIComponent(subject) },
          );
          return answer.status === 201 && answer.body;
        },
        { within: 60_000 },
      );
    const first = await Promise.all(before.map(create));
    await hub.kill('sla');
    const pending = after.map(create);
    await hub.revive();
    const second = await Promise.all(pending);
    for (const { id } of [...first, ...second]) {
      const clocks = await eventually(
        async () => {
          const found = await readClocks(id);
          return found.length > 0 && found;
        },
        { within: 60_000 },
      );
      expect(new Set(clocks.map(({ kind }) => kind)).size).toBe(clocks.length);
    }
  }, 180_000);

  it('computes the impact of a ticket once, though the CMDB was killed as the ticket came and every event comes again', async () => {
    const hub = getHub();
    const [server, app] = [await createItem(unique('host')), await createItem(unique('app'))];
    const related = await api().post('/api/v1/cmdb/relations', { type: 'depends_on', fromId: app, toId: server });
    expect(related.status).toBe(201);
    await hub.kill('cmdb');
    const created = eventually(
      async () => {
        const answer = await api().post<Ticket>(
          '/api/v1/tickets',
          { type: 'incident', subject: unique('Узел'), items: [server] },
          { 'idempotency-key': server },
        );
        return answer.status === 201 && answer.body;
      },
      { within: 60_000 },
    );
    await hub.revive();
    const { id } = await created;
    const impact = await eventually(async () => (await readTicket(id)).computedImpact, { within: 60_000 });
    expect(impact).toMatchObject({ items: 1, total: 1, classes: [{ class: 'server', count: 1 }] });
    await hub.repeatEvents();
    await hub.untilQuiet();
    const history = await api().get<{ items: { action: string }[] }>(`/api/v1/tickets/${id}/history`);
    expect(history.body.items.map(({ action }) => action)).toEqual(['created', 'impact_computed']);

    const told = await api().get<{ total: number; incidents: object[] }>(`/api/v1/tickets/${id}/blast-radius`);
    expect([told.status, told.body]).toMatchObject([200, { total: 1, incidents: [], truncated: [] }]);
    const window = { plannedStart: '2030-06-01T20:00:00Z', plannedEnd: '2030-06-01T22:00:00Z' };
    const freeze = { name: unique('Мораторий'), from: window.plannedStart, to: window.plannedEnd, scope: { kind: 'services', values: [app] } };
    const declared = await api().post<{ id: string }>('/api/v1/change-freezes', freeze);
    expect([declared.status, declared.headers.get('location')]).toEqual([201, `/api/v1/change-freezes/${declared.body.id}`]);
    const planned = await api().post<object>('/api/v1/tickets/blast-radius', { items: [server], ...window });
    expect([planned.status, planned.body]).toMatchObject([200, { total: 1, incidents: [{ id }], freezes: [{ id: declared.body.id }] }]);
    const ended = await api().post<{ endedAt?: string }>(`/api/v1/change-freezes/${declared.body.id}/end`, {}, { 'if-match': '"1"' });
    expect([ended.status, ended.body.endedAt]).toEqual([200, expect.any(String)]);
  }, 180_000);

  describeRepeatedEvents(getHub);

  it('tells people and programs what it offers and how it is', async () => {
    const [openapi, asyncapi, docs, metrics] = await Promise.all([
      api().get<{ openapi: string; paths: object }>('/api/openapi.json'),
      api().get<{ asyncapi: string }>('/api/asyncapi.json'),
      api().get<unknown>('/api/docs'),
      api().get<unknown>('/metrics'),
    ]);
    expect(openapi.body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(openapi.body.paths)).toEqual(
      expect.arrayContaining(['/api/v1/tickets', '/api/v1/cmdb/items/{id}/impact', '/api/v1/sla/clocks']),
    );
    expect(asyncapi.body.asyncapi).toMatch(/^3\./);
    expect([docs.status, metrics.status]).toEqual([200, 200]);
    expect(String(metrics.body)).toMatch(/opora_/);
    const parts = await eventually(async () => {
      const ready = await api().get<{ status: string; parts: Record<string, { ready: boolean }> }>('/readyz');
      expect([ready.status, ready.body.status]).toEqual([200, 'ready']);
      return Object.values(ready.body.parts).every((part) => part.ready) && Object.keys(ready.body.parts);
    });
    expect(parts).toEqual(expect.arrayContaining(['directory', 'tickets', 'cmdb', 'sla', 'monitoring', 'gateway', 'demo', 'postgres']));
    expect((await api().get<string>('/', { 'accept-language': 'ru' })).body).toMatch(/<span>tickets<\/span><span class="good">работает/);
  });
}
