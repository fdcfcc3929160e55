import { aCall, openAlone } from '../../tests/cmdb/alone.ts';
import { itemUseCases } from '../items.ts';
import { relationUseCases } from '../relations.ts';
import { collectItems, collectRelations } from './collect-within.ts';
import { comparing } from './compare.ts';
import { reachBelow } from './reach-below.ts';

let hub: Awaited<ReturnType<typeof openAlone>>;
/** A server that depends on three others, all at the site A. */
let ids: string[];
beforeAll(async () => {
  hub = await openAlone();
  const call = () => aCall(hub.database);
  const create = (name: string) =>
    itemUseCases(hub).create({ class: 'server', name, lookups: [], attributes: '{"site": "A"}' }, call(), ({ id }) => id);
  ids = [await create('top'), await create('first'), await create('second'), await create('third')];
  for (const toId of ids.slice(1))
    await relationUseCases(hub).create({ type: 'depends_on', fromId: ids[0] as string, toId }, call(), () => undefined);
});
afterAll(() => hub.close());

const since = () => ({ from: 0, to: Date.now() });
const never = Number.POSITIVE_INFINITY;
const past = Number.NEGATIVE_INFINITY;

describe('a comparison that would be too much', () => {
  it('reaches below an item no further than the cap and the time', async () => {
    const model = await hub.models.current();
    const reach = async (most: number, until: number) => {
      const { ids: found, isCut } = await reachBelow(hub.database, ids[0] as string, Date.now(), model, { most, until });
      return [found.length, isCut];
    };
    expect([await reach(4, never), await reach(3, never), await reach(4, past)]).toEqual([
      [4, false],
      [3, true],
      [1, true],
    ]);
  });

  it('takes the items of a site that were changed last, and as many relations of them as there is room and time for', async () => {
    const place = { site: 'A' };
    const collecting = { place, span: since(), mostItems: 4, mostRelations: 3, until: never };
    expect(await collectItems(hub.database, collecting)).toMatchObject({ ids: { length: 4 }, cuts: [] });
    expect(await collectItems(hub.database, { ...collecting, mostItems: 3 })).toMatchObject({ ids: { length: 3 }, cuts: [{ by: 'items' }] });
    expect(await collectRelations(hub.database, collecting, ids)).toMatchObject({ ids: { length: 3 }, cuts: [] });
    expect(await collectRelations(hub.database, { ...collecting, mostRelations: 2 }, ids)).toMatchObject({
      ids: { length: 2 },
      cuts: [{ by: 'limit' }],
    });
    expect(await collectRelations(hub.database, { ...collecting, until: past }, ids)).toMatchObject({ ids: [], cuts: [{ by: 'time' }] });
  });

  it('looks through all changed relations when the site has very many items, unless those are too many too', async () => {
    const many = [...ids, ...Array.from({ length: 20_001 }, () => ids[0] as string)];
    const collecting = { place: { site: 'A' }, span: since(), mostItems: 3, mostRelations: 3, until: past };
    expect(await collectRelations(hub.database, collecting, many)).toMatchObject({ ids: { length: 3 }, cuts: [] });
    expect(await collectRelations(hub.database, { ...collecting, mostItems: 2 }, many)).toMatchObject({ ids: [], cuts: [{ by: 'time' }] });
    expect(await collectRelations(hub.database, { ...collecting, place: { site: 'B' } }, many)).toMatchObject({ ids: [], cuts: [] });
  });

  it('says what was left out, and tells the rest', async () => {
    const call = { ...aCall(hub.database), deadline: Date.now() };
    const { items, cuts } = await comparing(hub)({ below: ids[0] as string, hours: 1, kinds: ['items'] }, call);
    expect([items.map(({ name }) => name), cuts]).toEqual([['top'], [{ by: 'time', message: 'Only 1 of the items below were compared.' }]]);
  });
});
