import { alertmanagerPayload } from '../mesh/alertmanager-payload.ts';
import { type Api, eventually } from '../mesh/api.ts';

interface Ticket {
  id: string;
  number: string;
  subject: string;
  version: number;
  status: string;
  origin?: { alertIds: string[] };
}
interface Clock {
  kind: string;
  state: string;
  history: { action: string }[];
}

/** What was acknowledged, to be held against what is there in the end. */
export interface Ledger {
  /** Sends inputs until they are acknowledged, each again under its own key when it was not: a sender that never gives up. */
  load(count: number): Promise<void>;
  /** Throws unless each acknowledged input has exactly one effect, in every service that hears of it. */
  settle(): Promise<void>;
}

/** `getApi` gives the hub's interface as it is at the moment; the hub may be dead when it is asked. */
export function openLedger(getApi: () => Api, run: string): Ledger {
  const tickets = new Map<string, string>();
  const instances = new Set<string>();
  let serial = 0;

  const insist = <Value>(ask: () => Promise<Value | undefined | false>) => eventually(ask, { within: 120_000, every: 100 });

  async function openTicket(name: string): Promise<void> {
    const ticket = await insist(async () => {
      const { status, body } = await getApi().post<Ticket>('/api/v1/tickets', { type: 'incident', subject: name }, { 'idempotency-key': name });
      if (status >= 400 && status < 500 && status !== 429) throw new Error(`The ticket ${name} was refused with ${status}: ${JSON.stringify(body)}`);
      return status === 201 && body;
    });
    tickets.set(name, ticket.id);
    // Two steps in their order: whoever hears them must hear the second one last.
    for (const [transition, version] of [
      ['wait', ticket.version],
      ['start', ticket.version + 1],
    ] as const) {
      await insist(async () => {
        const { status } = await getApi().post(
          `/api/v1/tickets/${ticket.id}/transitions`,
          { transition },
          { 'if-match': `"${version}"`, 'idempotency-key': `${name}-${transition}` },
        );
        if (status === 412 || status === 422) throw new Error(`The step ${transition} of ${name} was refused with ${status}.`);
        return status === 200;
      });
    }
  }

  async function sendAlert(instance: string): Promise<void> {
    const payload = alertmanagerPayload({ labels: { alertname: 'HostDown', instance, severity: 'critical' }, startsAt: new Date().toISOString() });
    await insist(async () => (await getApi().post('/ingest/alertmanager', payload)).status === 200);
    instances.add(instance);
  }

  async function listAll<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined;
    do {
      const page: string = next === undefined ? path : `${path}&after=${encodeURIComponent(next)}`;
      const { status, body } = await getApi().get<{ items: Item[]; next?: string }>(page);
      if (status !== 200) throw new Error(`${path} was answered with ${status}.`);
      items.push(...body.items);
      next = body.next;
    } while (next !== undefined);
    return items;
  }

  return {
    async load(count) {
      const work = Array.from({ length: count }, () => {
        const name = `${run}-${++serial}`;
        return serial % 2 === 0 ? () => sendAlert(name) : () => openTicket(name);
      });
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let next = work.shift(); next; next = work.shift()) await next();
        }),
      );
    },

    async settle() {
      await insist(async () => {
        const alerts = (await listAll<{ labels: Record<string, string>; incidentId?: string }>('/api/v1/monitoring/alerts?limit=500')).filter(
          ({ labels }) => instances.has(labels['instance'] ?? ''),
        );
        expectSame('alerts', alerts.length, instances.size);
        expectSame('alerts that raised an incident', alerts.filter(({ incidentId }) => incidentId !== undefined).length, instances.size);
        expectSame('different incidents of alerts', new Set(alerts.map(({ incidentId }) => incidentId)).size, instances.size);
        return true;
      });
      const all = await listAll<Ticket>('/api/v1/tickets?limit=500');
      const opened = all.filter(({ subject }) => tickets.has(subject));
      expectSame('tickets opened by people', opened.length, tickets.size);
      for (const { subject, id, version, status } of opened) {
        if (tickets.get(subject) !== id || version !== 3 || status !== 'in_progress')
          throw new Error(`${subject} is not as it was acknowledged: ${id} ${version} ${status}.`);
      }
      const raised = all.filter(({ origin, subject }) => origin !== undefined && subject === 'HostDown');
      expectSame('incidents raised by alerts', raised.filter(({ origin }) => origin?.alertIds.length === 1).length, raised.length);
      expectSame('alerts that these are about', new Set(raised.flatMap(({ origin }) => origin?.alertIds ?? [])).size, raised.length);
      expectSame('numbers that are given once', new Set(all.map(({ number }) => number)).size, all.length);
      for (const { id, subject } of opened) await insist(() => hasItsClocks(id, subject));
    },
  };

  async function hasItsClocks(id: string, subject: string): Promise<boolean> {
    const { body } = await getApi().get<{ items: Clock[] }>(`/api/v1/tickets/${id}/clocks`);
    const resolution = body.items.find(({ kind }) => kind === 'resolution');
    const actions = resolution?.history.map(({ action }) => action).join(' ');
    if (actions !== 'started paused resumed') throw new Error(`The clock of ${subject} has lived "${actions}".`);
    return true;
  }
}

function expectSame(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}.`);
}
