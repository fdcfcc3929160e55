import type { CmdbService } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { SourceService } from '../../generated/opora/cmdb/v1/sources.ts';
import type { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import type { IngestService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import type { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { CallOptions, Client } from '../../platform/rpc/call.ts';
import { buildEnterprise } from './domain/enterprise.ts';
import { imagineLastNight, imaginePastAlerts, imaginePastTickets, type PastAlert, type PastStep, type PastTicket } from './domain/past.ts';
import { type DemoPerson, people } from './domain/people.ts';
import { type Random, seededRandom } from './domain/random.ts';
import { loadInventory } from './load-inventory.ts';
import { type DirectoryParts, loadPeople } from './load-people.ts';

/** The neighbours' use cases, and nothing else: no table is filled behind a service's back. */
export interface WaterParts extends Omit<DirectoryParts, 'within'> {
  directory: Pick<Client<DirectoryService>, 'createAccount'>;
  cmdb: Pick<Client<CmdbService>, 'updateItem'>;
  sources: Pick<Client<SourceService>, 'takeDelta' | 'beginSnapshot' | 'takeSnapshotPage' | 'completeSnapshot'>;
  tickets: Pick<Client<TicketService>, 'createTicket' | 'updateTicket' | 'transitionTicket' | 'addComment'>;
  monitoring: Pick<Client<IngestService>, 'ingest'>;
  within(milliseconds: number, options?: { idempotencyKey?: string; at?: number }): CallOptions;
  /** Runs a step that was not done yet; a step may be begun again after a crash, and then changes nothing that it had done. */
  once(step: string, work: () => Promise<void>): Promise<void>;
  report(text: string): void;
}

const days = 21;
const pastTickets = 420;
const pastAlerts = 160;

/** Loads the water utility as of `now`, which is the moment that the first start chose: a load that is resumed tells the same past. */
export async function loadWater(parts: WaterParts, now: number): Promise<void> {
  const random = seededRandom(7_041_961);
  const enterprise = buildEnterprise(random, now);
  const { items } = enterprise;
  const tickets = [...imaginePastTickets(random, items, now, pastTickets, days), ...imagineLastNight(now, pastTickets)];
  const alerts = imaginePastAlerts(random, items, now, pastAlerts, days);
  const ids = new Map<string, string>();

  parts.report(`demo: people, ${items.length} configuration items and a year of their history`);
  const persons = await loadPeople(parts, now);
  for (const person of people) ids.set(person.login, await createAccount(parts, person, persons.get(person.login)));
  const itemIds = await loadInventory(parts, enterprise, seededRandom(1_961), now);

  parts.report(`demo: ${tickets.length} tickets and ${alerts.length} alerts of the last ${days} days`);
  await parts.once('tickets', async () => {
    const byRole = (role: DemoPerson['role']) =>
      people.filter((person) => person.role === role).map(({ login, name }) => ({ id: ids.get(login) ?? '', name }));
    const cast = { agents: byRole('agent'), callers: byRole('requester'), itemIds, random };
    const queue = [...tickets];
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let ticket = queue.shift(); ticket; ticket = queue.shift()) await playTicket(parts, ticket, cast);
      }),
    );
  });
  await parts.once('alerts', () => sendAlerts(parts, alerts));
  parts.report('demo: loaded');
}

async function createAccount({ directory, within }: WaterParts, { login, name, role }: DemoPerson, personId?: string): Promise<string> {
  const wanted = { login, name, roles: [role], ...(personId !== undefined && { personId }) };
  const { id } = await directory.createAccount(wanted, within(10_000, { idempotencyKey: `demo/person/${login}` }));
  return id;
}

interface Cast {
  agents: readonly { id: string; name: string }[];
  callers: readonly { id: string; name: string }[];
  itemIds: ReadonlyMap<string, string>;
  random: Random;
}

/** Opens the ticket and takes its steps, each by the person who took it and at its time. */
async function playTicket({ tickets, within }: WaterParts, past: PastTicket, { agents, callers, itemIds, random }: Cast): Promise<void> {
  const { key, item, openedAt, steps, ...wanted } = past;
  // Who does what depends on the ticket alone, so that a load that goes on later tells the same story.
  const place = Number(key.slice(key.lastIndexOf('-') + 1));
  const caller = callers[place % callers.length] ?? random.pick(callers);
  const agent = agents[(place * 7) % agents.length] ?? random.pick(agents);
  const as = (person: { id: string; name: string }, step: string, at: number): CallOptions => ({
    ...within(20_000, { idempotencyKey: `demo/${key}/${step}`, at }),
    principal: { kind: 'service', id: person.id, name: person.name, permissions: ['*'] },
  });
  const itemId = item === undefined ? undefined : itemIds.get(item);
  const { id } = await tickets.createTicket(
    { ...wanted, callerId: caller.id, items: itemId === undefined ? [] : [itemId] },
    as(caller, 'open', openedAt),
  );
  for (const [index, step] of steps.entries()) await take(id, step, as(agent, String(index), step.at));

  async function take(ticketId: string, step: PastStep, options: CallOptions): Promise<void> {
    if (step.kind === 'assign') await tickets.updateTicket({ id: ticketId, expectedVersion: 0, assigneeId: agent.id }, options);
    else if (step.kind === 'comment') await tickets.addComment({ id: ticketId, text: step.text }, options);
    else {
      const { transition, resolution } = step;
      const asked = { id: ticketId, expectedVersion: 0, transition, ...(resolution !== undefined && { resolution }) };
      await tickets.transitionTicket(asked, options).catch((error: unknown) => {
        // What was resolved long ago may be closed by its lifecycle's timer at once, or at this moment.
        if (transition !== 'close' || !(isAppError(error, 'illegal_state') || isAppError(error, 'conflict'))) throw error;
      });
    }
  }
}

/** Alerts that are over are told as over, and raise nothing; those that still burn raise their incidents now. */
async function sendAlerts({ monitoring, within }: WaterParts, alerts: readonly PastAlert[]): Promise<void> {
  for (const [index, batch] of slice(alerts, 40)) {
    const payload = {
      version: '4',
      groupKey: `demo/${index}`,
      alerts: batch.map(({ fingerprint, name, severity, instance, summary, startsAt, endsAt }) => ({
        status: endsAt === undefined ? 'firing' : 'resolved',
        labels: { alertname: name, severity, instance, job: 'node' },
        annotations: { summary },
        startsAt: new Date(startsAt).toISOString(),
        ...(endsAt !== undefined && { endsAt: new Date(endsAt).toISOString() }),
        fingerprint,
      })),
    };
    const request = { source: 'alertmanager', contentType: 'application/json', body: Buffer.from(JSON.stringify(payload)) };
    await monitoring.ingest(request, within(20_000, { idempotencyKey: `demo/alerts/${index}` }));
  }
}

function slice<Value>(values: readonly Value[], size: number): [number, Value[]][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => [index, values.slice(index * size, (index + 1) * size)]);
}
