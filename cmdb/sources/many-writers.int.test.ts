import { newUuid } from '../../platform/clock/clock.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { aServer, mine, type OpenCmdb, openCmdb } from '../../tests/cmdb/open-sources.ts';
import { openModels } from '../model/models.ts';
import { decideItems } from './decide-items.ts';

let hub: OpenCmdb;
beforeAll(async () => {
  hub = await openCmdb();
});
afterAll(() => hub.close());

const things = Array.from({ length: 40 }, (_, index) => index);
const names = ['agent', 'vcenter', '1c'] as const;

/** What the writer says of a thing: each source has an attribute of its own in which one sees that its last word was not lost. */
function say(source: (typeof names)[number], thing: number, writer: number) {
  const own = { agent: 'cpuCores', vcenter: 'memoryGb', '1c': 'diskGb' }[source];
  return aServer(`${source}-${thing}`, { serialNumber: `SN-${thing}`, manufacturer: 'Dell', [own]: writer + 1 });
}

describe('200 writers of the same 40 things through three sources in two processes', () => {
  it('make each thing once, lose no word and see no error', async () => {
    const writers = Array.from({ length: 200 }, async (_, writer) => {
      const source = names[writer % names.length] ?? 'agent';
      const turned = [...things.slice((writer * 7) % 40), ...things.slice(0, (writer * 7) % 40)];
      const items = (writer % 2 ? turned : turned.reverse()).map((thing) => say(source, thing, writer));
      const sources = writer % 4 === 0 ? hub.otherProcess : hub.sources;
      return { writer, source, ...(await sources.takeDelta({ source, items, relations: [], removedKeys: [], removedRelations: [] }, mine(80_000))) };
    });
    const answers = await Promise.all(writers);
    const outcomes = new Set(answers.flatMap(({ items }) => items.map(({ outcome }) => outcome)));
    expect([...outcomes].filter((outcome) => outcome !== 'created' && outcome !== 'updated' && outcome !== 'unchanged')).toEqual([]);

    const [counts] = await hub.database.query<{ items: number; links: number; questions: number; shared: number }>(sql`select
      (select count(*) from item)::int as items, (select count(*) from item_link)::int as links,
      (select count(*) from duplicate)::int as questions, (select count(*) from item_identifier where cardinality(item_ids) > 1)::int as shared`);
    expect(counts).toEqual({ items: 40, links: 120, questions: 0, shared: 0 });

    // Each item is what its three links last said together, and each of its versions followed the one before it.
    const items = await hub.database.query<{
      attributes: Record<string, unknown>;
      said: Record<string, unknown>[];
      version: number;
      ended: number;
    }>(sql`select i.attributes,
        (select array_agg(l.said -> 'attributes') from item_link l where l.item_id = i.id) as said, i.version,
        (select count(distinct v.version) from item_version v where v.item_id = i.id)::int as ended
      from item i`);
    for (const { attributes, said, version, ended } of items) {
      expect(attributes).toEqual(Object.assign({ lifecycleState: 'in_use' }, ...said));
      expect(ended).toBe(version - 1);
    }
  }, 90_000);
});

describe('a word that changes nothing', () => {
  it('is not passed over by whoever decides on all words at the same moment', async () => {
    const said = (source: string, attributes: object) =>
      aServer(`${source}-quiet`, { serialNumber: 'SN-QUIET', manufacturer: 'Dell', ...attributes });
    const delta = { relations: [], removedKeys: [], removedRelations: [] };
    await hub.sources.takeDelta({ source: 'agent', items: [said('agent', { cpuCores: 8 })], ...delta }, mine());
    await hub.sources.takeDelta({ source: 'vcenter', items: [said('vcenter', {})], ...delta }, mine());
    const model = await openModels(hub.database).current();
    const decide = (source: string, attributes: object) =>
      decideItems({ database: hub.database, model, source, author: { actorId: 'x', actorName: 'x' }, now: Date.now(), newId: () => newUuid() }, [
        { ...said(source, attributes), hosts: {} },
      ]);
    // The agent withdraws the value that was its word, while vcenter says one that did not count beside it.
    const [withdrawn, kept] = await Promise.all([decide('agent', {}), decide('vcenter', { cpuCores: 4 })]);
    await hub.database.commit({ statements: kept.statements, events: kept.events });
    await expect(hub.database.commit({ statements: withdrawn.statements, events: withdrawn.events })).rejects.toMatchObject({ kind: 'conflict' });
  });
});
