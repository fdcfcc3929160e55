import fc from 'fast-check';
import { loadContract } from '../../platform/contract/load-contract.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import { aCall, aContext, openAlone } from '../../tests/cmdb/alone.ts';
import { comparePlaces, type Place } from '../domain/timeline/place.ts';
import { listDeclared } from './declared-types.ts';
import { keepTimeline } from './keep-timeline.ts';
import { timelineMethods } from './timeline-methods.ts';

const declared = listDeclared(loadContract());
const opened = 'opora.tickets.v1.TicketOpened';
const bound = 'opora.monitoring.v1.AlertBound';
const begin = Date.parse('2026-03-01T00:00:00Z');
const idOf = (letter: string, index: number) => `0190000${letter}-0000-7000-8000-${String(index).padStart(12, '0')}`;
const itemIds = [0, 1, 2, 3, 4, 5].map((index) => idOf('0', index));
const place = fc.nat(itemIds.length - 1);
/** Few moments, so that much happens at once. */
const moment = fc.nat(6).map((tick) => begin + tick);
const moments = fc.array(moment, { minLength: 1, maxLength: 4 }).map((list) => list.sort());

interface World {
  items: { begun: number[]; sites: string[]; mergedInto: number | undefined }[];
  relations: { from: number; to: number; begun: number[] }[];
  events: { type: string; at: number; items: number[] }[];
}

const world: fc.Arbitrary<World> = fc.record({
  items: fc.array(
    fc.record({
      begun: moments,
      sites: fc.array(fc.constantFrom('N', 'S'), { minLength: 4, maxLength: 4 }),
      mergedInto: fc.option(place, { nil: undefined, freq: 4 }),
    }),
    { minLength: itemIds.length, maxLength: itemIds.length },
  ),
  relations: fc.uniqueArray(fc.record({ from: place, to: place, begun: moments }), { maxLength: 8, selector: ({ from, to }) => `${from} ${to}` }),
  events: fc.array(fc.record({ type: fc.constantFrom(opened, bound), at: moment, items: fc.uniqueArray(place, { minLength: 1, maxLength: 4 }) }), {
    maxLength: 12,
  }),
});

const question = fc.record({
  start: place,
  below: fc.boolean(),
  limit: fc.integer({ min: 1, max: 7 }),
  kind: fc.subarray(['item', 'relation', 'ticket', 'alert'], { minLength: 0 }),
  from: fc.option(moment, { nil: undefined }),
  length: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  isRestricted: fc.boolean(),
  readsTickets: fc.boolean(),
});
type Question = typeof question extends fc.Arbitrary<infer One> ? One : never;

let hub: Awaited<ReturnType<typeof openAlone>>;
beforeAll(async () => {
  hub = await openAlone();
});
afterAll(() => hub.close());

const stateOf = (version: number, versions: number) => ((versions - version) % 2 === 0 ? 'active' : 'removed');

/** An event as its service announces it. */
function toEvent({ type, at, items }: World['events'][number], index: number) {
  const own = { id: idOf('e', index), time: new Date(at).toISOString(), key: 'k', source: 'x', type };
  const ids = items.map((item) => itemIds[item] ?? '');
  const alert = { alertId: idOf('a', index), name: 'Disk', severity: 'critical', summary: `s${index}`, startsAt: own.time };
  return {
    ...own,
    data: type === bound ? { ...alert, items: ids } : { ticketId: idOf('7', index), number: `INC-${index}`, subject: 's', items: ids },
  };
}

async function fill(database: Database, { items, relations, events }: World): Promise<void> {
  await database.query(sql`truncate item, item_version, relation, relation_version, timeline_entry`);
  const iso = (at: number | undefined) => new Date(at ?? 0).toISOString();
  for (const [index, { begun, sites, mergedInto }] of items.entries()) {
    for (const [place, at] of begun.entries()) {
      const facts = JSON.stringify({ site: sites[place], memoryGb: place + 1 });
      const next = begun[place + 1];
      if (next !== undefined)
        await database.query(sql`insert into item_version (item_id, version, valid_from, valid_to, class, name, attributes, lookups, state, actor_id, actor_name, unauthorised)
          values (${itemIds[index]}, ${place + 1}, ${iso(at)}, ${iso(next)}, 'server', ${`box ${index}`}, ${facts}::jsonb, '{}', 'active', 'ivan', 'Иван', false)`);
      else
        await database.query(sql`insert into item (id, source, key, class, name, attributes, lookups, state, version, created_at, updated_at, actor_id, actor_name, merged_into)
          values (${itemIds[index]}, 'x', ${String(index)}, 'server', ${`box ${index}`}, ${facts}::jsonb, '{}', 'active', ${place + 1}, ${iso(begun[0])}, ${iso(at)}, 'ivan', 'Иван',
            ${mergedInto === undefined ? null : (itemIds[mergedInto] ?? null)})`);
    }
  }
  for (const [index, { from, to, begun }] of relations.entries()) {
    for (const [place, at] of begun.entries()) {
      const [id, next, state] = [idOf('f', index), begun[place + 1], stateOf(place + 1, begun.length)];
      if (next !== undefined)
        await database.query(sql`insert into relation_version (relation_id, version, valid_from, valid_to, from_id, to_id, source, state, actor_id, actor_name, unauthorised)
          values (${id}, ${place + 1}, ${iso(at)}, ${iso(next)}, ${itemIds[from]}, ${itemIds[to]}, 'x', ${state}, 'ivan', 'Иван', false)`);
      else
        await database.query(sql`insert into relation (id, type, from_id, to_id, source, state, version, created_at, updated_at, actor_id, actor_name)
          values (${id}, 'depends_on', ${itemIds[from]}, ${itemIds[to]}, 'x', ${state}, ${place + 1}, ${iso(begun[0])}, ${iso(at)}, 'ivan', 'Иван')`);
    }
  }
  await hear(database, events.map(toEvent));
}

async function hear(database: Database, events: ReturnType<typeof toEvent>[]): Promise<void> {
  await database.commit(await keepTimeline(declared).handle(events as never, aContext()));
}

const principalOf = ({ isRestricted, readsTickets }: Question): Principal => ({
  kind: 'account',
  id: 'ivan',
  name: 'Иван',
  permissions: ['monitoring.read', ...(isRestricted ? [] : ['cmdb.read']), ...(readsTickets ? ['tickets.read'] : [])],
  ...(isRestricted && { grants: [{ permission: 'cmdb.read', where: { site: ['N'] } }] }),
});

/** Every entry of the answer, newest first, worked out of the world itself; undefined: the item may not be seen. */
function expected({ items, relations, events }: World, asked: Question): Place[] | undefined {
  const { start, below, kind, from = 0, length, isRestricted, readsTickets } = asked;
  const sees = (index: number) => !isRestricted || items[index]?.sites[(items[index]?.begun.length ?? 0) - 1] === 'N';
  if (!sees(start)) return undefined;
  const scope = new Set([start]);
  if (below) for (const one of scope) for (const relation of relations) if (relation.from === one) scope.add(relation.to);
  for (const one of scope) for (const [index, { mergedInto }] of items.entries()) if (mergedInto === one) scope.add(index);
  for (const one of scope) if (!sees(one)) scope.delete(one);
  const places: (Place & { kind: string })[] = [];
  for (const index of scope)
    for (const [place, at] of (items[index]?.begun ?? []).entries())
      if (!isRestricted || items[index]?.sites[place] === 'N')
        places.push({ kind: 'item', at, type: 'item', id: itemIds[index] ?? '', version: place + 1 });
  for (const [index, relation] of relations.entries())
    if (sees(relation.from) && sees(relation.to) && (scope.has(relation.from) || scope.has(relation.to)))
      for (const [place, at] of relation.begun.entries())
        places.push({ kind: 'relation', at, type: 'relation', id: idOf('f', index), version: place + 1 });
  for (const [index, { type, at, items: about }] of events.entries())
    if (about.some((one) => scope.has(one)) && (readsTickets || type === bound))
      places.push({ kind: type === bound ? 'alert' : 'ticket', at, type, id: idOf('e', index), version: 0 });
  const until = length === undefined ? Number.POSITIVE_INFINITY : from + length;
  return places
    .filter((one) => (kind.length === 0 || kind.includes(one.kind)) && one.at >= from && one.at < until)
    .map(({ kind: _, ...rest }) => rest)
    .sort((one, other) => comparePlaces(other, one));
}

describe('the timeline of items', () => {
  it('is, for any past and any question, what happened, in pages that together are the whole, in order, with nothing twice and nothing lost', async () => {
    for (const one of fc.sample(world, { numRuns: 40, seed: 11 })) {
      await fill(hub.database, one);
      for (const asked of fc.sample(question, { numRuns: 12, seed: one.events.length })) {
        const want = expected(one, asked);
        const methods = timelineMethods({ database: hub.database, declared, model: hub.model });
        const call = aCall(hub.database, principalOf(asked));
        const { start, limit, kind, below, from, length } = asked;
        const request = {
          id: itemIds[start] ?? '',
          limit,
          kind,
          below,
          ...(from !== undefined && {
            from: new Date(from).toISOString(),
            ...(length !== undefined && { to: new Date(from + length).toISOString() }),
          }),
        };
        const told = JSON.stringify({ one, asked });
        if (!want) {
          await expect(methods.getTimeline(request, call)).rejects.toMatchObject({ kind: 'not_found' });
          continue;
        }
        const got: Place[] = [];
        let hidden = 0;
        for (let after: string | undefined; ; ) {
          const page = await methods.getTimeline({ ...request, ...(after !== undefined && { after }) }, call);
          expect(page.items.length).toBe(page.next === undefined ? page.items.length : limit);
          got.push(...page.items.map(({ at, type, kind: own, id, version = 0 }) => ({ at: Date.parse(at), type: type ?? own, id, version })));
          hidden += page.hidden;
          after = page.next;
          if (after === undefined) break;
        }
        const bare = length !== undefined && from === undefined ? expected(one, { ...asked, length: undefined }) : want;
        expect([told, got]).toEqual([told, bare]);
        const all = expected(one, { ...asked, readsTickets: true, ...(from === undefined && { length: undefined }) });
        expect([told, hidden]).toEqual([told, (all?.length ?? 0) - got.length]);
      }
    }
  }, 300_000);

  it('is the same when events come doubled, in any order and in any parts', async () => {
    const { database } = hub;
    const dump = () => database.query(sql`select * from timeline_entry order by item_id, at, type, event_id`);
    for (const one of fc.sample(fc.record({ world, turns: fc.array(fc.nat(11), { maxLength: 24 }), size: fc.integer({ min: 1, max: 5 }) }), {
      numRuns: 30,
      seed: 5,
    })) {
      const events = one.world.events.map(toEvent);
      await fill(database, one.world);
      const once = await dump();
      expect(once).toHaveLength(one.world.events.reduce((sum, { items }) => sum + items.length, 0));
      await database.query(sql`truncate timeline_entry`);
      const coming = [...one.turns.flatMap((turn) => events[turn] ?? []), ...events.toReversed()];
      for (let at = 0; at < coming.length; at += one.size) await hear(database, coming.slice(at, at + one.size));
      expect(await dump()).toEqual(once);
    }
  }, 120_000);
});
