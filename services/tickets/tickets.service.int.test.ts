import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CatalogService } from '../../generated/opora/catalog/v1/catalog.ts';
import { RadiusService } from '../../generated/opora/cmdb/v1/radius.ts';
import { DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../../platform/postgres/test-database.ts';
import type { CallOptions, Client, Principal } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import { serve } from '../../platform/service/define-service.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { knowPolicies } from './approvals/know-policies.ts';
import { knowDefinitions } from './definitions/know-definitions.ts';
import { knowMatrices } from './definitions/know-matrices.ts';
import { knowLifecycles } from './lifecycles/know-lifecycles.ts';
import { ticketRights } from './rights.ts';
import { ticketMethods } from './rpc.ts';
import { tickets as definition } from './service.ts';
import { numberDrawer } from './storage/draw-number.ts';
import { insertKnownVersions } from './storage/known-store.ts';

const agent: Principal = { kind: 'account', id: randomUUID(), name: 'Ольга', permissions: ['tickets.create', 'tickets.read', 'tickets.work'] };
const requester = (name: string): Principal => ({ kind: 'account', id: randomUUID(), name, permissions: ['tickets.create', 'tickets.read_own'] });
const policy: Principal = { kind: 'service', id: 'monitoring', name: 'monitoring', permissions: ['*'] };
const as = (principal: Principal, more: Partial<CallOptions> = {}): CallOptions => ({ deadline: Date.now() + 15_000, principal, ...more });
const wanted = (subject: string) => ({ type: 'incident' as const, subject, items: [] });

describe('the tickets service', () => {
  let database: TestDatabase;
  let tickets: Client<TicketService>;

  beforeAll(async () => {
    database = await openTestDatabase({ name: 'tickets', ...(definition.migrations && { migrations: definition.migrations }) });
    const contract = loadContract();
    const transport = createInProcessTransport();
    const within = (milliseconds: number) => ({ deadline: Date.now() + milliseconds, principal: policy });
    // What was heard of the catalogue once is enough: it does not run here.
    await database.commit({
      statements: [
        insertKnownVersions(await Promise.all(['lifecycles/incident', 'lifecycles/problem', 'priority-matrices/default'].map(readShipped))),
      ],
    });
    const definitions = await knowDefinitions({ database, within, catalog: createClient(CatalogService, { contract, transport }) });
    const methods = ticketMethods({
      database,
      lifecycles: knowLifecycles(definitions, contract),
      matrices: knowMatrices(definitions),
      policies: knowPolicies(definitions, contract),
      rights: ticketRights(contract),
      drawNumbers: numberDrawer(database),
      directory: createClient(DirectoryService, { contract, transport }),
      cmdb: createClient(RadiusService, { contract, transport }),
      within,
    });
    const bound = bindMethods({
      served: [serve(TicketService, methods)],
      contract,
      database,
      clock: systemClock,
      newId: newUuid,
      log: createLogger({ level: 'silent' }),
      metrics: createMetrics(),
    });
    for (const [name, served] of Object.entries(bound)) await transport.serve(name, served);
    tickets = createClient(TicketService, { contract, transport });
  });
  afterAll(() => database.close());

  it('gives every one of many who create at once a short number of its own', async () => {
    const made = await Promise.all(Array.from({ length: 60 }, (_, index) => tickets.createTicket(wanted(`Обрыв ${index}`), as(agent))));
    expect(new Set(made.map(({ number }) => number)).size).toBe(60);
    expect(made.every(({ number }) => /^INC-\d{6}$/.test(number))).toBe(true);
  });

  it('makes one ticket of an external reference, however many ask at once', async () => {
    const externalReference = { system: '1c', id: randomUUID() };
    const made = await Promise.all(
      Array.from({ length: 10 }, () => tickets.createTicket({ ...wanted('Приём на работу'), externalReference }, as(agent))),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  it('gives the first answer under an idempotency key also when the external reference is known, and refuses the key for another request', async () => {
    const request = { ...wanted('Увольнение'), externalReference: { system: '1c', id: randomUUID() } };
    const keyed = as(agent, { idempotencyKey: randomUUID() });
    const first = await tickets.createTicket(request, keyed);
    await tickets.updateTicket({ id: first.id, expectedVersion: 1, subject: 'Увольнение с переводом' }, as(agent));
    expect(await tickets.createTicket(request, keyed)).toEqual(first);
    expect(await tickets.createTicket(request, as(agent))).toMatchObject({ id: first.id, version: 2 });
    await expect(tickets.createTicket({ ...request, subject: 'Другой' }, keyed)).rejects.toMatchObject({ kind: 'invalid_input' });
  });

  it('shows a requester the own tickets only, in lists, by id and by number, and does not tell that there are others', async () => {
    const [ira, pavel] = [requester('Ирина'), requester('Павел')];
    const hers = await tickets.createTicket(wanted('Мой принтер'), as(ira));
    expect(hers.callerId).toBe(ira.id);
    expect((await tickets.listTickets({}, as(ira))).items.map(({ id }) => id)).toEqual([hers.id]);
    expect((await tickets.listTickets({}, as(pavel))).items).toEqual([]);
    expect((await tickets.listTickets({ callerId: ira.id }, as(pavel))).items).toEqual([]);
    for (const id of [hers.id, hers.number]) await expect(tickets.getTicket({ id }, as(pavel))).rejects.toMatchObject({ kind: 'not_found' });
    await expect(tickets.createTicket({ ...wanted('x'), callerId: ira.id }, as(pavel))).rejects.toMatchObject({ kind: 'not_allowed' });
    await expect(tickets.transitionTicket({ id: hers.id, expectedVersion: 1, transition: 'start' }, as(ira))).rejects.toMatchObject({
      kind: 'not_allowed',
    });
  });

  it('hides internal comments from the caller, and takes the first public answer for a response', async () => {
    const ira = requester('Ирина');
    const { id } = await tickets.createTicket(wanted('Пароль'), as(ira));
    await expect(tickets.addComment({ id, text: 'x', internal: true }, as(ira))).rejects.toMatchObject({ kind: 'not_allowed' });
    await tickets.addComment({ id, text: 'Позвонить ей', internal: true }, as(agent));
    await tickets.addComment({ id, text: 'Новый пароль выслан' }, as(agent));
    await tickets.addComment({ id, text: 'Пришёл?' }, as(agent));
    expect((await tickets.listComments({ id }, as(ira))).items.map(({ text }) => text)).toEqual(['Новый пароль выслан', 'Пришёл?']);
    expect((await tickets.listComments({ id }, as(agent))).items).toHaveLength(3);
    const told = await database.query<{ answers: boolean; visible: string | null }>({
      strings: [
        `select (data->>'answersCaller')::boolean as answers, data->>'visibleTo' as visible from outbox where type = 'opora.tickets.v1.CommentAdded' and key = `,
        ' order by id',
      ],
      values: [id],
    });
    expect(told).toEqual([
      { answers: false, visible: null },
      { answers: true, visible: ira.id },
      { answers: false, visible: ira.id },
    ]);
  });

  it('finds words in any of their forms, in Russian and in English', async () => {
    const { id } = await tickets.createTicket({ ...wanted('Заменить картриджи в принтерах'), description: 'the printers keep failing' }, as(agent));
    for (const q of ['принтер', 'картридж замена', 'failed printer']) {
      const found = (await tickets.listTickets({ q: q.split(' ')[0] ?? q }, as(agent))).items.map((ticket) => ticket.id);
      expect([q, found.includes(id)]).toEqual([q, true]);
    }
    expect((await tickets.listTickets({ q: 'водонапорный' }, as(agent))).items).toEqual([]);
  });

  it('walks all pages without a gap or a double, while tickets keep coming', async () => {
    const subject = randomUUID();
    for (let index = 0; index < 12; index++) await tickets.createTicket({ ...wanted(`${subject} ${index}`), type: 'problem' }, as(agent));
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await tickets.listTickets({ type: 'problem', limit: 5, sort: 'createdAt', ...(after !== undefined && { after }) }, as(agent));
      seen.push(...page.items.map((ticket) => ticket.subject));
      after = page.next;
      if (seen.length < 10) await tickets.createTicket({ ...wanted(`${subject} later`), type: 'problem' }, as(agent));
    } while (after !== undefined);
    const mine = seen.filter((text) => text.startsWith(subject));
    expect(mine.slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, index) => `${subject} ${index}`));
    await expect(tickets.listTickets({ after: 'forged', sort: 'createdAt' }, as(agent))).rejects.toMatchObject({ kind: 'invalid_input' });
  });

  it('keeps who did what and when, with the values before and after', async () => {
    const { id, version } = await tickets.createTicket(wanted('Насос шумит'), as(agent));
    await tickets.updateTicket({ id, expectedVersion: version, impact: 'high', urgency: 'high' }, as(agent));
    await tickets.transitionTicket({ id, expectedVersion: 2, transition: 'resolve', resolution: 'Заменён подшипник' }, as(agent));
    const { items } = await tickets.listHistory({ id }, as(agent));
    expect(items.map(({ action, actorName }) => `${action} ${actorName}`)).toEqual(['created Ольга', 'updated Ольга', 'transitioned Ольга']);
    expect(items[1]?.changes).toContainEqual({ field: 'priority', before: 'low', after: 'critical' });
    expect(items[2]?.changes).toContainEqual({ field: 'status', before: 'new', after: 'resolved' });
  });

  it('raises one incident for a key however often it is asked, and resolves only those that nobody took over', async () => {
    const key = randomUUID();
    const raised = {
      key,
      subject: 'Узел недоступен',
      impact: 'high' as const,
      urgency: 'high' as const,
      items: [],
      alertIds: [randomUUID()],
      explanation: 'Rule "x" matched.',
    };
    const answers = await Promise.all(Array.from({ length: 6 }, () => retry(() => tickets.raiseIncidents({ incidents: [raised] }, as(policy)))));
    expect(new Set(answers.map(({ incidents }) => incidents[0]?.id)).size).toBe(1);
    const { incidents } = await tickets.raiseIncidents({ incidents: [raised, { ...raised, key: randomUUID() }] }, as(policy));
    const [quiet, taken] = incidents;
    if (!quiet || !taken) throw new Error('There are no incidents.');
    await tickets.transitionTicket({ id: taken.id, expectedVersion: 1, transition: 'start' }, as(agent));
    const resolve = [quiet.id, taken.id, randomUUID()].map((id) => ({ id, resolution: 'Всё прошло', explanation: 'All alerts are over.' }));
    const { outcomes } = await tickets.resolveIncidents({ incidents: resolve }, as(policy));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['resolved', 'taken_over', 'unknown']);
    expect((await tickets.getTicket({ id: taken.id }, as(agent))).status).toBe('in_progress');
    await expect(tickets.raiseIncidents({ incidents: [raised] }, as(agent))).rejects.toMatchObject({ kind: 'not_allowed' });
  });
});

async function readShipped(path: string) {
  const text = await readFile(new URL(`../catalog/shipped/${path}.json`, import.meta.url), 'utf8');
  const [kind = '', name = ''] = path.split('/');
  return { kind, name, version: 1, content: JSON.parse(text) };
}

/** Who loses the race for a key asks again, as a subscription does. */
async function retry<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}
