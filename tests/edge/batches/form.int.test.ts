import { randomUUID } from 'node:crypto';
import { all, type BatchDesk, type Outcome, open, openBatchDesk, pointers, type Result, rename, statuses, type Ticket } from './batch-desk.ts';

describe.each(['in process', 'gRPC'] as const)('batches, with services called %s', (transport) => {
  let desk: BatchDesk;
  beforeAll(async () => {
    desk = await openBatchDesk(['cmdb', 'sla'], transport, { OPORA_BODY_BYTES: String(16 * 1024 * 1024) });
  });
  afterAll(() => desk.stop());

  it('is refused as a whole, with every mistake', async () => {
    const before = await desk.countRows();
    const { status, body } = await desk.send([open('x'), { method: 'GET', path: '/1', ifmatch: '"1"' }, { path: 'transitions' }], { mode: 'some' });
    expect([status, body.type]).toEqual([422, '/problems/invalid_input']);
    expect(pointers(body).sort()).toEqual(
      ['/mode', '/operations/1/ifmatch', '/operations/1/method', '/operations/2/method', '/operations/2/path'].sort(),
    );
    expect(pointers((await desk.send([])).body)).toEqual(['/operations']);
    const many = await desk.send(Array.from({ length: 1001 }, () => open('many')));
    expect([many.status, many.body.errors?.[0]?.message]).toEqual([422, expect.stringContaining('at most 1000')]);
    expect(await desk.countRows()).toEqual(before);
  });

  it('says its mode once, in the body or in the query', async () => {
    const path = '/api/v1/tickets:batch?mode=all';
    expect((await desk.api.post<Outcome>(path, { operations: [open('x'), { method: 'DELETE', path: '/1' }] })).status).toBe(422);
    expect((await desk.api.post<Outcome>(path, { mode: 'each', operations: [open('x')] })).body.errors?.[0]?.pointer).toBe('/mode');
    expect((await desk.api.post<Outcome>('/api/v1/tickets:batch?mode=some&x=1', { operations: [open('x')] })).body.errors?.length).toBe(2);
  });

  it('has no place where nothing can be changed, and takes nothing but POST', async () => {
    for (const path of ['/api/v1/sla/clocks', '/api/v1/cmdb/graph', '/api/v1/me'])
      expect((await desk.api.post(`${path}:batch`, { operations: [open('x')] })).status).toBe(404);
    const answer = await desk.api.get('/api/v1/tickets:batch');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
  });

  it('is there for every resource that can be changed, and described', async () => {
    const { paths } = (await desk.api.get<{ paths: Record<string, unknown> }>('/api/openapi.json')).body;
    const described = Object.keys(paths).filter((path) => path.endsWith(':batch'));
    expect(described).toEqual(expect.arrayContaining(['/api/v1/tickets:batch', '/api/v1/cmdb/items:batch', '/api/v1/sla/calendars:batch']));
    const name = randomUUID();
    const items = await desk.api.post<Outcome>('/api/v1/cmdb/items:batch', {
      ...all,
      operations: [1, 2].map((index) => ({ method: 'POST', body: { class: 'server', name: `${name} ${index}` } })),
    });
    expect(statuses(items.body)).toEqual([201, 201]);
    const [from, to] = items.body.results.map(({ body }) => body?.id ?? '');
    const relate = { method: 'POST', body: { type: 'depends_on', fromId: from, toId: to } };
    const related = await desk.api.post<Outcome>('/api/v1/cmdb/relations:batch', { ...all, operations: [relate] });
    expect(statuses(related.body)).toEqual([201]);
    const again = await desk.api.post<Outcome>('/api/v1/cmdb/relations:batch', {
      operations: [relate, { method: 'DELETE', path: `/${related.body.results[0]?.body?.id}` }],
    });
    expect(again.body.results.map(({ status, body }) => [status, body])).toEqual([
      [409, undefined],
      [204, undefined],
    ]);
  });

  it('says clearly of one transaction that it is too much for one message, before anything is done', async () => {
    const description = '🛠'.repeat(20_000);
    const before = await desk.countRows();
    const tooMuch = await desk.send(
      Array.from({ length: 60 }, () => open('large', { description })),
      all,
    );
    expect(tooMuch).toMatchObject({ status: 422, body: { type: '/problems/invalid_input', detail: expect.stringContaining('4194304') } });
    expect(await desk.countRows()).toEqual(before);

    const made: Result[] = [];
    for (const count of [30, 30])
      made.push(
        ...(
          await desk.send(
            Array.from({ length: count }, () => open('large', { description })),
            all,
          )
        ).body.results,
      );
    const tickets = made.map(({ body }) => body as Ticket);
    const large = await desk.countRows();
    const changes = tickets.map((ticket) => rename(ticket, 'changed', 1));
    expect(await desk.send(changes, all)).toMatchObject({ status: 422, body: { detail: expect.stringContaining('Send them in parts') } });
    expect(await desk.countRows()).toEqual(large);
    expect(new Set(statuses((await desk.send(changes)).body))).toEqual(new Set([200]));
  });
});
