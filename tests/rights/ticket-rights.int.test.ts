import { randomUUID } from 'node:crypto';
import type { AccessExplanation } from '../../generated/opora/directory/v1/access.ts';
import { TicketService } from '../../generated/opora/tickets/v1/tickets.ts';
import type { CallOptions, Grant, Principal } from '../../platform/rpc/call.ts';
import { followStream } from '../edge/follow-stream.ts';
import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { type Api, eventually } from '../mesh/api.ts';

interface Ticket {
  id: string;
  number: string;
  type: string;
  status: string;
  subject: string;
  impact: string;
  priority: string;
  callerId?: string;
  assigneeId?: string;
  serviceId?: string;
  items: string[];
  externalReference?: { system: string };
  createdAt: string;
  version: number;
  /** Stands in the description, and nowhere else. */
  secret: string;
}

/** A way to see or change some tickets: as CEL says it, and as this test says it. */
interface Way {
  condition: string;
  holds(ticket: Ticket, me: string): boolean;
}

const item = randomUUID();
const service = randomUUID();
const ways = {
  mine: { condition: 'ticket.assigneeId == me.id', holds: (ticket, me) => ticket.assigneeId === me },
  notMine: { condition: '!(ticket.assigneeId == me.id)', holds: ({ assigneeId }, me) => assigneeId !== undefined && assigneeId !== me },
  urgent: {
    condition: 'ticket.priority in ["critical", "high"] && ticket.type != "change"',
    holds: ({ priority, type }) => ['critical', 'high'].includes(priority) && type !== 'change',
  },
  ofService: {
    condition: `ticket.serviceId == "${service}" || "${item}" in ticket.items`,
    holds: ({ serviceId, items }) => serviceId === service || items.includes(item),
  },
  fromOutside: {
    condition: 'ticket.externalSystem.startsWith("1c")',
    holds: ({ externalReference }) => externalReference?.system.startsWith('1c') ?? false,
  },
  free: {
    condition: '!has(ticket.assigneeId) && ticket.status == "new" && "watch" in me.roles',
    holds: ({ assigneeId, status }) => assigneeId === undefined && status === 'new',
  },
  never: { condition: 'ticket.createdAt < timestamp("2000-01-01T00:00:00Z")', holds: () => false },
  forNobody: { condition: 'me.organizationId == "x" || ticket.type == "problem" && me.teamIds.exists(team, team == "x")', holds: () => false },
} satisfies Record<string, Way>;
type WayName = keyof typeof ways;
const holds = (name: WayName, ticket: Ticket, me: string) => (ways[name] as Way).holds(ticket, me);

/** Roles: their ways to see, to see without descriptions, and to change; whether they see their own ones. */
const roles: Record<string, { own: boolean; sees: WayName[]; glimpses: WayName[]; changes: WayName[]; locked?: string[] }> = {
  fixer: { own: true, sees: ['mine'], glimpses: [], changes: ['mine'] },
  rest: { own: false, sees: ['notMine'], glimpses: [], changes: [] },
  watch: { own: false, sees: ['free'], glimpses: ['urgent'], changes: ['free'], locked: ['impact', 'urgency'] },
  owner: { own: false, sees: ['ofService', 'forNobody'], glimpses: [], changes: ['urgent'] },
  outside: { own: true, sees: [], glimpses: ['fromOutside', 'mine'], changes: ['fromOutside'] },
  blind: { own: false, sees: ['never', 'forNobody'], glimpses: [], changes: ['urgent', 'notMine'] },
};

interface Person {
  role: string;
  id: string;
  api: Api;
  principal: Principal;
}

let hub: EdgeHub;
let tickets: Ticket[];
const people: Person[] = [];

beforeAll(async () => {
  hub = await startHub(['catalog', 'tickets'], {}, 'gRPC');
  for (const [name, { own, sees, glimpses, changes, locked = [] }] of Object.entries(roles)) {
    const grants: Grant[] = [
      ...sees.map((way) => ({ permission: 'tickets.read', where: {}, condition: ways[way].condition })),
      ...glimpses.map((way) => ({ permission: 'tickets.read', where: {}, condition: ways[way].condition, without: ['description', 'resolution'] })),
      ...changes.map((way) => ({
        permission: 'tickets.work',
        where: {},
        condition: ways[way].condition,
        ...(locked.length > 0 && { without: locked }),
      })),
    ];
    const permissions = own ? ['tickets.create', 'tickets.read_own'] : [];
    const made = await hub.api.post('/api/v1/roles', { name, titleEn: name, titleRu: name, permissions, grants });
    expect([made.status, made.body['errors']]).toEqual([201, undefined]);
    const { id, api } = await hub.newAccount(`in-${name}`, [name]);
    people.push({ role: name, id, api, principal: { kind: 'account', id, name, permissions, grants, about: { roles: [name], teamIds: [] } } });
  }
  tickets = await Promise.all(Array.from({ length: 14 }, (_, index) => makeTicket(index)));
}, 120_000);
afterAll(() => hub.stop());

async function makeTicket(index: number): Promise<Ticket> {
  const levels = ['high', 'medium', 'low'];
  const secret = `sesame${index}x`;
  const wanted = {
    type: ['incident', 'request', 'change', 'problem'][index % 4],
    subject: `Pump ${index}`,
    description: `Open ${secret}`,
    impact: levels[index % 3],
    urgency: levels[(index >> 1) % 3],
    ...(index % 5 === 0 && { serviceId: service }),
    ...(index % 6 === 1 && { items: [item] }),
    ...(index % 4 === 1 && { externalReference: { system: index % 8 === 1 ? '1c-hr' : 'jira', id: `ref-${index}` } }),
    ...(index % 7 === 2 && { callerId: people[index % people.length]?.id }),
  };
  const { body } = await hub.api.post<Ticket>('/api/v1/tickets', wanted);
  if (index % 3 === 0) return { ...body, secret };
  const assigneeId = people[index % people.length]?.id;
  const assigned = await hub.api.patch<Ticket>(`/api/v1/tickets/${body.id}`, { assigneeId }, { 'if-match': `"${body.version}"` });
  return { ...assigned.body, secret };
}

const isOwn = ({ id, role }: Person, ticket: Ticket) => (roles[role]?.own ?? false) && ticket.callerId === id;
const seesWhole = (person: Person, ticket: Ticket) => isOwn(person, ticket) || seesAsWorker(person, ticket, true);
const seesAsWorker = ({ id, role }: Person, ticket: Ticket, whole = false) =>
  [...(roles[role]?.sees ?? []), ...(whole ? [] : (roles[role]?.glimpses ?? []))].some((way) => holds(way, ticket, id));
const sees = (person: Person, ticket: Ticket) => isOwn(person, ticket) || seesAsWorker(person, ticket);
const changes = ({ id, role }: Person, ticket: Ticket) => roles[role]?.changes.some((way) => holds(way, ticket, id)) ?? false;
const numbersOf = (list: readonly Pick<Ticket, 'number'>[]) => list.map(({ number }) => number).sort();

/** All pages of a list. */
async function listAll(api: Api, query: string): Promise<Ticket[]> {
  const found: Ticket[] = [];
  for (let after = ''; ; ) {
    const { status, body } = await api.get<{ items: Ticket[]; next?: string }>(`/api/v1/tickets?limit=4${query}${after}`);
    expect(status).toBe(200);
    found.push(...body.items);
    if (body.next === undefined) return found;
    after = `&after=${body.next}`;
  }
}

const everyone = () => people.map((person) => [person.role, person] as const);

describe('somebody with grants for some tickets', () => {
  it('finds exactly those, however they are listed, filtered, sorted and searched', async () => {
    let [most, least] = [0, tickets.length];
    for (const [role, person] of everyone()) {
      const seen = tickets.filter((ticket) => sees(person, ticket));
      [most, least] = [Math.max(most, seen.length), Math.min(least, seen.length)];
      const filters: [query: string, fits: (ticket: Ticket) => boolean][] = [
        ['', () => true],
        ['&sort=createdAt', () => true],
        ['&sort=-updatedAt', () => true],
        ['&type=incident', ({ type }) => type === 'incident'],
        ['&priority=high', ({ priority }) => priority === 'high'],
        [`&assigneeId=${person.id}`, ({ assigneeId }) => assigneeId === person.id],
        [`&itemId=${item}`, ({ items }) => items.includes(item)],
        // What is masked is not found by its words.
        ['&q=pump', (ticket) => seesWhole(person, ticket)],
        ['&q=sesame4x', ({ secret, ...ticket }) => secret === 'sesame4x' && seesWhole(person, { secret, ...ticket })],
      ];
      for (const [query, fits] of filters) {
        const found = await listAll(person.api, query);
        expect([role, query, numbersOf(found)]).toEqual([role, query, numbersOf(seen.filter(fits))]);
      }
      const byGrpc = await hub.client(TicketService).listTickets({ limit: 500 }, as(person));
      expect([role, numbersOf(byGrpc.items)]).toEqual([role, numbersOf(seen)]);
    }
    expect([most > 5, least]).toEqual([true, 0]);
  });

  it('is told of any other in the words for what never was, whatever they ask', async () => {
    for (const [role, person] of everyone()) {
      const asks: Record<string, (id: string) => Promise<{ status: number; body: Record<string, unknown> }>> = {
        read: (id) => person.api.get(`/api/v1/tickets/${id}`),
        history: (id) => person.api.get(`/api/v1/tickets/${id}/history`),
        comments: (id) => person.api.get(`/api/v1/tickets/${id}/comments`),
        comment: (id) => person.api.post(`/api/v1/tickets/${id}/comments`, { text: 'x', internal: true }),
        update: (id) => person.api.patch(`/api/v1/tickets/${id}`, { assigneeId: person.id }, { 'if-match': '"99"' }),
        impact: (id) => person.api.post(`/api/v1/tickets/${id}/computed-impact`, {}),
      };
      const neverWas = new Map<string, unknown>();
      for (const [what, ask] of Object.entries(asks)) neverWas.set(what, told(await ask(unknown), unknown));
      for (const [index, ticket] of tickets.entries()) {
        if (!sees(person, ticket)) {
          const [what, ask] = Object.entries(asks)[index % 6] ?? ['read', asks['read']];
          expect([role, ticket.number, what, ask && told(await ask(ticket.id), ticket.id)]).toEqual([role, ticket.number, what, neverWas.get(what)]);
          continue;
        }
        const [asWorker, isChanged] = [seesAsWorker(person, ticket), changes(person, ticket)];
        const statuses = { read: 200, history: asWorker ? 200 : 403, comments: 200, comment: isChanged ? 201 : 403, update: isChanged ? 412 : 403 };
        for (const [what, expected] of Object.entries(statuses)) {
          expect([role, ticket.number, what, (await asks[what]?.(ticket.id))?.status]).toEqual([role, ticket.number, what, expected]);
        }
      }
      const rename = (id: string) => ({ method: 'PATCH', path: `/${id}`, ifMatch: '"1"', body: { subject: 'x' } });
      const operations = [unknown, ...tickets.filter((ticket) => !sees(person, ticket)).map(({ id }) => id)].map(rename);
      const batch = await person.api.post<{ results: { status: number }[] }>('/api/v1/tickets:batch', { mode: 'each', operations });
      expect([role, new Set(batch.body.results.map(({ status }) => status)).size, batch.body.results.length]).toEqual([role, 1, operations.length]);
    }
  });

  it('sees no masked field of theirs, in no answer and no event, and changes no locked one', async () => {
    const streams = await Promise.all(
      people.map(async ({ api }) => followStream(hub.url, (await api.post<{ secret: string }>('/api/v1/tokens', { name: 's' })).body.secret)),
    );
    for (const [index, ticket] of tickets.entries()) {
      const { body } = await hub.api.get<Ticket>(`/api/v1/tickets/${ticket.id}`);
      const description = `Open ${ticket.secret} again ${index}`;
      const changed = await hub.api.patch<Ticket>(`/api/v1/tickets/${ticket.id}`, { description }, { 'if-match': `"${body.version}"` });
      expect(changed.status).toBe(200);
    }
    for (const [place, person] of people.entries()) {
      const seen = tickets.filter((ticket) => sees(person, ticket));
      const stream = streams[place];
      await eventually(async () =>
        seen.every(({ id }) => stream?.seen.some(({ event, data }) => event.endsWith('TicketUpdated') && data.data['ticketId'] === id)),
      );
      const others = stream?.seen.filter(({ event, data }) => event.includes('.tickets.') && !seen.some(({ id }) => id === data.data['ticketId']));
      expect([person.role, others]).toEqual([person.role, []]);
      for (const ticket of seen) {
        const told = [await person.api.get(`/api/v1/tickets/${ticket.id}`), await person.api.get(`/api/v1/tickets/${ticket.id}/history`)];
        const byGrpc = await hub.client(TicketService).getTicket({ id: ticket.number }, as(person));
        const isWhole = seesWhole(person, ticket);
        expect([person.role, ticket.number, JSON.stringify([told, byGrpc]).includes(ticket.secret)]).toEqual([person.role, ticket.number, isWhole]);
        expect(told[0]?.body['masked']).toEqual(isWhole ? [] : ['description', 'resolution']);
      }
      await stream?.close();
    }
    const watch = people.find(({ role }) => role === 'watch') as Person;
    const locked = tickets.find((ticket) => changes(watch, ticket)) as Ticket;
    const refused = await watch.api.patch(
      `/api/v1/tickets/${locked.id}`,
      { impact: 'high', subject: 'x' },
      { 'if-match': `"${locked.version + 1}"` },
    );
    expect(refused.body).toMatchObject({ status: 403, errors: [{ pointer: '/impact' }] });
  });
});

describe('somebody of a team', () => {
  it('sees what their team may see, for as long as they are in it', async () => {
    const post = async (path: string, body: object) =>
      (await hub.api.post<{ id: string; version: number; secret: string }>(`/api/v1/${path}`, body)).body;
    const person = await post('people', { name: 'Ольга' });
    const team = await post('teams', { name: 'Network', members: [{ personId: person.id, role: 'member' }] });
    const condition = `"${team.id}" in me.teamIds && ticket.type == "incident"`;
    await post('roles', { name: 'line', titleEn: 'Line', titleRu: 'Линия', grants: [{ permission: 'tickets.read', condition }] });
    const account = await post('accounts', { login: 'olga', name: 'Ольга', roles: ['line'], personId: person.id });
    const api = hub.api.as((await post('tokens', { name: 's', accountId: account.id })).secret);
    expect(numbersOf(await listAll(api, ''))).toEqual(numbersOf(tickets.filter(({ type }) => type === 'incident')));
    await hub.api.patch(`/api/v1/teams/${team.id}`, { clear: ['members'] }, { 'if-match': `"${team.version}"` });
    await eventually(async () => (await listAll(api, '')).length === 0, { within: 3_000 });
  });
});

describe('why somebody may see and change a ticket, or may not', () => {
  it('is told an administrator by role and by grant, with the part of the condition that was false, as it is', async () => {
    for (const [role, person] of everyone()) {
      for (const ticket of tickets.slice(0, 6)) {
        const { body } = await hub.api.get<AccessExplanation>(`/api/v1/tickets/${ticket.number}/access?account=in-${role}`);
        const { maySee, mayChange, masked } = body;
        const isSeen = sees(person, ticket);
        const hidden = isSeen && !seesWhole(person, ticket) ? ['description', 'resolution'] : [];
        expect([role, ticket.number, maySee, mayChange, masked]).toEqual([role, ticket.number, isSeen, isSeen && changes(person, ticket), hidden]);
        expect(body.reasons.some(({ holds: isSo, permission }) => isSo && permission !== 'tickets.work')).toBe(isSeen);
      }
    }
    const fixer = people.find(({ role }) => role === 'fixer') as Person;
    const foreign = tickets.find(({ assigneeId }) => assigneeId !== undefined && assigneeId !== fixer.id) as Ticket;
    const told = await hub.client(TicketService).explainTicketAccess({ id: foreign.id, account: fixer.id }, as(administrator));
    expect(told.reasons.filter(({ permission }) => permission === 'tickets.read')).toEqual([
      {
        permission: 'tickets.read',
        role: 'fixer',
        holds: false,
        condition: 'ticket.assigneeId == me.id',
        en: `ticket.assigneeId is "${foreign.assigneeId}", needed "${fixer.id}".`,
        ru: `ticket.assigneeId — "${foreign.assigneeId}", а нужно "${fixer.id}".`,
        parts: [
          { text: 'ticket.assigneeId == me.id', value: 'false', depth: 0 },
          { text: 'ticket.assigneeId', value: `"${foreign.assigneeId}"`, depth: 1 },
          { text: 'me.id', value: `"${fixer.id}"`, depth: 1 },
        ],
        without: [],
      },
    ]);
    expect((await fixer.api.get(`/api/v1/tickets/${foreign.id}/access?account=in-fixer`)).status).toBe(403);
  });
});

const administrator = { principal: { kind: 'account', id: randomUUID(), name: 'a', permissions: ['*'] } } satisfies { principal: Principal };

function as({ principal }: Pick<Person, 'principal'>): CallOptions {
  return { deadline: Date.now() + 15_000, principal };
}

const unknown = randomUUID();
/** A problem without what differs from call to call. */
function told({ status, body }: { status: number; body: Record<string, unknown> }, id: string): unknown {
  const { instance: _, traceId: __, ...problem } = body;
  return [status, JSON.stringify(problem).replaceAll(id, 'ID')];
}
