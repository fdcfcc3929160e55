import { randomUUID } from 'node:crypto';
import { type BatchDesk, type Outcome, open, openBatchDesk, rename, statuses, type Ticket } from './batch-desk.ts';

describe.each(['in process', 'gRPC'] as const)('a batch of operations for themselves, with services called %s', (transport) => {
  let desk: BatchDesk;
  beforeAll(async () => {
    desk = await openBatchDesk([], transport);
  });
  afterAll(() => desk.stop());

  it('carries out what it can, and tells of each what its own answer would tell', async () => {
    const ticket = await desk.newTicket();
    const { status, body, headers } = await desk.send([
      open('batched'),
      rename(ticket, 'after', 1),
      rename(ticket, 'lost', 1),
      { method: 'PATCH', path: `/${ticket.id}`, body: { subject: 'x' } },
      { method: 'POST', body: { type: 'bug', subject: '' } },
      { method: 'POST', path: `/${ticket.id}/nowhere`, body: {} },
      { method: 'DELETE', path: `/${ticket.id}` },
      { method: 'POST', path: `/${randomUUID()}/comments`, body: { text: 'hello' } },
      { method: 'POST', path: `/${ticket.id}/comments`, body: { text: 'hello' } },
    ]);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, 'application/json; charset=utf-8', 'no-store']);
    expect(statuses(body)).toEqual([201, 200, 412, 428, 422, 404, 405, 404, 201]);
    const [made, changed, lost, , invalid, unknown] = body.results;
    expect(made).toEqual({
      status: 201,
      etag: '"1"',
      location: `/api/v1/tickets/${made?.body?.id}`,
      body: expect.objectContaining({ subject: 'batched' }),
    });
    expect(changed).toMatchObject({ etag: '"2"', body: { subject: 'after', version: 2 } });
    expect(lost?.problem).toMatchObject({
      type: '/problems/precondition_failed',
      instance: `/api/v1/tickets/${ticket.id}`,
      traceId: expect.any(String),
    });
    expect(invalid?.problem?.errors?.map(({ pointer }) => pointer).sort()).toEqual(['/subject', '/type']);
    expect(unknown?.problem?.type).toBe('/problems/not_found');
    expect(await desk.read(ticket)).toMatchObject({ subject: 'after', version: 2 });
    expect(await desk.read(made?.body as Ticket)).toEqual(made?.body);
  });

  it('keeps the order of those that name the same object', async () => {
    const both = [await desk.newTicket(), await desk.newTicket()];
    const steps = Array.from({ length: 20 }, (_, index) => both.map((ticket) => rename(ticket, `step ${index}`, index + 1))).flat();
    const { body } = await desk.send(steps);
    expect(new Set(statuses(body))).toEqual(new Set([200]));
    expect(await Promise.all(both.map(desk.read))).toMatchObject([
      { version: 21, subject: 'step 19' },
      { version: 21, subject: 'step 19' },
    ]);
  });

  it('has its rights operation by operation', async () => {
    const ticket = await desk.newTicket();
    const requester = await desk.newAccount(`requester-${randomUUID()}`, ['requester']);
    const { body } = await requester.api.post<Outcome>('/api/v1/tickets:batch', { operations: [open('mine'), rename(ticket, 'theirs', 1)] });
    expect(statuses(body)).toEqual([201, 403]);
    expect((await desk.api.as('').post('/api/v1/tickets:batch', { operations: [open('x')] })).status).toBe(401);
  });

  it('sent again under its key does what is left of it, and nothing twice', async () => {
    const [subject, key] = [randomUUID(), { 'idempotency-key': randomUUID() }];
    const ticket = await desk.newTicket();
    const operations = [open(subject), rename(ticket, 'x', 7), open(subject)];
    const first = await desk.send(operations, {}, key);
    expect(statuses(first.body)).toEqual([201, 412, 201]);
    const second = await desk.send(operations, {}, key);
    expect(second.headers.has('idempotent-replayed')).toBe(false);
    expect(second.body.results.map(({ replayed }) => replayed)).toEqual([true, undefined, true]);
    expect(second.body.results[0]?.body).toEqual(first.body.results[0]?.body);
    expect(await desk.countBySubject(subject)).toBe(2);
    const made = [operations[0], operations[2]] as object[];
    await desk.send(made, {}, { 'idempotency-key': `${key['idempotency-key']}-2` });
    expect((await desk.send(made, {}, { 'idempotency-key': `${key['idempotency-key']}-2` })).headers.get('idempotent-replayed')).toBe('true');
    const changed = await desk.send([open('another'), rename(ticket, 'x', 7), open(subject)], {}, key);
    expect(statuses(changed.body)).toEqual([422, 412, 201]);
  });

  it('takes operations that one transaction cannot take', async () => {
    const gone = `/tickets/dead-letters/${randomUUID()}/replay`;
    const operations = [
      { method: 'POST', path: gone },
      { method: 'POST', path: '/nobody/dead-letters/x/replay' },
    ];
    const { status, body } = await desk.api.post<Outcome>('/api/v1/operations:batch', { operations });
    expect([status, statuses(body)]).toEqual([200, [404, 422]]);
    const together = await desk.api.post<Outcome>('/api/v1/operations:batch?mode=all', { operations: operations.slice(0, 1) });
    expect([together.status, together.body.errors]).toEqual([422, [{ pointer: '/operations/0', message: expect.stringContaining('mode each') }]]);
  });
});

describe('a sender of batches', () => {
  it('is counted by operations, and told before anything is done that there were too many', async () => {
    const desk = await openBatchDesk([], 'in process', { OPORA_RATE_PER_TOKEN: '50' });
    const token = (await desk.api.post<{ secret: string }>('/api/v1/tokens', { name: 'batches' })).body.secret;
    const send = (count: number) =>
      desk.api.as(token).post<Outcome>('/api/v1/tickets:batch', { operations: Array.from({ length: count }, () => open('counted')) });
    expect((await send(30)).status).toBe(200);
    const tooMany = await send(30);
    expect([tooMany.status, Number(tooMany.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await desk.countBySubject('counted')).toBe(30);
    await desk.stop();
  });
});
