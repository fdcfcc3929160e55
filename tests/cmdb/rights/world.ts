import type { Item, Relation } from '../../../generated/opora/cmdb/v1/cmdb.ts';
import type { Grant } from '../../../platform/rpc/call.ts';
import { passMoment } from '../eventually.ts';
import type { Ask } from './ask.ts';

/** Who asks: what they may read and write of the inventory, and whether they see what is sensitive. */
export interface Person {
  name: string;
  read: 'all' | Grant['where'][];
  write: 'all' | 'none' | Grant['where'][];
  sensitive: boolean;
}

const north = { site: ['N'] };
const scopes: Record<string, Grant['where'][]> = {
  servers: [{ class: ['server'] }],
  hardware: [{ class: ['hardware'] }],
  companyA: [{ organisation: ['A'] }],
  north: [north],
  serversOfA: [{ class: ['server'], organisation: ['A', 'C'] }],
  two: [north, { class: ['pump'], organisation: ['B'] }],
  nothing: [{ site: ['nowhere'] }],
};

/** Everybody: all scopes of reading; of writing the same, another one, or none; half of them with what is sensitive. */
export const people: Person[] = [
  { name: 'all', read: 'all', write: 'all', sensitive: true },
  { name: 'all_masked', read: 'all', write: 'all', sensitive: false },
  ...Object.entries(scopes).map(([name, read], index): Person => {
    const write = index % 3 === 0 ? [north] : index % 3 === 1 ? read : 'none';
    return { name: name.toLowerCase(), read, write, sensitive: index % 2 === 1 };
  }),
];

/** A thing of the world: what it is and what only those may read who may see it. */
export interface Thing {
  item: Item;
  class: string;
  organisation?: string;
  site?: string;
  /** Stands in its name, lookups and description. */
  mark: string;
  /** Its cost, which is sensitive: before and now. */
  costs: [string, string];
}

type Placed = Pick<Thing, 'class' | 'organisation' | 'site'>;

const ancestors: Record<string, string[]> = { server: ['computer', 'hardware'], pump: ['hardware'], virtual_machine: [] };

function fits(where: Grant['where'], { class: itemClass, organisation, site }: Placed): boolean {
  const isOne = (values: readonly string[] | undefined, own: readonly (string | undefined)[]) =>
    values === undefined || values.some((value) => own.includes(value));
  return (
    isOne(where['class'], [itemClass, ...(ancestors[itemClass] ?? [])]) &&
    isOne(where['organisation'], [organisation]) &&
    isOne(where['site'], [site])
  );
}

export const sees = ({ read }: Person, thing: Placed): boolean => read === 'all' || read.some((where) => fits(where, thing));
export const changes = (person: Person, thing: Placed): boolean =>
  person.write === 'all' || (person.write !== 'none' && person.write.some((where) => fits(where, thing)) && sees(person, thing));

export interface World {
  things: Thing[];
  /** Each thing depends on the one before it. */
  chain: Relation[];
  /** A moment at which everything was in its first version. */
  early: string;
  /** One at which all was as it is now, before anybody else changed anything. */
  late: string;
}

/** Things of several classes, organisations and sites, one of which is nowhere, each with a past, tied to a chain. */
export async function makeWorld(ask: Ask): Promise<World> {
  const done = async <Answer>(method: string, request: object): Promise<Answer> => {
    const { outcome, text, answer } = await ask(method, request);
    if (outcome !== 'ok') throw new Error(`${method}: ${text}`);
    return answer as Answer;
  };
  const places = [
    { class: 'server', organisation: 'A', site: 'N' },
    { class: 'pump', organisation: 'B', site: 'N' },
    { class: 'server', organisation: 'B', site: 'N' },
    { class: 'virtual_machine', organisation: 'A', site: 'S' },
    { class: 'server', organisation: 'A', site: 'S' },
    { class: 'pump', organisation: 'B', site: 'S' },
    { class: 'virtual_machine', organisation: 'B', site: 'N' },
    { class: 'server' },
  ];
  const things: Thing[] = [];
  for (const [index, place] of places.entries()) {
    const { class: itemClass, ...own } = place;
    const mark = `zq${index}zq`;
    const costs: Thing['costs'] = [`7${index + 100}41`, `7${index + 100}52`];
    const attributes = {
      ...own,
      serialNumber: `SN${mark}`,
      manufacturer: 'M',
      inventoryNumber: `IN${mark}`,
      description: `old ${mark}`,
      cost: Number(costs[0]),
    };
    const item = await done<Item>('CreateItem', {
      class: itemClass,
      name: `name ${mark}`,
      lookups: [`${mark}.corp`],
      attributes: JSON.stringify(attributes),
    });
    things.push({ item, ...place, mark, costs });
  }
  const early = await passMoment();
  for (const thing of things) {
    const patch = { description: `new ${thing.mark}`, cost: Number(thing.costs[1]) };
    const change = { id: thing.item.id, expectedVersion: 1, attributes: JSON.stringify(patch), addLookups: [], removeLookups: [] };
    thing.item = await done<Item>('UpdateItem', change);
  }
  const chain: Relation[] = [];
  for (const [index, { item }] of things.entries()) {
    const before = things[index - 1];
    if (before) chain.push(await done('CreateRelation', { type: 'depends_on', fromId: item.id, toId: before.item.id }));
  }
  return { things, chain, early, late: await passMoment() };
}
