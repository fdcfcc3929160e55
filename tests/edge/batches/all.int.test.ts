import { randomUUID } from 'node:crypto';
import { sql } from '../../../platform/postgres/sql.ts';
import { all, type BatchDesk, type Outcome, open, openBatchDesk, pointers, rename, statuses, type Ticket } from './batch-desk.ts';

describe.each(['in process', 'gRPC'] as const)('a batch that is one transaction, with services called %s', (transport) => {
  let desk: BatchDesk;
  beforeAll(async () => {
    desk = await openBatchDesk([], transport);
  });
  afterAll(() => desk.stop());

  it('carries out all, each seeing what those before it wrote, and its events come in order', async () => {
    const ticket = await desk.newTicket();
    const { status, body } = await desk.send(
      [
        open('a'),
        rename(ticket, 'b', 1),
        rename(ticket, 'c', 2),
        { method: 'POST', path: `/${ticket.id}/transitions`, ifMatch: '"3"', body: { transition: 'start' } },
        { method: 'POST', path: `/${ticket.id}/comments`, body: { text: 'under way' } },
        open('d'),
      ],
      all,
    );
    expect([status, statuses(body)]).toEqual([200, [201, 200, 200, 200, 201, 201]]);
    expect(body.results[3]).toMatchObject({ etag: '"4"', body: { subject: 'c', status: 'in_progress' } });
    expect(body.results[5]).toMatchObject({ etag: '"1"', location: `/api/v1/tickets/${body.results[5]?.body?.id}` });
    expect(await desk.read(ticket)).toMatchObject({ version: 4, subject: 'c' });
    const ids = [body.results[0]?.body?.id ?? '', ticket.id, body.results[5]?.body?.id ?? ''];
    const told = await desk.eventsOf(ids, 7);
    expect(told).toEqual([
      '1 TicketOpened',
      '0 TicketOpened',
      '1 TicketUpdated',
      '1 TicketUpdated',
      '1 TicketTransitioned',
      '1 CommentAdded',
      '2 TicketOpened',
    ]);
    const history = (await desk.api.get<{ items: { action: string }[] }>(`/api/v1/tickets/${ticket.id}/history`)).body.items;
    expect(history.map(({ action }) => action)).toEqual(['created', 'updated', 'updated', 'transitioned', 'commented']);
  });

  it('leaves nothing behind when one in the middle fails, and tells of each whether it failed or was undone', async () => {
    const ticket = await desk.newTicket();
    const before = await desk.countRows();
    const { status, headers, body } = await desk.send(
      [open('a'), rename(ticket, 'b', 1), { ...open('c'), idempotencyKey: 'c' }, rename(ticket, 'd', 1), open('e')],
      all,
      { 'idempotency-key': randomUUID() },
    );
    expect([status, headers.get('content-type')]).toEqual([409, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({ type: '/problems/conflict', status: 409, instance: '/api/v1/tickets:batch', traceId: expect.any(String) });
    expect(body.errors).toEqual([{ pointer: '/operations/3', message: expect.stringContaining('changed meanwhile') }]);
    expect(statuses(body)).toEqual([409, 409, 409, 412, 409]);
    expect(body.results[3]?.problem).toMatchObject({ type: '/problems/precondition_failed', detail: expect.stringContaining('version 2, not 1') });
    for (const place of [0, 1, 2, 4]) {
      expect(body.results[place]?.problem).toMatchObject({
        type: '/problems/undone',
        detail: expect.stringContaining('Operation 3'),
        errors: [{ pointer: '/operations/3', message: 'failed' }],
      });
    }
    expect(await desk.countRows()).toEqual(before);
    expect(await desk.read(ticket)).toMatchObject({ version: 1, subject: 'before' });
  });

  it('names every operation that cannot be carried out before it begins', async () => {
    const requester = await desk.newAccount(`requester-${randomUUID()}`, ['requester']);
    const ticket = await desk.newTicket();
    const before = await desk.countRows();
    const { status, body } = await requester.api.post<Outcome>('/api/v1/tickets:batch', {
      ...all,
      operations: [
        open('fine'),
        { method: 'POST', body: { type: 'bug', subject: 'x', externalReference: { system: '' } } },
        rename(ticket, 'not mine', 1),
        { method: 'PUT', path: `/${ticket.id}`, body: {} },
        { method: 'POST', path: `/${'9'.repeat(80)}/comments`, body: { text: 'x' } },
      ],
    });
    expect([status, statuses(body)]).toEqual([422, [409, 422, 403, 405, 422]]);
    expect(body.detail).toContain('Operation 1 and 3 more failed');
    expect(pointers(body)).toEqual(
      expect.arrayContaining([
        '/operations/1/body/type',
        '/operations/1/body/externalReference/id',
        '/operations/2',
        '/operations/3',
        '/operations/4/path',
      ]),
    );
    expect(body.results[1]?.problem?.errors?.map(({ pointer }) => pointer)).toContain('/type');
    expect(await desk.countRows()).toEqual(before);
  });

  it('brings back the pointers of what only the service can refuse', async () => {
    const ticket = await desk.newTicket();
    const resolve = { method: 'POST', path: `/${ticket.id}/transitions`, ifMatch: '"1"', body: { transition: 'resolve' } };
    const { status, body } = await desk.send([open('a'), resolve], all);
    expect([status, statuses(body)]).toEqual([422, [409, 422]]);
    expect(pointers(body)).toEqual(['/operations/1/body/resolution']);
    expect(body.results[1]?.problem?.errors?.map(({ pointer }) => pointer)).toEqual(['/resolution']);
  });

  it('is as forgiving as single calls: the same reference is the same ticket, a key used before gives its answer', async () => {
    const [system, key] = [randomUUID(), randomUUID()];
    const known = await desk.api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'known' }, { 'idempotency-key': key });
    const referenced = open('referenced', { externalReference: { system, id: '1' } });
    const { status, body } = await desk.send([referenced, { ...open('known'), idempotencyKey: key }, referenced, open('last')], all);
    expect([status, statuses(body)]).toEqual([200, [201, 201, 201, 201]]);
    expect(body.results[2]?.body).toEqual(body.results[0]?.body);
    expect(body.results[1]).toMatchObject({ replayed: true, body: { id: known.body.id } });
  });

  it('gives its first answer again under its key, and refuses another batch under it', async () => {
    const [subject, key] = [randomUUID(), { 'idempotency-key': randomUUID() }];
    const operations = [open(subject), open(subject)];
    const answers = await Promise.all([desk.send(operations, all, key), desk.send(operations, all, key), desk.send(operations, all, key)]);
    const drawn = () => desk.database('tickets').query(sql`select last_value from ticket_number_incident`);
    const before = await drawn();
    const last = await desk.send(operations, all, key);
    expect(await drawn()).toEqual(before);
    expect(new Set([...answers, last].map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect([...answers, last].filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(3);
    expect(await desk.countBySubject(subject)).toBe(2);
    expect(await desk.send([open(subject)], all, key)).toMatchObject({ status: 422, body: { type: '/problems/invalid_input' } });
  });

  it('keeps no secret for the sake of its key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const operations = [
      { method: 'POST', body: { name: 'one' } },
      { method: 'POST', body: { name: 'two' } },
    ];
    const ask = () => desk.api.post<{ results: { body: { id: string; secret?: string } }[] }>('/api/v1/tokens:batch', { ...all, operations }, key);
    const [first, second] = [await ask(), await ask()];
    expect(first.body.results.map(({ body }) => body.secret)).toEqual([expect.stringMatching(/^opora_/), expect.stringMatching(/^opora_/)]);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.body.results.map(({ body }) => [body.id, body.secret ?? ''])).toEqual(first.body.results.map(({ body }) => [body.id, '']));
    const kept = await desk.database('directory').query<{ answer: Buffer }>(sql`select answer from idempotency`);
    expect(kept.filter(({ answer }) => answer.includes('opora_'))).toEqual([]);
  });

  it('carries a thousand', async () => {
    const subject = randomUUID();
    const { status, body } = await desk.send(
      Array.from({ length: 1000 }, () => open(subject)),
      all,
    );
    expect([status, body.results.length, new Set(body.results.map((result) => result.body?.number)).size]).toEqual([200, 1000, 1000]);
    expect(await desk.countBySubject(subject)).toBe(1000);
  });
});
