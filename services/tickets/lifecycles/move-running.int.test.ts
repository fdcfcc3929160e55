import { setTimeout as wait } from 'node:timers/promises';
import { CatalogService } from '../../../generated/opora/catalog/v1/catalog.ts';
import { newUuid, systemClock } from '../../../platform/clock/clock.ts';
import { loadContract } from '../../../platform/contract/load-contract.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { openTestDatabase, type TestDatabase } from '../../../platform/postgres/test-database.ts';
import { createClient } from '../../../platform/rpc/client.ts';
import { createInProcessTransport } from '../../../platform/rpc/in-process.ts';
import { knowPolicies } from '../approvals/know-policies.ts';
import { knowDefinitions } from '../definitions/know-definitions.ts';
import type { TicketState } from '../domain/ticket.ts';
import { insertKnownVersions } from '../storage/known-store.ts';
import { insertMove, readMove } from '../storage/move-store.ts';
import { insertTickets, readTickets, updateTickets } from '../storage/ticket-store.ts';
import { knowLifecycles } from './know-lifecycles.ts';
import { runMoves } from './move-running.ts';

const label = { ru: 'x', en: 'x' };
const status = (phase: string) => ({ phase, name: label });
const content = (paused: string) => ({
  title: label,
  ticketTypes: ['task' as const],
  initial: 'new',
  statuses: { new: status('open'), [paused]: status('paused'), closed: status('closed') },
  transitions: {},
  timers: { wake: { in: [paused], after: 'P1D', since: 'entered', take: 'x' } },
});

describe('running tickets on their way to another version', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase({ name: 'tickets', migrations: new URL('../storage/migrations/', import.meta.url) });
  });
  afterAll(() => database.close());

  it('all arrive, page by page, while others change them and the work is begun again and again; nobody loses a change', async () => {
    const contract = loadContract();
    const transport = createInProcessTransport();
    const within = (milliseconds: number) => ({
      deadline: Date.now() + milliseconds,
      principal: { kind: 'service' as const, id: 't', name: 't', permissions: [] },
    });
    const versions = [content('waiting'), content('on_hold')].map((each, index) => ({
      kind: 'lifecycles',
      name: 'errand',
      version: index + 1,
      content: each,
    }));
    await database.commit({ statements: [insertKnownVersions(versions)] });
    const definitions = await knowDefinitions({ database, within, catalog: createClient(CatalogService, { contract, transport }) });
    const lifecycles = knowLifecycles(definitions, contract);

    const begun = systemClock.now();
    const tickets = Array.from(
      { length: 60 },
      (_, index): TicketState => ({
        id: newUuid(begun - 60_000 + index),
        number: `TSK-${index}`,
        type: 'task',
        lifecycle: index < 50 ? 'errand' : 'other',
        lifecycleVersion: 1,
        matrixVersion: 1,
        status: index % 5 === 0 ? 'closed' : index % 2 === 0 ? 'new' : 'waiting',
        subject: '0',
        impact: 'low',
        urgency: 'low',
        priority: 'low',
        items: [],
        alertIds: [],
        takenOver: false,
        isOver: index % 5 === 0,
        version: 1,
        createdAt: begun,
        updatedAt: begun,
      }),
    );
    const id = newUuid();
    const author = { actorId: 'a', actorName: 'Анна' };
    const place = '00000000-0000-0000-0000-000000000000';
    const move = { id, lifecycle: 'errand', toVersion: 2, statuses: { waiting: 'on_hold' }, state: 'running' as const, place, moved: 0, version: 1 };
    await database.commit({ statements: [insertTickets(tickets), insertMove({ ...move, ...author, createdAt: begun - 4_000, updatedAt: begun })] });

    // Somebody renames tickets all the while, each as it is then; who loses the race reads again.
    let [isOver, renamed] = [false, 0];
    const rename = async () => {
      for (let index = 0; !isOver; index++) {
        const [ticket] = await readTickets(database, sql`id = ${tickets[(index * 7) % 50]?.id}`);
        if (!ticket) continue;
        try {
          await database.commit({
            statements: [updateTickets([{ ...ticket, subject: String(Number(ticket.subject) + 1), version: ticket.version + 1 }])],
          });
          renamed++;
        } catch (error) {
          if (!isAppError(error, 'conflict')) throw error;
        }
        await wait(1);
      }
    };
    const renaming = rename();

    const timers = runMoves({ database, lifecycles, policies: knowPolicies(definitions, contract), newId: newUuid, pageSize: 7 });
    const states = async () => (await readMove(database, id))?.state;
    for (let round = 0; (await states()) === 'running' && round < 200; round++) {
      try {
        await database.commit(await timers.handle([{ key: `lifecycle-move:${id}:1`, due: begun }], systemClock.now()));
      } catch (error) {
        if (!isAppError(error, 'conflict')) throw error;
      }
    }
    isOver = true;
    await renaming;

    const after = await readTickets(database, sql`true order by id`);
    expect(after.map(({ number, lifecycleVersion, status: now }) => `${number} ${lifecycleVersion} ${now}`)).toEqual(
      tickets.map(({ number, lifecycle, status: before }) => {
        const moves = lifecycle === 'errand' && before !== 'closed';
        return `${number} ${moves ? 2 : 1} ${moves && before === 'waiting' ? 'on_hold' : before}`;
      }),
    );
    const told = await database.query<{ ticket_id: string }>(sql`select ticket_id from history where action = 'lifecycle_moved'`);
    const moved = tickets.filter(({ lifecycle, status: before }) => lifecycle === 'errand' && before !== 'closed').map((ticket) => ticket.id);
    expect(told.map(({ ticket_id }) => ticket_id).sort()).toEqual(moved.toSorted());
    expect((await readMove(database, id))?.moved).toBe(moved.length);
    expect(after.reduce((sum, { subject }) => sum + Number(subject), 0)).toBe(renamed);
    for (const { id: each, version, subject } of after) expect(version).toBe(1 + Number(subject) + (moved.includes(each) ? 1 : 0));
    const timersSet = await database.query<{ key: string }>(sql`select key from timer where key like 'lifecycle:%'`);
    expect(timersSet).toHaveLength(tickets.filter(({ lifecycle, status: before }) => lifecycle === 'errand' && before === 'waiting').length);
  });
});
