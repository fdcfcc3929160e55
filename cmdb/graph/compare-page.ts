import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Ends, type Fact, hashFacts, itemFact, relationFact, wayFact, waysOf } from './facts.ts';
import { inTransaction, type ProjectedItem, type ProjectedRelation, type Space, toRelationshipType, type Ways } from './projection.ts';
import { readItemsAfter, readRelations } from './read-records.ts';

/** What one side holds of the items in a range of ids, and of what goes out from them. */
export interface Side {
  items: number;
  /** Those that are there now. */
  relations: number;
  hash: string;
  facts: readonly Fact[];
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
export async function readPage({ space, database, ways }: Comparing, after: string, pageSize: number): Promise<Page> {
  const items = await readItemsAfter(database, after, pageSize);
  const last = items.length < pageSize ? undefined : items.at(-1)?.id;
  const [records, projection] = await Promise.all([readRecordedSide(database, ways, items), readProjectedSide(space, ways, after, last)]);
  return { records, projection, ...(last !== undefined && { next: last }) };
}

async function readRecordedSide(database: Database, ways: Ways, items: readonly ProjectedItem[]): Promise<Side> {
  const ids = items.map(({ id }) => id);
  const isHere = new Set(ids);
  const touching = await readRelations(database, sql`from_id = any(${ids}::uuid[]) or (state = 'active' and to_id = any(${ids}::uuid[]))`);
  const outgoing = touching.filter(({ fromId }) => isHere.has(fromId));
  const facts = [
    ...items.map(itemFact),
    ...outgoing.map(relationFact),
    ...touching.flatMap((relation) =>
      waysOf(relation, ways).flatMap(({ fromId, toId }) => (isHere.has(fromId) ? wayFact(relation.id, relation.type, fromId, toId) : [])),
    ),
  ];
  return { items: items.length, relations: outgoing.filter(({ state }) => state === 'active').length, hash: hashFacts(facts), facts };
}

async function readProjectedSide(space: Space, { relationTypes }: Ways, after: string, last: string | undefined): Promise<Side> {
  const typeOf = new Map([...relationTypes.keys()].map((type) => [toRelationshipType(type), type]));
  const range = `item.id > $after ${last === undefined ? '' : 'and item.id <= $last'}`;
  return inTransaction(space, 'READ', async (tx) => {
    const found = await tx.run(
      `match (item:${space.label}) where ${range} return item.id as id, item.version as version, item.class as class, item.name as name,
        item.source as source, item.key as key, item.state as state`,
      { after, ...(last !== undefined && { last }) },
    );
    const outgoing = await tx.run(
      `match (item:${space.label})-[r]->(other:${space.label}) where ${range}
        return r.id as id, r.version as version, type(r) as kind, r.type as type, item.id as fromId, other.id as toId`,
      { after, ...(last !== undefined && { last }) },
    );
    let relations = 0;
    const facts = found.records.map((record) => itemFact(record.toObject() as ProjectedItem));
    for (const record of outgoing.records) {
      const { id: given, version, kind, type, fromId, toId } = record.toObject() as ProjectedRelation & { kind: string; id: string | null };
      const id = given ?? '';
      if (kind === 'AFFECTS') facts.push(wayFact(id, type, fromId, toId));
      else if (kind === 'REMOVED') facts.push(relationFact({ id, version, type, fromId, toId, state: 'removed' }));
      else {
        relations++;
        facts.push(relationFact({ id, version, type: typeOf.get(kind) ?? kind, fromId, toId, state: 'active' }));
      }
    }
    return { items: found.records.length, relations, hash: hashFacts(facts), facts };
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
