import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { type Api, eventually } from '../mesh/api.ts';

interface Ticket {
  id: string;
  status: string;
  version: number;
  priority: string;
  resolution?: string;
}
interface Approval {
  id: string;
  state: string;
  policyVersion: number;
  stages: { state: string; approvers: string[]; needed: number; explanation?: string; votes: { name: string; decision: string }[] }[];
}

let hub: EdgeHub;
let api: Api;
let [ann, bob, eve]: { id: string; api: Api }[] = [];
beforeAll(async () => {
  hub = await startHub(['tickets']);
  api = hub.api;
  [ann, bob, eve] = [
    await hub.newAccount('ann', ['requester']),
    await hub.newAccount('bob', ['requester']),
    await hub.newAccount('eve', ['requester']),
  ];
});
afterAll(() => hub.stop());

const at = (version: number) => ({ 'if-match': `"${version}"` });
const read = async (id: string) => (await api.get<Ticket>(`/api/v1/tickets/${id}`)).body;
const approvalsOf = async (id: string, by = api) => (await by.get<{ items: Approval[] }>(`/api/v1/tickets/${id}/approvals`)).body.items;
const waitingFor = async (by: Api) => (await by.get<{ items: Approval[] }>('/api/v1/approvals')).body.items;
const decide = (by: Api, { id }: Approval, decision: string, comment?: string) =>
  by.post<Approval>(`/api/v1/approvals/${id}/decisions`, { decision, comment });

async function publish(kind: string, name: string, content: object): Promise<number> {
  const path = `/api/v1/catalog/${kind}/${name}`;
  const draft = await api.post<{ version: number }>(`${path}/draft`, { content });
  const { status, body } = await api.post<{ version: number }>(`${path}:publish`, {}, at(draft.body.version));
  expect([status, body]).toEqual([200, expect.anything()]);
  await eventually(async () => {
    const values = [kind, name, body.version];
    return (
      (
        await hub
          .database('tickets')
          .query({ strings: ['select 1 from known_definition where kind = ', ' and name = ', ' and version = ', '::int'], values })
      ).length > 0
    );
  });
  return body.version;
}

const label = { ru: 'Согласие', en: 'Agreement' };
const stage = (accounts: string[], more: object = {}) => ({
  title: label,
  approvers: accounts.map((value) => ({ kind: 'account', value })),
  needs: 'all',
  ...more,
});
const flow = (policy: string) => ({
  title: label,
  ticketTypes: ['request'],
  initial: 'new',
  statuses: {
    new: { phase: 'open', name: label },
    asked: { phase: 'paused', name: label, approval: { policy, approved: 'grant', rejected: 'refuse' } },
    granted: { phase: 'active', name: label },
    done: { phase: 'closed', name: label },
  },
  transitions: {
    ask: { from: ['new'], to: 'asked', name: label, by: ['worker'] },
    grant: { from: ['asked'], to: 'granted', name: label, by: ['rule'] },
    refuse: { from: ['asked'], to: 'done', name: label, by: ['rule'], requires: ['resolution'] },
    withdraw: { from: ['asked'], to: 'new', name: label, by: ['worker'] },
    finish: { from: ['granted'], to: 'done', name: label, by: ['worker'] },
  },
});

/** A ticket that is asked for, by a policy with these stages. */
async function ask(name: string, stages: object[], ticket: object = {}): Promise<Ticket> {
  await publish('approval-policies', name, { title: label, stages });
  await publish('lifecycles', name, flow(name));
  const made = (await api.post<Ticket>('/api/v1/tickets', { type: 'request', subject: 'Доступ', lifecycle: name, ...ticket })).body;
  return (await api.post<Ticket>(`/api/v1/tickets/${made.id}/transitions`, { transition: 'ask' }, at(made.version))).body;
}
const asked = async (by: Api, ticket: Ticket) =>
  eventually(async () => {
    const mine = await waitingFor(by);
    const [approval] = await approvalsOf(ticket.id);
    return mine.some(({ id }) => id === approval?.id) ? approval : undefined;
  });

describe('a ticket that needs agreement', () => {
  it('goes on when all have agreed, stage by stage, and only those who are asked may', async () => {
    const ticket = await ask('two-stages', [
      stage([ann?.id ?? '', bob?.id ?? '']),
      stage([eve?.id ?? ''], { needs: 'any', condition: 'ticket.impact == "high"' }),
      stage([eve?.id ?? '']),
    ]);
    if (!ann || !bob || !eve) throw new Error('There is nobody to ask.');
    const approval = await asked(ann.api, ticket);
    expect(approval).toMatchObject({ state: 'running', policyVersion: 1, stages: [{ state: 'running', needed: 2 }] });
    expect(await waitingFor(eve.api)).toEqual([]);
    expect((await decide(eve.api, approval, 'approve')).status).toBe(404);
    expect((await eve.api.get(`/api/v1/tickets/${ticket.id}/approvals`)).status).toBe(404);
    const both = await Promise.all([decide(ann.api, approval, 'approve', 'Да'), decide(bob.api, approval, 'approve')]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await decide(ann.api, approval, 'approve')).status).toBe(409);
    const last = await asked(eve.api, ticket);
    expect(last.stages.map(({ state }) => state)).toEqual(['approved', 'skipped', 'running']);
    expect((await read(ticket.id)).status).toBe('asked');
    expect((await decide(eve.api, last, 'approve')).body.state).toBe('approved');
    expect(await read(ticket.id)).toMatchObject({ status: 'granted', version: 3 });
    expect((await approvalsOf(ticket.id, ann.api)).map(({ state }) => state)).toEqual(['approved']);
  });

  it('ends with the word of whoever rejects it', async () => {
    if (!ann) throw new Error('There is nobody to ask.');
    const ticket = await ask('rejected', [stage([ann.id])]);
    const approval = await asked(ann.api, ticket);
    expect((await decide(ann.api, approval, 'reject')).status).toBe(422);
    expect((await decide(ann.api, approval, 'reject', 'Не положено')).body.state).toBe('rejected');
    expect(await read(ticket.id)).toMatchObject({ status: 'done', resolution: 'Не положено' });
  });

  it('asks nobody any more when it goes on otherwise', async () => {
    if (!ann) throw new Error('There is nobody to ask.');
    const ticket = await ask('withdrawn', [stage([ann.id])]);
    const approval = await asked(ann.api, ticket);
    await api.post(`/api/v1/tickets/${ticket.id}/transitions`, { transition: 'withdraw' }, at(ticket.version));
    expect(await waitingFor(ann.api)).toEqual([]);
    expect((await decide(ann.api, approval, 'approve')).status).toBe(409);
    expect((await approvalsOf(ticket.id)).map(({ state }) => state)).toEqual(['withdrawn']);
  });

  it('is decided by its time, after a reminder, when nobody does; a role asks those who have it, and not the caller', async () => {
    if (!ann || !bob) throw new Error('There is nobody to ask.');
    const ticket = await ask(
      'late',
      [
        {
          ...stage([]),
          approvers: [{ kind: 'role', value: 'requester' }],
          needs: 'any',
          withoutCaller: true,
          remindAfter: 'PT1S',
          expiresAfter: 'PT2S',
          onExpiry: 'approve',
        },
      ],
      { callerId: ann.id },
    );
    const approval = await asked(bob.api, ticket);
    expect(approval.stages[0]?.approvers).toContain(bob.id);
    expect(approval.stages[0]?.approvers).not.toContain(ann.id);
    await eventually(async () => (await read(ticket.id)).status === 'granted');
    expect((await approvalsOf(ticket.id))[0]?.stages[0]).toMatchObject({ state: 'approved', explanation: 'Nobody decided in time.' });
    const told = await hub.database('tickets').query<{ reminder: boolean }>({
      strings: [
        `select (data->>'reminder')::boolean as reminder from bus_log where type = 'opora.tickets.v1.ApprovalRequested' and key = `,
        ' order by pos',
      ],
      values: [ticket.id],
    });
    expect(told.map(({ reminder }) => reminder).slice(0, 2)).toEqual([false, true]);
  });

  it('asks whom its caller reports to', async () => {
    const person = async (name: string, more: object = {}) => (await api.post<{ id: string }>('/api/v1/people', { name, ...more })).body.id;
    const account = async (login: string, personId: string) => {
      const { body } = await api.post<{ id: string }>('/api/v1/accounts', { login, name: login, roles: ['requester'], personId });
      const token = await api.post<{ secret: string }>('/api/v1/tokens', { name: 'test', accountId: body.id });
      return { id: body.id, api: api.as(token.body.secret) };
    };
    const head = await person('Главная');
    const [chief, worker] = [await account('chief', head), await account('worker', await person('Рядовой', { managerId: head }))];
    const ticket = await ask('by-manager', [{ ...stage([]), approvers: [{ kind: 'manager_of_caller' }] }], { callerId: worker.id });
    const approval = await asked(chief.api, ticket);
    expect(approval.stages[0]?.approvers).toEqual([chief.id]);
    expect((await decide(chief.api, approval, 'approve')).body.state).toBe('approved');
  });

  it('cannot ask by a policy that names nobody, and a lifecycle cannot name a policy that there is not', async () => {
    const check = (kind: string, content: object) =>
      api.post<{ findings: { severity: string; pointer: string }[] }>(`/api/v1/catalog/${kind}/any:check`, { content });
    const { body } = await check('approval-policies', { title: label, stages: [{ ...stage([]), approvers: [{ kind: 'role', value: 'nobody' }] }] });
    expect(body.findings).toMatchObject([{ severity: 'error', pointer: '/stages/0/approvers/0/value' }]);
    expect((await check('lifecycles', flow('nothing'))).body.findings).toMatchObject([
      { severity: 'error', pointer: '/statuses/asked/approval/policy' },
    ]);
  });
});

describe('a priority matrix', () => {
  it('ranks new tickets by its newest version, old ones by theirs, and tells beforehand what would change', async () => {
    const old = (await api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'x', impact: 'low', urgency: 'low' })).body;
    const path = '/api/v1/catalog/priority-matrices/default';
    const { content } = (await api.get<{ content: Record<string, Record<string, string>> }>(path)).body;
    content['low'] = { ...content['low'], low: 'low' };
    const tried = await api.post<{ cases: number; differences: { what: { en: string } }[] }>(`${path}:try`, { content });
    expect(tried.body.differences.map(({ what }) => what.en)).toEqual(['planning → low']);
    await publish('priority-matrices', 'default', content);
    const young = (await api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'x', impact: 'low', urgency: 'low' })).body;
    expect([old.priority, young.priority]).toEqual(['planning', 'low']);
    const raised = (await api.patch<Ticket>(`/api/v1/tickets/${old.id}`, { urgency: 'medium' }, at(old.version))).body;
    expect((await api.patch<Ticket>(`/api/v1/tickets/${old.id}`, { urgency: 'low' }, at(raised.version))).body.priority).toBe('planning');
  });
});
