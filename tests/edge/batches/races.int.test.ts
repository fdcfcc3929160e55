import { randomUUID } from 'node:crypto';
import { BatchService } from '../../../generated/opora/batch/v1/batch.ts';
import { eventually } from '../../mesh/api.ts';
import { all, type BatchDesk, type Outcome, open, openBatchDesk, rename, statuses, type Ticket } from './batch-desk.ts';

describe.each(['in process', 'gRPC'] as const)('batches at once, with services called %s', (transport) => {
  let desk: BatchDesk;
  beforeAll(async () => {
    desk = await openBatchDesk(['cmdb'], transport);
  });
  afterAll(() => desk.stop());

  it('is seen by nobody and announced to nobody before its end, and holds up nobody who opens a ticket', async () => {
    const [free, held] = [await desk.newTicket(), await desk.newTicket()];
    const lock = await desk.hold('tickets', 'ticket', held.id);
    const answer = desk.send([rename(free, 'x', 1), open('inside'), rename(held, 'y', 1), open('inside')], all);
    await lock.untilWaiting(1);
    expect(await desk.read(free)).toMatchObject({ version: 1 });
    const outside = await desk.api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: 'outside' });
    expect(outside.status).toBe(201);
    expect(await desk.eventsOf([free.id, outside.body.id], 2)).toEqual(['0 TicketOpened', '1 TicketOpened']);
    await lock.release();
    const { status, body } = await answer;
    expect(status).toBe(200);
    const ids = [free.id, body.results[1]?.body?.id ?? '', held.id, body.results[3]?.body?.id ?? ''];
    expect((await desk.eventsOf(ids, 6)).slice(2)).toEqual(['0 TicketUpdated', '1 TicketOpened', '2 TicketUpdated', '3 TicketOpened']);
  });

  it('has one winner when two name the same objects in opposite order, and the other is told what it lost', async () => {
    const pair = [await desk.newTicket(), await desk.newTicket()];
    const both = await Promise.all(
      [pair, pair.toReversed()].map((order, side) =>
        desk.send([...order.map((ticket) => rename(ticket, `side ${side}`, 1)), open(`side ${side}`)], all),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const winner = both.findIndex(({ status }) => status === 200);
    expect(await Promise.all(pair.map(desk.read))).toMatchObject([
      { version: 2, subject: `side ${winner}` },
      { version: 2, subject: `side ${winner}` },
    ]);
    expect(both[1 - winner]?.body).toMatchObject({ type: '/problems/conflict' });
    expect(statuses(both[1 - winner]?.body as Outcome)).toContain(412);
  });

  it('ends at its deadline with nothing done', async () => {
    const [free, held] = [await desk.newTicket(), await desk.newTicket()];
    const before = await desk.countRows();
    const lock = await desk.hold('tickets', 'ticket', held.id);
    const method = 'opora.tickets.v1.TicketService/UpdateTicket';
    const calls = [free, held].map(({ id }) => ({
      method,
      request: desk.contract.encode('opora.tickets.v1.UpdateTicketRequest', { id, expectedVersion: 1, subject: 'late' }),
    }));
    const principal = { kind: 'account' as const, id: 'a', name: 'a', permissions: ['*'] };
    const answer = desk.client(BatchService).carryOut({ service: 'tickets', calls }, { principal, deadline: Date.now() + 500 });
    await expect(answer).rejects.toMatchObject({ kind: 'unavailable' });
    // Over a wire the service hears of it later than its caller.
    await eventually(async () => /method="CarryOut",code="UNAVAILABLE"/.test((await desk.api.get<string>('/metrics')).body));
    await lock.release();
    const after = await desk.send([rename(free, 'in time', 1), rename(held, 'in time', 1)], all);
    expect(statuses(after.body)).toEqual([200, 200]);
    expect(await desk.countRows()).toMatchObject({ events: Number(before['events']) + 2, history: Number(before['history']) + 2 });
  });

  it('needs no connection of those who wait for it', async () => {
    const [wanted, held] = [await desk.newTicket(), await desk.newTicket()];
    const lock = await desk.hold('tickets', 'ticket', held.id);
    const batch = desk.send([rename(wanted, 'batched', 1), rename(held, 'batched', 1), open('last')], all);
    await lock.untilWaiting(1);
    const others = Array.from({ length: 12 }, () => desk.api.patch(`/api/v1/tickets/${wanted.id}`, { subject: 'other' }, { 'if-match': '"1"' }));
    await lock.untilWaiting(8);
    await lock.release();
    expect(statuses((await batch).body)).toEqual([200, 200, 201]);
    expect(new Set((await Promise.all(others)).map(({ status }) => status))).toEqual(new Set([412]));
  });

  it('shares nothing with those who open tickets one by one', async () => {
    const subject = randomUUID();
    const nobody = { ...(await desk.newTicket()), id: randomUUID() };
    let isOver = false;
    const batches = Promise.all(
      Array.from({ length: 20 }, (_, index) => desk.send([open(subject), open(subject), ...(index % 2 === 0 ? [] : [rename(nobody, 'x', 1)])], all)),
    ).finally(() => {
      isOver = true;
    });
    const singles = Array.from({ length: 8 }, async () => {
      const answers: number[] = [];
      while (!isOver) answers.push((await desk.api.post('/api/v1/tickets', { type: 'incident', subject: 'single' })).status);
      return answers;
    });
    expect(new Set((await batches).map(({ status }) => status))).toEqual(new Set([200, 422]));
    expect(new Set((await Promise.all(singles)).flat())).toEqual(new Set([201]));
    expect(await desk.countBySubject(subject)).toBe(20);
  });

  it('takes no turn from those who wait for what it has written', async () => {
    const source = randomUUID();
    const path = `/api/v1/cmdb/sources/${source}/items`;
    const records = (keys: readonly string[], name: string) => ({ items: keys.map((key) => ({ key, class: 'server', name: `${key} ${name}` })) });
    const { outcomes } = (await desk.api.post<{ outcomes: { id: string }[] }>(path, records(['a', 'b', 'held'], 'before'))).body;
    const lock = await desk.hold('cmdb', 'item', outcomes[2]?.id ?? '');
    const upsert = (key: string) => ({ method: 'POST', path: `/${source}/items`, body: records([key], 'batched') });
    const batch = desk.api.post<Outcome>('/api/v1/cmdb/sources:batch', { ...all, operations: ['a', 'held', 'b'].map(upsert) });
    await lock.untilWaiting(1);
    const single = desk.api.post(path, records(['a', 'b'], 'after'));
    await lock.untilWaiting(2);
    await lock.release();
    expect(statuses((await batch).body)).toEqual([200, 200, 200]);
    expect((await single).status).toBe(200);
  });
});
