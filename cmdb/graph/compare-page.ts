import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Ends, type Fact, hashText, itemFact, joinFacts, relationFact, toHex, wayFact, waysOf } from './facts.ts';
import { inTransaction, type ProjectedItem, type Space, toRelationshipType, type Ways } from './projection.ts';
import { readItemsAfter, readRelations } from './read-records.ts';

/** What one side holds of the items in a range of ids, and of what goes out from them. */
export interface Side {
  items: number;
  /** Those that are there now. */
  relations: number;
  hash: string;
  /** All that it says; nothing where both sides say the same. */
  facts: readonly Fact[];
}

/** What one side says, by the item that it is about or goes out from. */
interface Said {
  items: number;
  relations: number;
  facts: ReadonlyMap<string, readonly Fact[]>;
}

/** Both sides as they were read. */
export interface PageRead {
  records: Said;
  projection: Said;
  next?: string;
}

export interface Difference {
  kind: 'item' | 'relation';
  /** Empty for relationships that have none. */
  id: string;
  /** missing: the projection has nothing of it; unknown: the records have nothing of it; different: they say different things. */
  problem: 'missing' | 'unknown' | 'different';
  /** Where the relationships are that it is about. */
  ends: Ends[];
}

export interface Page {
  records: Side;
  projection: Side;
  /** The last id of the page; undefined when it is the last page. */
  next?: string;
}

export interface Comparing {
  space: Space;
  database: Database;
  ways: Ways;
}

/** Both sides of the items that come after an id, as many as fit on a page of the records. */
export async function readPage({ space, database, ways }: Comparing, after: string, pageSize: number): Promise<PageRead> {
  const items = await readItemsAfter(database, after, pageSize);
  const last = items.length < pageSize ? undefined : items.at(-1)?.id;
  const [records, projection] = await Promise.all([readRecordedSide(database, ways, items), readProjectedSide(space, ways, after, last)]);
  return { records, projection, ...(last !== undefined && { next: last }) };
}

/** Compares what was read, item by item: where both sides say the same of one, it is hashed once. */
export function weighPage({ records, projection, ...place }: PageRead): Page {
  const sums = { records: 0n, projection: 0n };
  let isEqual = true;
  for (const id of new Set([...records.facts.keys(), ...projection.facts.keys()])) {
    const [ours, theirs] = [joinFacts(records.facts.get(id)), joinFacts(projection.facts.get(id))];
    const hash = hashText(ours);
    sums.records += hash;
    sums.projection += ours === theirs ? hash : hashText(theirs);
    isEqual &&= ours === theirs;
  }
  const toSide = ({ items, relations, facts }: Said, sum: bigint): Side => ({
    items,
    relations,
    hash: toHex(sum),
    facts: isEqual ? [] : [...facts.values()].flat(),
  });
  return { records: toSide(records, sums.records), projection: toSide(projection, sums.projection), ...place };
}

async function readRecordedSide(database: Database, ways: Ways, items: readonly ProjectedItem[]): Promise<Said> {
  const ids = items.map(({ id }) => id);
  const facts = new Map(items.map((item): [string, Fact[]] => [item.id, [itemFact(item)]]));
  const back = [...ways.relationTypes.values()].flatMap(({ name, failure }) => (failure === 'backward' || failure === 'both' ? name : []));
  const touching = await readRelations(
    database,
    sql`from_id = any(${ids}::uuid[]) or (state = 'active' and to_id = any(${ids}::uuid[]) and type = any(${back}))`,
  );
  let relations = 0;
  for (const relation of touching) {
    const { id, type, fromId, state } = relation;
    facts.get(fromId)?.push(relationFact(relation));
    if (state === 'active' && facts.has(fromId)) relations++;
    for (const way of waysOf(relation, ways)) facts.get(way.fromId)?.push(wayFact(id, type, way.fromId, way.toId));
  }
  return { items: items.length, relations, facts };
}

type Outgoing = [id: string | null, version: number, kind: string, type: string, toId: string];

async function readProjectedSide(space: Space, { relationTypes }: Ways, after: string, last: string | undefined): Promise<Said> {
  const typeOf = new Map([...relationTypes.keys()].map((type) => [toRelationshipType(type), type]));
  const range = `item.id > $after ${last === undefined ? '' : 'and item.id <= $last'}`;
  const parameters = { after, ...(last !== undefined && { last }) };
  return inTransaction(space, 'READ', async (tx) => {
    const found = await tx.run(
      `match (item:${space.label}) where ${range} return item.id as id, item.version as version, item.class as class, item.name as name,
        item.source as source, item.key as key, item.state as state`,
      parameters,
    );
    const outgoing = await tx.run(
      `match (item:${space.label})-[r]->(other:${space.label}) where ${range}
        return item.id as id, collect([r.id, r.version, type(r), r.type, other.id]) as outgoing`,
      parameters,
    );
    let relations = 0;
    const facts = new Map(found.records.map((record): [string, Fact[]] => [record.get('id'), [itemFact(record.toObject() as ProjectedItem)]]));
    for (const record of outgoing.records) {
      const fromId: string = record.get('id');
      const told = facts.get(fromId);
      for (const [given, version, kind, type, toId] of record.get('outgoing') as Outgoing[]) {
        const id = given ?? '';
        if (kind === 'AFFECTS') told?.push(wayFact(id, type, fromId, toId));
        else if (kind === 'REMOVED') told?.push(relationFact({ id, version, type, fromId, toId, state: 'removed' }));
        else {
          relations++;
          told?.push(relationFact({ id, version, type: typeOf.get(kind) ?? kind, fromId, toId, state: 'active' }));
        }
      }
    }
    return { items: found.records.length, relations, facts };
  });
}

/** The items and relations of which the two sides do not say the same. */
export function findDifferences({ records, projection }: Pick<Page, 'records' | 'projection'>): Difference[] {
  if (records.hash === projection.hash) return [];
  const balance = new Map<string, number>();
  for (const { text } of records.facts) balance.set(text, (balance.get(text) ?? 0) + 1);
  for (const { text } of projection.facts) balance.set(text, (balance.get(text) ?? 0) - 1);
  const known = new Set(records.facts.map(keyOf));
  const projected = new Set(projection.facts.map(keyOf));
  const differences = new Map<string, Difference>();
  for (const fact of [...records.facts, ...projection.facts]) {
    if (balance.get(fact.text) === 0) continue;
    const key = keyOf(fact);
    const { kind, id, ends } = fact;
    const found = differences.get(key) ?? {
      kind,
      id,
      problem: !known.has(key) ? 'unknown' : !projected.has(key) ? 'missing' : 'different',
      ends: [],
    };
    if (ends) found.ends.push(ends);
    differences.set(key, found);
  }
  return [...differences.values()];
}

export const keyOf = ({ kind, id }: Pick<Difference, 'kind' | 'id'>) => `${kind} ${id}`;
