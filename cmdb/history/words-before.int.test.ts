import fc from 'fast-check';
import type { CmdbEvent } from '../../generated/opora/cmdb/v1/events.ts';
import type { ChangeSet } from '../../generated/opora/cmdb/v1/history.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { aCall, aContext, mortal, openAlone } from '../../tests/cmdb/alone.ts';
import { describeInventory } from '../../tests/cmdb/describe-inventory.ts';
import { itemUseCases } from '../items.ts';
import { endRelations } from '../subscriptions.ts';
import { insertChangeSet, readConflicts, updateChangeSet } from './change-set-store.ts';
import { beginChangeSet, beginRevert, findChangeSet } from './change-sets.ts';
import { revertChangeSets } from './revert-change-sets.ts';

type Begun = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ChangeSetBegun' }>;
type Retired = Extract<CmdbEvent, { type: 'opora.cmdb.v1.ItemRetired' }>;
type Alone = Awaited<ReturnType<typeof openAlone>>;

interface Thing {
  thing: number;
  memoryGb: number;
  /** The serial number that it is said to have. */
  serial: number;
  named: boolean;
  owned: boolean;
}

type Step =
  | { kind: 'say'; source: string; things: Thing[]; relations: [number, number][]; removed: number[] }
  | { kind: 'edit'; place: number; memoryGb: number; lookup: string; retired: boolean };

const things = 6;
const thing = fc.record({
  thing: fc.nat(things - 1),
  memoryGb: fc.integer({ min: 1, max: 3 }),
  serial: fc.nat(things - 1),
  named: fc.boolean(),
  owned: fc.boolean(),
});
const say = fc.record({
  kind: fc.constant('say' as const),
  source: fc.constantFrom('agent', 'vcenter', 'file'),
  things: fc.uniqueArray(thing, { selector: (one) => one.thing, maxLength: things }),
  relations: fc.uniqueArray(fc.tuple(fc.nat(things - 1), fc.nat(things - 1)), { maxLength: 4, selector: ([from, to]) => `${from} ${to}` }),
  removed: fc.uniqueArray(fc.nat(things - 1), { maxLength: 2 }),
});
const edit = fc.record({
  kind: fc.constant('edit' as const),
  place: fc.nat(20),
  memoryGb: fc.integer({ min: 1, max: 3 }),
  lookup: fc.constantFrom('db.local', 'app.local'),
  retired: fc.boolean(),
});
const histories = fc.record({ past: fc.array(fc.oneof({ weight: 3, arbitrary: say }, edit), { minLength: 1, maxLength: 5 }), last: say });

let hub: Alone;
beforeAll(async () => {
  hub = await openAlone();
});
afterAll(() => hub.close());

/** Feeds what is said to a hub of its own, a page of three records at a time. */
async function take(step: Step, set?: ChangeSet): Promise<void> {
  const { database, takePage } = hub;
  if (step.kind === 'edit') {
    const [item] = await database.query<{ id: string; state: string }>(
      sql`select id, state from item where state = 'active' order by source, key offset ${step.place % 5}::int limit 1`,
    );
    if (!item) return;
    const items = itemUseCases(hub);
    const target = { id: item.id, expectedVersion: 0 };
    if (step.retired) await items.retire(target, aCall(database), () => undefined);
    else
      await items.update(
        target,
        { attributes: JSON.stringify({ memoryGb: step.memoryGb, owner: null }), addLookups: [step.lookup], removeLookups: [] },
        aCall(database),
        () => undefined,
      );
  } else {
    const { source, removed } = step;
    const keyOf = (number: number) => `${source}-${number}`;
    const items = step.things.map(({ thing: number, memoryGb, serial, named, owned }) => ({
      key: keyOf(number),
      class: 'server',
      name: named ? `box-${number}` : `${source}-box-${number}`,
      attributes: JSON.stringify({ serialNumber: `SN-${serial}`, manufacturer: 'Dell', memoryGb, ...(owned && { owner: source }) }),
      lookups: [`10.0.${memoryGb}.${number}`],
    }));
    const relations = step.relations.map(([from, to]) => ({ type: 'depends_on', fromKey: keyOf(from), toKey: keyOf(to) }));
    const more = { source, ...(set && { changeSetId: set.id }) };
    for (let at = 0; at < items.length; at += 3)
      await takePage({ ...more, items: items.slice(at, at + 3), relations: [] }, aCall(database), () => undefined);
    await takePage({ ...more, items: [], relations, removedKeys: removed.map(keyOf) }, aCall(database), () => undefined);
  }
  await settleRelations();
}

async function settleRelations(): Promise<void> {
  const retired = await hub.database.query<{ id: string }>(sql`select id from item where state = 'retired'`);
  const events = retired.map(({ id }) => ({ data: { itemId: id } })) as Retired[];
  await hub.database.commit(await endRelations(hub.database).handle(events, aContext()));
}

async function inChangeSet(work: (set: ChangeSet) => Promise<void>): Promise<ChangeSet> {
  const set = beginChangeSet(aCall(hub.database), { kind: 'import', title: 'servers.xlsx' });
  await hub.database.commit({ statements: [insertChangeSet(set)] });
  await work(set);
  const done: ChangeSet = { ...set, status: 'done', version: 2 };
  await hub.database.commit({ statements: [updateChangeSet(done)] });
  return done;
}

/** Takes a change set back in a process that may die after any commit and is started again, and hears of it twice. */
async function revert(id: string, dies: () => boolean = () => false): Promise<ChangeSet> {
  const { database, model } = hub;
  const set = await beginRevert(database, id, undefined, aCall(database));
  const event = { data: { changeSetId: set.id, kind: 'revert' } } as Begun;
  const process: Database = mortal(database, dies);
  for (let heard = 0; heard < 2; ) {
    try {
      await process.commit(await revertChangeSets({ database: process, model }, 2).handle([event], aContext()));
      heard++;
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'The process was killed.') throw error;
    }
  }
  await settleRelations();
  return findChangeSet(database, set.id);
}

const aThing = (number: number, more: Partial<Thing> = {}): Thing => ({
  thing: number,
  memoryGb: 1,
  serial: number,
  named: true,
  owned: false,
  ...more,
});
const aSay = (source: string, said: Thing[], more: Partial<Extract<Step, { kind: 'say' }>> = {}): Step => ({
  kind: 'say',
  source,
  things: said,
  relations: [],
  removed: [],
  ...more,
});

async function startAnew(): Promise<void> {
  await hub.database.query(sql`truncate item, item_link, item_identifier, item_lookup, relation, relation_link, duplicate, change_set, word_before,
    relation_word_before, item_version, relation_version, revert_conflict`);
}

const found = async (name: string) => {
  const [item] = await hub.database.query<{ id: string; state: string; attributes: Record<string, unknown> }>(
    sql`select id, state, attributes from item where name = ${name} order by id desc limit 1`,
  );
  if (!item) throw new Error(`There is no "${name}".`);
  return item;
};

describe('taking an import back', () => {
  beforeEach(startAnew);

  it('gives, for any history, the inventory that was before it; taking that back gives what the import had made; with kills and doubled events', async () => {
    let commits = 0;
    for (const [index, { past, last }] of fc.sample(histories, { numRuns: 25, seed: 7 }).entries()) {
      await startAnew();
      for (const step of past) await take(step);
      const before = await describeInventory(hub.database);
      const set = await inChangeSet((own) => take(last, own));
      const after = await describeInventory(hub.database);
      const dies = index % 2 === 0 ? () => ++commits % 4 === 0 : () => false;
      const back = await revert(set.id, dies);
      const told = JSON.stringify({ index, past, last });
      expect([told, await describeInventory(hub.database)]).toEqual([told, before]);
      expect([told, back.counts['conflicts']]).toEqual([told, 0]);
      const again = await revert(back.id, dies);
      expect([told, await describeInventory(hub.database)]).toEqual([told, after]);
      await revert(again.id, dies);
      expect([told, await describeInventory(hub.database)]).toEqual([told, before]);
    }
  }, 120_000);

  it('leaves a word that was said anew since, and lists it', async () => {
    await take(aSay('file', [aThing(1)]));
    const set = await inChangeSet((own) => take(aSay('file', [aThing(1, { memoryGb: 2 }), aThing(2)]), own));
    await take(aSay('file', [aThing(1, { memoryGb: 3 })]));
    const back = await revert(set.id);
    expect((await found('box-1')).attributes['memoryGb']).toBe(3);
    expect((await found('box-2')).state).toBe('retired');
    const conflicts = await readConflicts(hub.database, back.id, '00000000-0000-0000-0000-000000000000', 10);
    expect(conflicts.map(({ entryId, detail }) => [entryId, detail])).toEqual([
      [(await found('box-1')).id, '"file" has spoken of "file-1" since; lookups, attributes.memoryGb'],
    ]);
  });

  it('keeps in use what another source knows as well, by its words alone', async () => {
    const set = await inChangeSet((own) => take(aSay('file', [aThing(1, { memoryGb: 2, owned: true })]), own));
    await take(aSay('agent', [aThing(1, { memoryGb: 3 })]));
    await revert(set.id);
    const { state, attributes } = await found('box-1');
    expect([state, attributes]).toEqual(['active', { serialNumber: 'SN-1', manufacturer: 'Dell', memoryGb: 3, lifecycleState: 'in_use' }]);
  });

  it('makes the next import of the same file find the same items again', async () => {
    const first = await inChangeSet((own) => take(aSay('file', [aThing(1)]), own));
    const { id } = await found('box-1');
    await revert(first.id);
    await inChangeSet((own) => take(aSay('file', [aThing(1)]), own));
    expect(await found('box-1')).toMatchObject({ id, state: 'active' });
  });

  it('leaves what it brought and a person has worked on since', async () => {
    const set = await inChangeSet((own) => take(aSay('file', [aThing(1)]), own));
    const { id } = await found('box-1');
    await take({ kind: 'edit', place: 0, memoryGb: 9, lookup: 'db.local', retired: false });
    const back = await revert(set.id);
    expect(await found('box-1')).toMatchObject({ id, state: 'active', attributes: { memoryGb: 9 } });
    expect(back.counts).toMatchObject({ itemsReverted: 0, conflicts: 1 });
  });

  it('takes the questions that it raised with it', async () => {
    await take(aSay('agent', [aThing(1), aThing(2)]));
    const set = await inChangeSet((own) => take(aSay('file', [aThing(7, { serial: 1 }), aThing(8, { serial: 1 })]), own));
    const open = () => hub.database.query(sql`select 1 from duplicate where status = 'open'`);
    expect(await open()).not.toEqual([]);
    await revert(set.id);
    expect(await open()).toEqual([]);
  });
});
