import fc from 'fast-check';
import type { ComparedEntry, CompareRequest, Comparison } from '../../generated/opora/cmdb/v1/comparison.ts';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call, Principal } from '../../platform/rpc/call.ts';
import { aCall, aContext, openAlone } from '../../tests/cmdb/alone.ts';
import { applyEntries, type Past, readPasts, replay, type State, versionAt, versionsBetween } from '../../tests/cmdb/replay.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { classesWithin } from '../domain/model/compile-model.ts';
import { itemUseCases } from '../items.ts';
import { relationUseCases } from '../relations.ts';
import { mergeUseCases } from '../sources/merge-use-cases.ts';
import { endRelations } from '../subscriptions.ts';
import { comparing } from './compare.ts';

type Retired = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ItemRetired' }>;

const hour = 3_600_000;
const start = Date.parse('2024-12-31T12:00:00.000Z');
const classes = ['server', 'pump', 'virtual_machine'] as const;
const sites = ['A', 'B', undefined] as const;
const types = ['depends_on', 'part_of', 'documents'] as const;
const people = ['Иван', 'Ольга', 'Пётр'] as const;

const place = fc.nat(9);
const step = fc.record({
  /** Hours since the step before: several at one moment too. */
  later: fc.constantFrom(0, 0, 1, 2, 5),
  who: fc.constantFrom(...people),
  what: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('create' as const),
        class: fc.constantFrom(...classes),
        site: fc.constantFrom(...sites),
        memory: fc.nat(2),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('change' as const),
        place,
        site: fc.constantFrom(...sites),
        memory: fc.option(fc.nat(2)),
        name: fc.nat(1),
      }),
    },
    fc.record({ kind: fc.constant('move' as const), place, class: fc.constantFrom(...classes) }),
    fc.record({ kind: fc.constant('retire' as const), place }),
    fc.record({ kind: fc.constant('revive' as const), place }),
    fc.record({ kind: fc.constant('merge' as const), place, other: place }),
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('relate' as const), place, other: place, type: fc.constantFrom(...types) }) },
    fc.record({ kind: fc.constant('unrelate' as const), place }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
const histories = fc.array(step, { minLength: 35, maxLength: 60, size: 'max' });

let hub: Awaited<ReturnType<typeof openAlone>>;
beforeAll(async () => {
  hub = await openAlone();
});
afterAll(() => hub.close());

const callAt = (now: number, who: string): Call => {
  const call = aCall(hub.database, { kind: 'account', id: who, name: who, permissions: ['*'] });
  return { ...call, now };
};

/** What cannot be done at that moment is left. */
async function act({ who, what }: Step, now: number): Promise<void> {
  const { database } = hub;
  const [items, relations, merges] = [itemUseCases(hub), relationUseCases(hub), mergeUseCases(hub)];
  const call = callAt(now, who);
  const known = await database.query<{ id: string; state: string; class: string; merged: boolean }>(
    sql`select id, state, class, merged_into is not null as merged from item order by id`,
  );
  const at = (index: number) => known[index % Math.max(known.length, 1)];
  const one = 'place' in what ? at(what.place) : undefined;
  if (what.kind === 'create') {
    const attributes = JSON.stringify({ memory: what.memory, ...(what.site && { site: what.site }) });
    await items.create({ class: what.class, name: `item ${known.length}`, attributes, lookups: [] }, call, () => undefined);
  } else if (what.kind === 'unrelate') {
    const found = await database.query<{ id: string }>(sql`select id from relation where state = 'active' order by id`);
    const relation = found[what.place % Math.max(found.length, 1)];
    if (relation) await relations.remove(relation.id, call, () => undefined);
  } else if (!one) return;
  else if (what.kind === 'change' || what.kind === 'move') {
    if (one.state !== 'active') return;
    const patch =
      what.kind === 'move'
        ? { class: what.class }
        : { attributes: JSON.stringify({ memory: what.memory, site: what.site ?? null }), ...(what.name === 1 && { name: `named by ${who}` }) };
    await items.update(
      { id: one.id, expectedVersion: 0 },
      { ...patch, addLookups: what.kind === 'move' ? [`host-${now}`] : [], removeLookups: [] },
      call,
      () => undefined,
    );
  } else if (what.kind === 'retire') {
    if (one.state === 'active') await items.retire({ id: one.id, expectedVersion: 0 }, call, () => undefined);
  } else if (what.kind === 'revive') {
    if (one.state === 'active' || one.merged) return;
    await items
      .restore({ id: one.id, expectedVersion: 0 }, { state: 'active', attributes: { memory: 7 } }, call, () => undefined)
      .catch(() => undefined);
  } else {
    const other = at(what.other);
    if (!other || other.id === one.id || one.state !== 'active' || other.state !== 'active') return;
    if (what.kind === 'merge') {
      if (one.class === other.class) await merges.merge({ winnerId: one.id, loserId: other.id }, call, () => undefined);
    } else await relations.create({ type: what.type, fromId: one.id, toId: other.id }, call, () => undefined).catch(() => undefined);
  }
  const retired = await database.query<{ id: string }>(sql`select id from item where state = 'retired'`);
  const events = retired.map(({ id }) => ({ data: { itemId: id } })) as Retired[];
  await database.commit(await endRelations(database).handle(events, { ...aContext(), now: now + hour / 2 }));
}

/** Gives the moments at which something happened. */
async function live(steps: readonly Step[]): Promise<number[]> {
  await hub.database.query(sql`truncate item, item_link, item_identifier, item_lookup, relation, relation_link, duplicate, change_set, word_before,
    relation_word_before, item_version, relation_version, item_merge`);
  let now = start;
  const moments = [now];
  for (const one of steps) {
    now += one.later * hour;
    moments.push(now, now + hour / 2);
    await act(one, now);
  }
  return moments;
}

const everything: Principal = { kind: 'account', id: 'all', name: 'all', permissions: ['*'] };

/** All pages, three entries each. */
async function compareAll(asked: Partial<CompareRequest>, principal = everything): Promise<Comparison & { pages: number }> {
  const compare = comparing(hub);
  const items: ComparedEntry[] = [];
  for (let pages = 1, after: string | undefined; ; pages++) {
    const page = await compare({ kinds: [], limit: 3, ...asked, ...(after !== undefined && { after }) }, aCall(hub.database, principal));
    items.push(...page.items);
    after = page.next;
    if (after === undefined) return { ...page, items, pages };
  }
}

interface Span {
  from: number;
  to: number;
}

/** An item and what it depends on at a moment, as one would walk it by hand. */
function walkBelow(state: State, id: string): Set<string> {
  const seen = new Set([id]);
  for (let size = 0; size !== seen.size; ) {
    size = seen.size;
    for (const { type, from, to } of state.values()) {
      const [upper, lower] = type === 'depends_on' ? [from, to] : type === 'part_of' ? [to, from] : [];
      if (seen.has(String(upper)) && lower !== undefined) seen.add(String(lower));
    }
  }
  return seen;
}

/** The items and relations that a scope holds at either moment. */
function holds(pasts: readonly Past[], isIn: (past: Past, at: number) => boolean, { from, to }: Span): Set<string> {
  const items = new Set(pasts.filter((past) => past.kind === 'item' && (isIn(past, from) || isIn(past, to))).map(({ id }) => id));
  const ends = ({ versions: [first] }: Past) => [String(first?.facts['from']), String(first?.facts['to'])];
  const relations = pasts.filter((past) => past.kind === 'relation' && ends(past).some((end) => items.has(end)));
  return new Set([...items, ...relations.map(({ id }) => id)]);
}

const pick = (state: State, ids: ReadonlySet<string>) => toCanonicalText(Object.fromEntries([...state].filter(([id]) => ids.has(id))));

function expectCounts(told: Comparison, pasts: readonly Past[], held: ReadonlySet<string>, { from, to }: Span): void {
  for (const kind of ['item', 'relation'] as const) {
    const entries = told.items.filter((one) => one.kind === kind);
    const count = (change: ComparedEntry['change']) => entries.filter((one) => one.change === change).length;
    const touched = pasts.filter((past) => past.kind === kind && held.has(past.id) && versionsBetween(past, from, to).length > 0);
    expect(kind === 'item' ? told.itemCounts : told.relationCounts).toEqual({
      added: count('added'),
      removed: count('removed'),
      changed: count('changed'),
      restless: touched.length - entries.length,
      hidden: 0,
    });
    for (const entry of entries) {
      const past = pasts.find(({ id }) => id === entry.id) as Past;
      const between = versionsBetween(past, from, to);
      const last = between.at(-1);
      expect([entry.versions, entry.at, entry.actorName, entry.authors]).toEqual([
        between.length,
        new Date(last?.from ?? 0).toISOString(),
        last?.actor,
        [...new Set(between.map(({ actor }) => actor))].sort(),
      ]);
    }
  }
}

describe('a comparison of two moments', () => {
  it('makes, of any history, of what was at the first what was at the second: for an item, below it, of a site and of a class; and counts and pages fit', async () => {
    const seen = { added: 0, removed: 0, changed: 0, restless: 0 };
    for (const steps of fc.sample(histories, { numRuns: 10, seed: 11 })) {
      const moments = await live(steps);
      const pasts = await readPasts(hub.database);
      const { models } = hub;
      const hardware = classesWithin(await models.current(), 'hardware');
      const [one, other] = [moments[Math.floor(moments.length / 3)] ?? start, moments[Math.floor((3 * moments.length) / 4)] ?? start];
      for (const span of [
        { from: start - 1, to: Date.now() },
        { from: one, to: other },
        { from: one - 1, to: other - 1 },
      ].filter(({ from, to }) => from < to)) {
        const [before, after] = [replay(pasts, span.from), replay(pasts, span.to)];
        const times = { from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() };
        const of = (past: Past, at: number) => versionAt(past, at)?.facts as { class?: string; attributes?: { site?: string } } | undefined;
        const scopes: [Partial<CompareRequest>, (past: Past, at: number) => boolean][] = [
          ...['A', 'B'].map((site) => [{ site }, (past: Past, at: number) => of(past, at)?.attributes?.site === site] as (typeof scopes)[number]),
          [{ class: 'pump' }, (past, at) => of(past, at)?.class === 'pump'],
          [{ class: 'hardware' }, (past, at) => hardware.includes(of(past, at)?.class ?? '')],
        ];
        for (const { id } of pasts.filter(({ kind }) => kind === 'item').slice(0, 3)) {
          const [early, late] = [walkBelow(before, id), walkBelow(after, id)];
          scopes.push([{ item: id }, (past) => past.id === id], [{ below: id }, (past) => early.has(past.id) || late.has(past.id)]);
        }
        for (const [asked, isIn] of scopes) {
          const told = await compareAll({ ...asked, ...times });
          const held = holds(pasts, isIn, span);
          expect(told.items.filter(({ id }) => !held.has(id))).toEqual([]);
          expect(new Set(told.items.map(({ id }) => id)).size).toBe(told.items.length);
          expect([asked, pick(applyEntries(before, told.items), held)]).toEqual([asked, pick(after, held)]);
          expect(told.items.map(({ at }) => at)).toEqual(
            told.items
              .map(({ at }) => at)
              .sort()
              .reverse(),
          );
          expectCounts(told, pasts, held, span);
          for (const { change } of told.items) seen[change]++;
          seen.restless += (told.itemCounts?.restless ?? 0) + (told.relationCounts?.restless ?? 0);
        }
      }
    }
    expect(Object.values(seen).every((count) => count > 50)).toBe(true);
  }, 300_000);

  it('tells who sees only some items, of any history, exactly what they may see of it, and how much is hidden', async () => {
    let hidden = 0;
    for (const steps of fc.sample(histories, { numRuns: 8, seed: 12 })) {
      const moments = await live(steps);
      const pasts = await readPasts(hub.database);
      const span = { from: moments[Math.floor(moments.length / 3)] ?? start, to: Date.now() };
      const asked = { class: 'configuration_item', from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() };
      const all = await compareAll(asked);
      const reader: Principal = { ...everything, permissions: [], grants: [{ permission: 'cmdb.read', where: { site: ['A'] } }] };
      const told = await compareAll(asked, reader);
      const siteOf = (id: string, at: number) => {
        const past = pasts.find((one) => one.id === id) as Past;
        const version = versionAt(past, at);
        return version ? (version.facts['attributes'] as { site?: string }).site : 'A';
      };
      const isSeen = ({ kind, id, from, to }: ComparedEntry) =>
        kind === 'item'
          ? siteOf(id, span.from) === 'A' && siteOf(id, span.to) === 'A'
          : [from, to].every((end) => siteOf(end?.id ?? '', span.to) === 'A');
      expect(told.items).toEqual(all.items.filter(isSeen));
      expect([told.itemCounts?.hidden, told.relationCounts?.hidden]).toEqual(
        (['item', 'relation'] as const).map((kind) => all.items.filter((entry) => entry.kind === kind && !isSeen(entry)).length),
      );
      hidden += all.items.length - told.items.length;
    }
    expect(hidden).toBeGreaterThan(30);
  }, 300_000);
});
