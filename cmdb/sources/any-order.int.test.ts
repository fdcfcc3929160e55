import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { SourceItem, SourceRelation } from '../../generated/opora/cmdb/v1/sources.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { eventually } from '../../tests/cmdb/eventually.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { toCanonicalText } from '../domain/attributes.ts';

/** What one source knows at a time: numbers of things, each with what it says of it. */
interface Picture {
  source: string;
  things: { thing: number; memoryGb: number; named: boolean }[];
  relations: [number, number][];
}

const things = 12;
const pictures = fc.array(
  fc.record({
    source: fc.constantFrom('agent', 'vcenter', '1c'),
    things: fc.uniqueArray(fc.record({ thing: fc.nat(things - 1), memoryGb: fc.integer({ min: 1, max: 4 }), named: fc.boolean() }), {
      selector: ({ thing }) => thing,
      maxLength: things,
    }),
    relations: fc.uniqueArray(fc.tuple(fc.nat(things - 1), fc.nat(things - 1)), { maxLength: 6, selector: ([from, to]) => `${from} ${to}` }),
  }),
  { minLength: 3, maxLength: 8 },
);

function toRecords({ source, things: all, relations }: Picture): { items: SourceItem[]; relations: SourceRelation[] } {
  const keyOf = (thing: number) => `${source}-${thing}`;
  const known = new Set(all.map(({ thing }) => thing));
  return {
    items: all.map(({ thing, memoryGb, named }) =>
      aServer(
        keyOf(thing),
        { serialNumber: `SN-${thing}`, manufacturer: 'Dell', memoryGb, ...(source === '1c' && { inventoryNumber: `INV-${thing}` }) },
        { name: named ? `box-${thing}` : `${source}-box-${thing}`, lookups: [`10.0.${memoryGb}.${thing}`] },
      ),
    ),
    relations: relations
      .filter(([from, to]) => from !== to && known.has(from) && known.has(to))
      .map(([from, to]) => ({ type: 'depends_on', fromKey: keyOf(from), toKey: keyOf(to) })),
  };
}

interface Way {
  seed: number;
  pageSize: number;
  doubled: boolean;
}

/** Feeds a history to a CMDB: its snapshots one after the other, the records of each in some order and pages, some of them twice. */
async function feed(hub: OpenCmdb, history: readonly Picture[], { seed, pageSize, doubled }: Way): Promise<string> {
  const shuffle = shuffler(seed);
  for (const source of ['agent', 'vcenter', '1c']) await hub.sources.updateSource({ source, grace: 'PT0S', mostRetired: 1 }, mine());
  for (const picture of history) {
    const { source } = picture;
    const { items, relations } = toRecords(picture);
    const records = shuffle([...items.map((item) => ({ item })), ...relations.map((relation) => ({ relation }))]);
    const pages = Array.from({ length: Math.ceil(records.length / pageSize) }, (_, at) => records.slice(at * pageSize, (at + 1) * pageSize));
    const { id } = await hub.sources.beginSnapshot({ source }, mine());
    for (const page of doubled ? shuffle([...pages, ...pages]) : pages) {
      const request = {
        source,
        id,
        items: page.flatMap((one) => ('item' in one ? [one.item] : [])),
        relations: page.flatMap((one) => ('relation' in one ? [one.relation] : [])),
      };
      await untilAnswered(() => hub.otherProcess.takeSnapshotPage(request, mine()));
    }
    await hub.sources.completeSnapshot({ source, id }, mine());
    await eventually(
      () => hub.sources.getSnapshot({ source, id }, mine()),
      ({ status }) => status === 'done',
    );
    await eventually(
      () => hub.database.query(sql`select 1 from timer where key like 'grace/%'`),
      (timers) => timers.length === 0,
    );
    await eventually(
      () =>
        hub.database.query(
          sql`select 1 from relation r join item i on i.id in (r.from_id, r.to_id) where r.state = 'active' and i.state = 'retired'`,
        ),
      (left) => left.length === 0,
    );
  }
  return describeInventory(hub.database);
}

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!isAppError(error, 'unavailable')) throw error;
    }
  }
}

/** Everything but ids and times. */
async function describeInventory(database: Database): Promise<string> {
  const items = await database.query(sql`select i.class, i.name, i.attributes, i.lookups, i.state,
      (select jsonb_object_agg(p.key, p.value - 'at') from jsonb_each(i.provenance) p) as provenance,
      (select array_agg(l.source || ' ' || l.key order by l.source, l.key) from item_link l where l.item_id = i.id and l.gone_at is null and l.moved_to is null) as links,
      (select array_agg(d.scheme || ' ' || d.value order by d.scheme, d.value) from item_identifier d where i.id = any(d.item_ids)) as identifiers
    from item i where i.state = 'active' order by links`);
  const relations = await database.query(sql`select r.type, f.attributes ->> 'serialNumber' as "from", t.attributes ->> 'serialNumber' as "to"
    from relation r join item f on f.id = r.from_id join item t on t.id = r.to_id where r.state = 'active' order by 1, 2, 3`);
  return toCanonicalText({ items, relations });
}

function shuffler(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return <One>(all: readonly One[]): One[] =>
    all
      .map((one) => ({ one, place: next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ one }) => one);
}

describe('the same history of several sources', () => {
  it('gives the same inventory in any order of pages, doubled, and with kills after any commit', async () => {
    const histories = fc.sample(pictures, { numRuns: 3, seed: 20_261 });
    for (const [index, history] of histories.entries()) {
      let commits = 0;
      const ways: (Way & { dies: () => boolean })[] = [
        { seed: 1, pageSize: 1_000, doubled: false, dies: () => false },
        { seed: 2 + index, pageSize: 3, doubled: true, dies: () => false },
        { seed: 3 + index, pageSize: 4, doubled: false, dies: () => ++commits % 3 === 0 },
      ];
      const hashes: string[] = [];
      for (const { dies, ...way } of ways) {
        const hub = await openCmdb(dies);
        try {
          const inventory = await feed(hub, history, way);
          hashes.push(createHash('sha256').update(inventory).digest('hex'));
          if (hashes.at(-1) !== hashes[0]) throw new Error(`Way ${JSON.stringify(way)} of ${JSON.stringify(history)} gave ${inventory}`);
        } finally {
          await hub.close();
        }
      }
      expect(new Set(hashes).size).toBe(1);
    }
  }, 120_000);
});
