import { alertmanagerPayload, type SentAlert } from './alertmanager-payload.ts';
import { eventually } from './api.ts';
import type { Hub } from './scenarios.ts';

interface Listed {
  id: string;
}
interface Alert extends Listed {
  labels: Record<string, string>;
  incidentId?: string;
}
interface Ticket extends Listed {
  version: number;
  status: string;
}
interface Clock {
  id: string;
  kind: string;
  state: string;
  elapsed?: string;
  history: { action: string }[];
}

const run = `${process.pid}-${Date.now().toString(36)}`;
const hasDeadLetters = ['sla', 'monitoring', 'cmdb'];

/** Whatever a bus does to events, each has had its effect and has no other. */
export function describeRepeatedEvents(getHub: () => Hub): void {
  const api = () => getHub().api;

  async function listAll<Item extends Listed>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const { status, body }: { status: number; body: { items: Item[]; next?: string } } = await api().get(next);
      if (status !== 200) throw new Error(`${next} was answered with ${status}.`);
      items.push(...body.items);
      next = body.next === undefined ? undefined : `${path}&after=${encodeURIComponent(body.next)}`;
    }
    return items;
  }

  async function clocksOf(ticketId: string): Promise<Clock[]> {
    const { body } = await api().get<{ items: Clock[] }>(`/api/v1/tickets/${ticketId}/clocks`);
    // What a running clock has used up is the one thing that time alone changes.
    return body.items.map(({ elapsed: _, ...clock }) => clock);
  }

  /** All that events lead to, by id. */
  async function look(): Promise<Map<string, unknown>> {
    const tickets = await listAll<Ticket>('/api/v1/tickets?limit=500');
    const lists = await Promise.all([
      listAll('/api/v1/monitoring/alerts?limit=500'),
      listAll('/api/v1/cmdb/items?limit=500'),
      listAll('/api/v1/cmdb/relations?limit=500'),
      ...hasDeadLetters.map((service) => listAll(`/api/v1/operations/${service}/dead-letters?limit=500`)),
    ]);
    const seen = new Map<string, unknown>([...tickets, ...lists.flat()].map((item) => [item.id, item]));
    for (const { id } of lists[1] ?? []) seen.set(`timeline of ${id}`, (await api().get(`/api/v1/cmdb/items/${id}/timeline?limit=500`)).body);
    for (const { id } of tickets) {
      for (const clock of await clocksOf(id)) seen.set(clock.id, clock);
      seen.set(`history of ${id}`, (await api().get(`/api/v1/tickets/${id}/history`)).body);
    }
    return seen;
  }

  const send = async (alert: SentAlert) => expect((await api().post('/ingest/alertmanager', alertmanagerPayload(alert))).status).toBe(200);
  const labelsOf = (instance: string) => ({ alertname: 'HostDown', instance, severity: 'critical' });
  const incidentsOf = async (instance: string): Promise<string[]> => {
    const alerts = (await listAll<Alert>('/api/v1/monitoring/alerts?limit=500')).filter(({ labels }) => labels['instance'] === instance);
    return alerts.flatMap(({ incidentId }) => incidentId ?? []);
  };
  const step = async (id: string, version: number, transition: string) =>
    expect((await api().post(`/api/v1/tickets/${id}/transitions`, { transition }, { 'if-match': `"${version}"` })).status).toBe(200);

  /** An alert that is over, and its incident with it. */
  async function burnOut(instance: string): Promise<void> {
    const alert = { labels: labelsOf(instance), startsAt: new Date(Date.now() - 60_000).toISOString() };
    await send(alert);
    const incident = await eventually(async () => (await incidentsOf(instance))[0]);
    await send({ ...alert, endsAt: new Date().toISOString() });
    await eventually(async () => (await api().get<Ticket>(`/api/v1/tickets/${incident}`)).body.status === 'resolved');
  }

  /** One that came back: two incidents, the first of them resolved. */
  async function burnTwice(instance: string): Promise<void> {
    await burnOut(instance);
    await send({ labels: labelsOf(instance), startsAt: new Date().toISOString() });
    await eventually(async () => (await incidentsOf(instance)).length === 2);
  }

  async function openTicket(subject: string): Promise<string> {
    const created = await api().post<Ticket>('/api/v1/tickets', { type: 'incident', subject });
    expect(created.status).toBe(201);
    await step(created.body.id, 1, 'wait');
    await step(created.body.id, 2, 'start');
    return created.body.id;
  }

  /** Two related items, one of which had an alert, and a third that is out of use, so that its relation is over. */
  async function relateItems(name: string): Promise<void> {
    const create = (key: string) => api().post<Listed>('/api/v1/cmdb/items', { class: 'server', name: key, lookups: [key] });
    const relate = (from: string, to: string) => api().post<Listed>('/api/v1/cmdb/relations', { type: 'depends_on', fromId: from, toId: to });
    const [from, to, old] = (await Promise.all(['a', 'b', 'c'].map((letter) => create(`${name}-${letter}`)))).map(({ body }) => body.id);
    const [, over] = await Promise.all([relate(from ?? '', to ?? ''), relate(from ?? '', old ?? '')]);
    expect((await api().post(`/api/v1/cmdb/items/${old}/retire`, {}, { 'if-match': '"1"' })).status).toBe(200);
    await eventually(async () => (await api().get<{ state: string }>(`/api/v1/cmdb/relations/${over?.body.id}`)).body.state === 'removed');
    await burnOut(`${name}-a`);
    // The item and its two relations, one of them over; the alert and its end; the incident and its end.
    await eventually(async () => (await api().get<{ items: object[] }>(`/api/v1/cmdb/items/${from}/timeline`)).body.items.length === 8);
  }

  it('leaves tickets, clocks, alerts and incidents as they are when every event comes once more, shuffled among keys, while others happen', async () => {
    const hub = getHub();
    await Promise.all(
      [1, 2, 3].flatMap((n) => [
        burnOut(`once-${run}-${n}`),
        burnTwice(`twice-${run}-${n}`),
        openTicket(`Повтор ${run}-${n}`),
        relateItems(`pair-${run}-${n}`),
      ]),
    );
    await hub.untilQuiet();
    const before = await look();

    const fresh = Array.from({ length: 12 }, (_, n) => n);
    const meanwhile = (async () => {
      const tickets: string[] = [];
      for (const n of fresh) {
        tickets.push(await openTicket(`Между тем ${run}-${n}`));
        await send({ labels: labelsOf(`meanwhile-${run}-${n}`), startsAt: new Date().toISOString() });
      }
      return tickets;
    })();
    const [repeated, tickets] = await Promise.all([hub.repeatEvents(), meanwhile]);
    expect(repeated).toBeGreaterThan(40);
    await hub.untilQuiet();
    const after = await look();

    expect(Object.fromEntries([...before.keys()].map((id) => [id, after.get(id)]))).toEqual(Object.fromEntries(before));
    const incidents = await Promise.all(fresh.map((n) => incidentsOf(`meanwhile-${run}-${n}`)));
    expect(incidents.map(({ length }) => length)).toEqual(fresh.map(() => 1));
    const known = new Set([...tickets, ...incidents.flat()]);
    const all = await listAll<Ticket>('/api/v1/tickets?limit=500');
    expect(all.filter(({ id }) => !before.has(id) && !known.has(id))).toEqual([]);
    for (const id of tickets) {
      const clocks = await clocksOf(id);
      const resolution = clocks.find(({ kind }) => kind === 'resolution');
      expect(resolution?.history.map(({ action }) => action)).toEqual(['started', 'paused', 'resumed']);
    }
  }, 120_000);
}
