import { type EdgeHub, startHub } from '../edge/start-hub.ts';
import { type Api, eventually } from '../mesh/api.ts';

interface Ticket {
  id: string;
  number: string;
  status: string;
  version: number;
  lifecycle: string;
  lifecycleVersion: number;
  assigneeId?: string;
  transitions: string[];
}
interface Choice {
  transition: string;
  possible: boolean;
  gives: string[];
  obstacles: { kind: string; what: string; message: { ru: string; en: string } }[];
}
interface Content {
  title: { ru: string; en: string };
  initial: string;
  statuses: Record<string, unknown>;
  transitions: Record<string, Record<string, unknown>>;
  timers?: Record<string, unknown>;
}

let hub: EdgeHub;
let api: Api;
beforeAll(async () => {
  hub = await startHub(['tickets', 'sla']);
  api = hub.api;
});
afterAll(() => hub.stop());

const at = (version: number) => ({ 'if-match': `"${version}"` });
const open = async (fields: object) => (await api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'Нет связи', ...fields })).body;
const read = async (id: string) => (await api.get<Ticket>(`/api/v1/tickets/${id}`)).body;
const step = ({ id, version }: Ticket, transition: string, more: object = {}, by = api) =>
  by.post<Ticket & { detail: string }>(`/api/v1/tickets/${id}/transitions`, { transition, ...more }, at(version));
const choicesOf = async ({ id }: Ticket, by = api) =>
  new Map((await by.get<{ items: Choice[] }>(`/api/v1/tickets/${id}/transitions`)).body.items.map((choice) => [choice.transition, choice]));

/** Publishes a lifecycle, new or the next version, and waits until tickets begin with it. */
async function publish(name: string, from: string, change: (content: Content) => void): Promise<number> {
  const { content } = (await api.get<{ content: Content }>(`/api/v1/catalog/lifecycles/${from}`)).body;
  change(content);
  const draft = await api.post<{ version: number }>(`/api/v1/catalog/lifecycles/${name}/draft`, { content });
  const { status, body } = await api.post<{ version: number }>(`/api/v1/catalog/lifecycles/${name}:publish`, {}, at(draft.body.version));
  expect([status, body]).toEqual([200, expect.objectContaining({ version: expect.any(Number) })]);
  await eventually(async () => {
    const known = await hub.database('tickets').query<{ version: number }>({
      strings: ['select version from known_definition where name = ', ' and version = ', '::int'],
      values: [name, body.version],
    });
    return known.length > 0;
  });
  return body.version;
}

describe('a ticket', () => {
  it('stays with the version of the lifecycle that it began with', async () => {
    const before = await open({ type: 'task' });
    const version = await publish('task', 'task', (content) => {
      content.transitions['skip'] = { ...content.transitions['cancel'], from: ['new'] };
    });
    const after = await open({ type: 'task' });
    expect([before.lifecycleVersion, after.lifecycleVersion]).toEqual([version - 1, version]);
    expect([before.transitions.includes('skip'), after.transitions.includes('skip')]).toEqual([false, true]);
    expect((await step(before, 'skip')).status).toBe(409);
    expect((await step(after, 'skip')).body.status).toBe('cancelled');
  });

  it('may name its lifecycle, if that is for its type', async () => {
    const emergency = await open({ type: 'change', lifecycle: 'change-emergency', description: 'Горит' });
    expect(emergency).toMatchObject({ lifecycle: 'change-emergency', lifecycleVersion: 1, transitions: ['ask_approval', 'cancel'] });
    for (const lifecycle of ['change-emergency', 'nothing']) {
      const refused = await api.post<{ errors: { pointer: string }[] }>('/api/v1/tickets', { type: 'incident', subject: 'x', lifecycle });
      expect([refused.status, refused.body.errors[0]?.pointer]).toEqual([422, '/lifecycle']);
    }
  });

  it('is told why each step cannot be taken now, by the part of the condition that is false', async () => {
    const change = await open({ type: 'change', lifecycle: 'change-normal' });
    const assessed = (await step(change, 'assess')).body;
    const { obstacles = [], possible } = (await choicesOf(assessed)).get('ask_approval') ?? {};
    expect(possible).toBe(false);
    expect(obstacles.map(({ kind, what }) => `${kind} ${what}`)).toEqual([
      'field description',
      'guard ticket.hasAssignee',
      'guard ticket.hasPlannedWindow',
    ]);
    expect(obstacles[1]?.message.ru).toBe('Сначала назначьте исполнителя.');
    expect((await step(assessed, 'ask_approval')).status).toBe(422);
    const ready = await api.patch<Ticket>(
      `/api/v1/tickets/${change.id}`,
      { description: 'Замена', assigneeId: change.id, plannedStart: '2031-01-01T00:00:00Z', plannedEnd: '2031-01-01T02:00:00Z' },
      at(assessed.version),
    );
    expect((await choicesOf(ready.body)).get('ask_approval')).toMatchObject({ possible: true, obstacles: [] });
    const asked = (await step(ready.body, 'ask_approval')).body;
    // Whether it is approved is not a worker's word, but that of the change advisory board.
    expect((await choicesOf(asked)).get('approve')?.obstacles.map(({ kind, what }) => `${kind} ${what}`)).toEqual(['capacity rule']);
  });

  it('cannot be approved by the one for whom it is', async () => {
    const { id, api: engineer } = await hub.newAccount('engineer', ['agent']);
    const change = (
      await engineer.post<Ticket>('/api/v1/tickets', {
        type: 'change',
        subject: 'Порт',
        description: 'x',
        lifecycle: 'change-emergency',
        callerId: id,
      })
    ).body;
    const asked = (await step(change, 'ask_approval', {}, engineer)).body;
    expect((await step(asked, 'approve', {}, engineer)).body.detail).toBe('You cannot approve a change of your own.');
    expect((await choicesOf(asked, engineer)).get('approve')?.obstacles.map(({ what }) => what)).toEqual(['!actor.isCaller']);
    expect((await step(asked, 'approve')).body.status).toBe('in_progress');
  });

  it('has its fields changed by a step, and its clocks follow', async () => {
    await publish('incident-major', 'incident', (content) => {
      content.transitions['escalate'] = {
        ...content.transitions['start'],
        name: { ru: 'Крупный', en: 'Major' },
        actions: [
          { action: 'set', field: 'impact', value: 'high' },
          { action: 'set', field: 'urgency', value: 'high' },
          { action: 'assign_to_actor' },
        ],
      };
    });
    const ticket = await open({ lifecycle: 'incident-major' });
    const escalated = (await step(ticket, 'escalate')).body as unknown as Record<string, unknown>;
    expect(escalated).toMatchObject({ status: 'in_progress', impact: 'high', priority: 'critical', assigneeId: expect.stringMatching(/./) });
    await eventually(async () => {
      const { body } = await api.get<{ items: { kind: string; definitionName: string }[] }>(`/api/v1/tickets/${ticket.id}/clocks`);
      return body.items.some(({ kind, definitionName }) => kind === 'resolution' && definitionName === 'Критичный приоритет');
    });
  });

  it('takes a step by itself after silence, and waits anew with whatever is done', async () => {
    await publish('incident-quick', 'incident', (content) => {
      content.timers = { auto_close: { in: ['resolved'], after: 'PT2S', since: 'silence', take: 'close' } };
    });
    const ticket = await open({ lifecycle: 'incident-quick' });
    const solved = (await step(ticket, 'resolve', { resolution: 'Перезагрузка' })).body;
    const reopened = (await step(solved, 'reopen')).body;
    const timers = () =>
      hub
        .database('tickets')
        .query<{ due_at: Date }>({ strings: ['select due_at from timer where key = ', ''], values: [`lifecycle:${ticket.id}:auto_close`] });
    expect(await timers()).toEqual([]);
    await step(reopened, 'resolve', { resolution: 'Замена кабеля' });
    const [first] = await timers();
    await api.post(`/api/v1/tickets/${ticket.id}/comments`, { text: 'Проверяю' });
    const [second] = await timers();
    expect(second?.due_at.getTime()).toBeGreaterThan(first?.due_at.getTime() ?? Infinity);
    const closed = await eventually(async () => {
      const now = await read(ticket.id);
      return now.status === 'closed' ? now : undefined;
    });
    expect(closed.version).toBe(5);
    const { body } = await api.get<{ items: { actorId: string; explanation?: string }[] }>(`/api/v1/tickets/${ticket.id}/history`);
    expect(body.items.at(-1)).toMatchObject({ actorId: 'tickets', explanation: expect.stringContaining('"auto_close"') });
    expect(await timers()).toEqual([]);
  });

  it('tells of a draft what it would have refused in the past', async () => {
    const { content } = (await api.get<{ content: Content }>('/api/v1/catalog/lifecycles/incident-quick')).body;
    delete content.transitions['reopen'];
    content.transitions['close'] = {
      ...content.transitions['close'],
      guards: [{ condition: 'ticket.hasService', message: { ru: 'Нет услуги.', en: 'No service.' } }],
    };
    const { body } = await api.post<{ cases: number; same: number; differences: { what: { en: string }; count: number }[] }>(
      '/api/v1/catalog/lifecycles/incident-quick:try',
      { content },
    );
    expect(body.cases).toBe(body.same + 1);
    expect(body.differences.map(({ what, count }) => `${count} ${what.en}`).sort()).toEqual([
      '1 No step leads from resolved to in_progress.',
      '1 resolved → closed: No service.',
    ]);
  });

  it('is moved to another version when somebody says what becomes of its status', async () => {
    await publish('errand', 'task', () => undefined);
    const ticket = await open({ type: 'task', lifecycle: 'errand' });
    await step(ticket, 'wait');
    const version = await publish('errand', 'errand', (content) => {
      const { waiting, ...statuses } = content.statuses;
      content.statuses = { ...statuses, on_hold: waiting };
      content.transitions = JSON.parse(JSON.stringify(content.transitions).replaceAll('"waiting"', '"on_hold"'));
    });
    const begin = (statuses: object) =>
      api.post<{ id: string; errors: { pointer: string }[] }>('/api/v1/lifecycle-moves', { lifecycle: 'errand', toVersion: version, statuses });
    expect((await begin({ new: 'nowhere' })).body.errors.map(({ pointer }) => pointer)).toEqual(['/statuses/new', '/statuses/waiting']);
    const move = await begin({ waiting: 'on_hold' });
    expect(move.status).toBe(201);
    expect((await begin({ waiting: 'on_hold' })).status).toBe(409);
    await eventually(async () => (await api.get<{ state: string }>(`/api/v1/lifecycle-moves/${move.body.id}`)).body.state === 'done');
    expect(await read(ticket.id)).toMatchObject({ status: 'on_hold', lifecycleVersion: version, version: 3 });
  });
});
