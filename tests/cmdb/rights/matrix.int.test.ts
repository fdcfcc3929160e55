import type { Item, ItemVersion, Relation, Surroundings } from '../../../generated/opora/cmdb/v1/cmdb.ts';
import { newUuid } from '../../../platform/clock/clock.ts';
import type { Grant, Principal } from '../../../platform/rpc/call.ts';
import { type EdgeHub, startHub } from '../../edge/start-hub.ts';
import { type Ask, askByGrpc, askByRest, methodsOfCmdb, type Told } from './ask.ts';
import { expectCauses, expectDrawings, expectPaths } from './expect-graph.ts';
import { methods } from './methods.ts';
import { changes, makeWorld, type Person, people, sees, type Thing, type World } from './world.ts';

let hub: EdgeHub;
let world: World;
const doors = new Map<string, { gRPC: Ask; REST: Ask }>();
const asked = new Set<string>();

beforeAll(async () => {
  hub = await startHub(['cmdb'], {}, 'gRPC');
  for (const person of people) doors.set(person.name, await admit(person));
  world = await makeWorld(doorOf(people[0] as Person, 'gRPC'));
});
afterAll(() => hub.stop());

/** A role with these rights, an account that has it, its token, and the same as a principal past the edge. */
async function admit({ name, read, write, sensitive }: Person): Promise<{ gRPC: Ask; REST: Ask }> {
  const grantsOf = (permission: string, held: Person['write']) => (Array.isArray(held) ? held.map((where): Grant => ({ permission, where })) : []);
  const permissions = [
    ...(read === 'all' ? ['cmdb.read', 'cmdb.manage'] : []),
    ...(write === 'all' ? ['cmdb.write'] : []),
    ...(sensitive ? ['cmdb.read_sensitive'] : []),
  ];
  const grants = [...grantsOf('cmdb.read', read), ...grantsOf('cmdb.write', write)];
  const made = await hub.api.post('/api/v1/roles', { name, titleEn: name, titleRu: name, permissions, grants });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const { id, api } = await hub.newAccount(name, [name]);
  const principal: Principal = { kind: 'account', id, name, permissions, ...(grants.length > 0 && { grants }) };
  const gRPC = askByGrpc(hub, principal);
  return { gRPC, REST: askByRest(hub, api, gRPC) };
}

function doorOf({ name }: Person, door: 'gRPC' | 'REST'): Ask {
  return async (method, request) => {
    const ask = doors.get(name)?.[door];
    if (!ask) throw new Error(`Nobody let ${name} in.`);
    asked.add(method);
    return ask(method, request);
  };
}

const never = '01900000-0000-7000-8000-000000000000';
/** Everybody by one of the two doors, and some by both: behind them it is the same. */
const anyone = people.flatMap((person, index) =>
  (['gRPC', 'REST'] as const).filter((_, door) => index % 2 === door || index % 3 === 1).map((door) => [person.name, door, person] as const),
);
const restricted = anyone.filter(([, , { read }]) => read !== 'all');

/** Nothing that was told may hold a word of what the person may not see, but for ids that stood in the question itself. */
function expectNoLeak(person: Person, told: Told, request: object): void {
  const own = JSON.stringify(request);
  for (const thing of world.things) {
    const { mark, item, costs } = thing;
    const hidden = sees(person, thing) ? [] : [mark, ...(own.includes(item.id) ? [] : [item.id])];
    for (const word of [...hidden, ...(person.sensitive ? [] : costs)]) expect(told.text).not.toContain(word);
  }
}

/** Asks, looks for leaks, and gives what was told. */
function carefully(person: Person, door: 'gRPC' | 'REST'): Ask {
  const ask = doorOf(person, door);
  return async (method, request) => {
    const told = await ask(method, request);
    expectNoLeak(person, told, request);
    return told;
  };
}

const marksIn = ({ text }: Told) => [...new Set(text.match(/zq\d+zq/g) ?? [])].sort();
const marksOf = (things: Thing[]) => things.map(({ mark }) => mark).sort();

describe('every method of the contract', () => {
  it('says how it keeps the rights on some items only: a new one is named in methods.ts and, when it is restricted, asked below', () => {
    const declared = methodsOfCmdb(hub.contract).map(({ name, restricted: is }) => [name, is ? 'asked' : 'whole']);
    expect(Object.fromEntries(declared)).toEqual(methods);
  });

  it.each(restricted)('is refused to %s by %s where it needs the permission for all items', async (_, door, person) => {
    const ask = doorOf(person, door);
    for (const { name, takesStream, pathFields } of methodsOfCmdb(hub.contract).map((method) => ({
      ...method,
      pathFields: method.http?.pathFields ?? [],
    }))) {
      if (methods[name] !== 'whole' || takesStream) continue;
      const { outcome, text } = await ask(name, Object.fromEntries(pathFields.map((field) => [field, never])));
      expect([name, outcome]).toEqual([name, 'not_allowed']);
      expect(text).toContain('This needs the permission');
    }
  });
});

describe.each(anyone)('%s by %s', (_, door, person) => {
  const ask = carefully(person, door);
  const seen = () => world.things.filter((thing) => sees(person, thing));

  it('reads of each item what may be seen, and of others the words for what never was', async () => {
    const readThing = async (thing: Thing) => {
      const { id } = thing.item;
      const questions: [string, object][] = [
        ['GetItem', { id }],
        ['GetItem', { id, asOf: world.early }],
        ['GetItemHistory', { id }],
        ['DiffItem', { id, from: 1 }],
        ['DiffItem', { id, fromTime: world.early }],
        ['ExplainItem', { id }],
        ['Compare', { item: id, from: world.early, kinds: [] }],
        ['Compare', { below: id, hours: 24, kinds: [] }],
        ['GetNeighbours', { id, type: [] }],
        ['GetNeighbours', { id, type: [], asOf: world.late }],
        ['GetImpact', { id, down: [] }],
        ['GetImpact', { id, down: [], asOf: world.late }],
        ['GetTimeline', { id, kind: [] }],
        ['GetTimeline', { id, kind: [], below: true }],
      ];
      for (const [method, request] of questions) {
        const told = await ask(method, request);
        if (sees(person, thing)) expect([method, told.outcome]).toEqual([method, 'ok']);
        else {
          const none = await ask(method, Object.fromEntries(Object.entries(request).map(([field, value]) => [field, value === id ? never : value])));
          expect([method, told.outcome, told.text]).toEqual([method, 'not_found', none.text.replaceAll(never, id)]);
        }
      }
      if (!sees(person, thing)) return;
      const { answer, text } = await ask('GetItem', { id });
      // Methods are asked by their names here, so the compiler does not know their answers; so below.
      const { masked } = answer as unknown as Item;
      expect([masked, text.includes(thing.costs[1])]).toEqual(person.sensitive ? [[], true] : [['cost'], false]);
      const versions = (await ask('GetItemHistory', { id })).answer['items'] as ItemVersion[];
      expect(versions.map((version) => [version.version, version.masked])).toEqual(
        [2, 1].map((version) => [version, person.sensitive ? [] : ['cost']]),
      );
      const diff = await ask('DiffItem', { id, from: 1 });
      expect([diff.text.includes('attributes.cost'), diff.answer['masked']]).toEqual(person.sensitive ? [true, []] : [false, ['cost']]);
    };
    await Promise.all(world.things.map(readThing));
  });

  it('finds all that may be seen, and nothing else, in lists, pages, searches and names', async () => {
    const list = async (more: object) => marksIn(await ask('ListItems', { limit: 100, ...more }));
    for (const sort of ['name', '-name', 'updatedAt', '-updatedAt']) expect(await list({ sort })).toEqual(marksOf(seen()));
    expect(await list({ q: 'zq' })).toEqual(marksOf(seen()));
    for (const { mark } of world.things) {
      const own = marksOf(seen().filter((thing) => thing.mark === mark));
      // What is looked for in vain is taken for a mistake, whether it is hidden or never was.
      expect(await list({ q: mark })).toEqual(own.length > 0 ? own : await list({ q: 'zq9zq' }));
    }
    expect(marksOf(seen())).toEqual(expect.arrayContaining(await list({ q: 'zq9zq' })));
    expect(await list({ class: 'hardware' })).toEqual(marksOf(seen().filter((thing) => thing.class !== 'virtual_machine')));
    expect(await list({ organisation: 'A', site: 'N' })).toEqual(
      marksOf(seen().filter(({ organisation, site }) => organisation === 'A' && site === 'N')),
    );
    expect(await list({ q: world.things[0]?.costs[1] })).toEqual([]);
    const compared = await ask('Compare', { class: 'configuration_item', from: world.early, kinds: ['items'], limit: 500 });
    expect(marksIn(compared)).toEqual(marksOf(seen()));
    const paged: string[] = [];
    for (let after: string | undefined; ; ) {
      const told = await ask('ListItems', { limit: 2, ...(after !== undefined && { after }) });
      paged.push(...marksIn(told));
      after = told.answer['next'] as string | undefined;
      if (after === undefined) break;
    }
    expect(paged.sort()).toEqual(marksOf(seen()));
    const file = await ask('ExportItems', { format: 'csv', columns: [] });
    expect([file.outcome, marksIn(file)]).toEqual(['ok', marksOf(seen())]);
    for (const by of [{ where: ['cost>1'] }, { where: ['!cost?'] }])
      expect((await ask('ExportItems', { format: 'csv', columns: [], ...by })).outcome).toBe(person.sensitive ? 'ok' : 'not_allowed');
    const costs = await ask('ExportItems', { format: 'csv', class: 'hardware', columns: ['name', 'cost'] });
    expect(costs.outcome).toBe(person.sensitive ? 'ok' : 'not_allowed');
    const names = world.things.flatMap(({ mark }) => [`name ${mark}`, `${mark}.corp`]);
    const found = (await doorOf(person, door)('ResolveItems', { names })).answer['items'] as { itemId: string }[];
    const seenIds = seen()
      .map(({ item }) => item.id)
      .sort();
    expect([...new Set(found.map(({ itemId }) => itemId))].sort()).toEqual(seenIds);
    const described = await doorOf(person, door)('DescribeItems', { ids: world.things.map(({ item }) => item.id) });
    expect((described.answer['items'] as { id: string }[]).map(({ id }) => id).sort()).toEqual(seenIds);
    expect(marksIn(described)).toEqual(marksOf(seen()));
  });

  it('is told of all that is reached, names only what may be seen, and sees a relation with both of its ends', async () => {
    for (const [index, thing] of world.things.entries()) {
      if (!sees(person, thing)) continue;
      for (const moment of [{}, { asOf: world.late }]) {
        const around = await ask('GetNeighbours', { id: thing.item.id, depth: 6, type: ['depends_on'], ...moment });
        expectReached(person, around.answer as unknown as Surroundings, [...chainFrom(index, -1), ...chainFrom(index, 1)]);
        const impact = (await ask('GetImpact', { id: thing.item.id, down: [], ...moment })).answer as unknown as Surroundings;
        const up = chainFrom(index, 1);
        expectReached(person, impact, up);
        expect(impact.summary?.broken).toBe(up.length);
        expect(impact.summary?.classes.reduce((sum, { items }) => sum + items, 0)).toBe(up.length - impact.hidden);
      }
      const relations = (await ask('ListRelations', { itemId: thing.item.id })).answer['items'] as Relation[];
      expect(relations.map(({ id }) => id).sort()).toEqual(
        world.chain
          .filter((relation, end) => (end === index || end + 1 === index) && isSeen(person, relation))
          .map(({ id }) => id)
          .sort(),
      );
    }
    for (const relation of world.chain) {
      for (const method of ['GetRelation', 'GetRelationHistory']) {
        const told = await ask(method, { id: relation.id });
        expect([method, told.outcome]).toEqual([method, isSeen(person, relation) ? 'ok' : 'not_found']);
        if (told.outcome !== 'ok') expect(told.text).toBe((await ask(method, { id: never })).text.replaceAll(never, relation.id));
      }
    }
    const hidden = world.things.find((thing) => !sees(person, thing));
    if (hidden) expect((await ask('ListRelations', { itemId: hidden.item.id })).answer['items']).toEqual([]);
    expect((await ask('ListRelations', {})).outcome).toBe(person.read === 'all' ? 'ok' : 'invalid_input');
  });

  it('is shown the whole way between two items, with a step without a name for each that is hidden', () =>
    expectPaths({ person, ask, world, never }));

  it('is drawn everything around an item, without a name what is hidden', () => expectDrawings({ person, ask, world, never }));

  it('is told of all that may have broken an item, without a name and a reason what is hidden', () => expectCauses({ person, ask, world, never }));

  it('changes only what may be changed as it is, and as it would become', async () => {
    const { write } = person;
    const expected = (thing: Thing) => (changes(person, thing) ? 'ok' : write === 'none' || sees(person, thing) ? 'not_allowed' : 'not_found');
    for (const thing of world.things) {
      const { id, version } = thing.item;
      const target = { id, expectedVersion: version };
      const patch = { ...target, addLookups: [], removeLookups: [] };
      for (const [method, request] of [
        ['UpdateItem', patch],
        ['RevertItem', { ...target, to: version }],
      ] as const) {
        const told = await ask(method, request);
        expect([method, thing.mark, told.outcome]).toEqual([method, thing.mark, expected(thing)]);
      }
      if (!changes(person, thing)) {
        expect((await ask('RetireItem', target)).outcome).toBe(expected(thing));
        continue;
      }
      const elsewhere = { class: thing.class, organisation: 'Z', site: 'Z' };
      if (!changes(person, elsewhere))
        expect((await ask('UpdateItem', { ...patch, attributes: JSON.stringify({ organisation: 'Z', site: 'Z' }) })).outcome).toBe('not_allowed');
      if (!person.sensitive) {
        const told = await ask('UpdateItem', { ...patch, attributes: '{"cost": 1}' });
        expect([told.outcome, told.text]).toEqual(['not_allowed', expect.stringContaining('/attributes/cost')]);
      }
    }
    for (const [index, relation] of world.chain.entries()) {
      const ends = [world.things[index], world.things[index + 1]] as [Thing, Thing];
      if (ends.every((end) => changes(person, end))) continue;
      const isKnown = ends.every((end) => sees(person, end) || changes(person, end));
      expect((await ask('DeleteRelation', { id: relation.id })).outcome).toBe(write === 'none' || isKnown ? 'not_allowed' : 'not_found');
      const made = await ask('CreateRelation', { type: 'documents', fromId: relation.fromId, toId: relation.toId });
      expect(made.outcome).toBe(write === 'none' || isKnown ? 'not_allowed' : 'invalid_input');
    }
  });

  it('makes items where they may be changed, retires them, and speaks for no source', async () => {
    for (const { class: itemClass, organisation, site } of world.things) {
      const made = { class: itemClass, name: newUuid(), lookups: [], attributes: JSON.stringify({ organisation, site }) };
      const isAllowed = changes(person, { class: itemClass, ...(organisation && { organisation }), ...(site && { site }) });
      const told = await ask('CreateItem', made);
      expect(told.outcome).toBe(isAllowed ? 'ok' : 'not_allowed');
      if (isAllowed) expect((await ask('RetireItem', { id: told.answer['id'], expectedVersion: 1 })).outcome).toBe('ok');
      const forSource = await ask('CreateItem', { ...made, source: 'vcenter', key: newUuid(), name: newUuid() });
      expect(forSource.outcome).toBe(person.write === 'all' ? 'ok' : 'not_allowed');
      if (forSource.outcome === 'ok') await ask('RetireItem', { id: forSource.answer['id'], expectedVersion: 1 });
    }
  });

  it('keeps queries, which find and count what whoever runs them may see', async () => {
    const made = await ask('CreateQuery', { name: newUuid(), filter: { class: 'hardware', ids: [], where: [] }, columns: [], shared: 'everyone' });
    expect(made.outcome).toBe('ok');
    const { id } = made.answer;
    for (const method of ['GetQuery', 'ListQueries', 'GetSearchStatus']) expect((await ask(method, { id })).outcome).toBe('ok');
    const hardware = seen().filter((thing) => thing.class !== 'virtual_machine');
    expect(marksIn(await ask('ListItems', { query: id, limit: 100 }))).toEqual(marksOf(hardware));
    expect((await ask('CountQuery', { id })).answer['count']).toBe(hardware.length);
    for (const asked of [{ filter: { ids: [], where: ['cost>1'] } }, { filter: { ids: [], where: [] }, sort: 'attributes.cost' }]) {
      const { outcome } = await ask('CreateQuery', { name: newUuid(), columns: [], ...asked });
      expect(outcome).toBe(person.sensitive ? 'ok' : 'not_allowed');
    }
    for (const asked of [{ where: ['cost>1'] }, { sort: 'attributes.cost', class: 'hardware' }])
      expect((await ask('ListItems', asked)).outcome).toBe(person.sensitive ? 'ok' : 'not_allowed');
    expect((await ask('UpdateQuery', { id, expectedVersion: 1, columns: ['name'] })).outcome).toBe('ok');
    expect((await ask('DeleteQuery', { id })).outcome).toBe('ok');
  });

  it('knows the words of the model', async () => {
    for (const method of ['ListClasses', 'ListRelationTypes']) expect((await ask(method, {})).outcome).toBe('ok');
    for (const method of ['GetClass', 'GetTemplate']) expect((await ask(method, { name: 'server' })).outcome).toBe('ok');
    expect((await ask('GetRelationType', { name: 'depends_on' })).outcome).toBe('ok');
  });
});

it('has asked every method that is restricted', () => {
  expect(Object.keys(methods).filter((name) => methods[name] === 'asked' && !asked.has(name))).toEqual([]);
});

interface Link {
  thing: Thing;
  distance: number;
  /** The one before it on the way. */
  before: Thing;
}

/** Things at most six steps along the chain. */
function chainFrom(from: number, step: 1 | -1): Link[] {
  return [1, 2, 3, 4, 5, 6].flatMap((distance) => {
    const [thing, before] = [world.things[from + step * distance], world.things[from + step * (distance - 1)]];
    return thing && before ? { thing, distance, before } : [];
  });
}

function expectReached(person: Person, { items, hidden }: Surroundings, links: Link[]): void {
  const shown = links.filter(({ thing }) => sees(person, thing));
  const expected = shown.map(({ thing, distance, before }) => ({
    id: thing.item.id,
    distance,
    viaHidden: !sees(person, before),
    ...(sees(person, before) && { viaId: before.item.id, viaType: 'depends_on' }),
  }));
  const byPlace = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
  const told = items.map(({ id, distance, viaHidden, viaId, viaType }) => ({
    id,
    distance,
    viaHidden,
    ...(viaId !== undefined && { viaId }),
    ...(viaType !== undefined && { viaType }),
  }));
  expect([hidden, told.sort(byPlace)]).toEqual([links.length - shown.length, expected.sort(byPlace)]);
}

function isSeen(person: Person, { fromId, toId }: Relation): boolean {
  return world.things.filter(({ item }) => item.id === fromId || item.id === toId).every((thing) => sees(person, thing));
}
