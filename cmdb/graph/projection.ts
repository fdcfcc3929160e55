import neo4j, { type Driver, type ManagedTransaction, type Transaction } from 'neo4j-driver';
import { AppError } from '../../platform/errors/app-error.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { Failure } from '../domain/model/model.ts';

/**
 * Where the projection lives in Neo4j. Items are nodes `(:Item {id, version, …})`. A relation is a relationship of its own type, `-[:RUNS_ON {id, version}]->`,
 * and beside it `-[:AFFECTS {id, type}]->` in each direction in which failure travels, so that impact is a walk along one type. A relation that
 * ended leaves `-[:REMOVED {id, version, type}]->`, so that a late or repeated event cannot bring it back. `(:Projection {of, complete, …})` tells whether all of it is there.
 */
export interface Space {
  driver: Driver;
  /** Label of the items' nodes: `Item`, another one only in tests that share a database. */
  label: string;
  /** What the server is called among several; `neo4j` unless told. */
  name?: string;
}

export function nameOf({ name = 'neo4j' }: Space): string {
  return name;
}

export interface ProjectedItem {
  id: string;
  version: number;
  class: string;
  name: string;
  source: string;
  key: string;
  state: string;
}

export interface ProjectedRelation {
  id: string;
  version: number;
  type: string;
  fromId: string;
  toId: string;
  state: 'active' | 'removed';
}

/** The types of relations, each with the way in which failure travels. */
export type Ways = Pick<CompiledModel, 'relationTypes'>;

export interface ProjectedChanges {
  items: readonly ProjectedItem[];
  relations: readonly ProjectedRelation[];
}

/** Writes versions that are newer than those that are there; all others change nothing. Each item and relation at most once in `changes`. */
export async function writeProjected(
  tx: Transaction | ManagedTransaction,
  label: string,
  { items, relations }: ProjectedChanges,
  { relationTypes }: Ways,
): Promise<void> {
  if (items.length > 0) await tx.run(mergeItems(label), { rows: items.map(toItemRow) });
  const active = relations.filter(({ state }) => state === 'active');
  const known = await findKnown(tx, label, active);
  for (const [type, rows] of groupBy(
    active.filter(({ id }) => !known.has(id)),
    'type',
  )) {
    await tx.run(mergeRelations(label, type, relationTypes.get(type)?.failure), { rows: rows.map(toRow), type });
  }
  for (const [type, rows] of groupBy(
    relations.filter(({ state }) => state === 'removed'),
    'type',
  )) {
    await tx.run(removeRelations(label, type), { rows: rows.map(toRow), type });
  }
}

/**
 * The ids of those relations of which this or a newer version is there already, as when events come again: a look costs a fifth of a write. Without the hint
 * Neo4j would go through all that leads away from one end, and that may be a hub.
 */
async function findKnown(tx: Transaction | ManagedTransaction, label: string, relations: readonly ProjectedRelation[]): Promise<Set<string>> {
  if (relations.length === 0) return new Set();
  const types = new Set(relations.map(({ type }) => toRelationshipType(type)));
  const groups = groupBy(relations, 'fromId');
  const { records } = await tx.run(
    `unwind $groups as group
      match (a:${label} {id: group[0]})
      unwind group[1] as row
      match (b:${label} {id: row[3]}) using index b:${label}(id)
      match (a)-[known:${[...types].join('|')}]->(b) where known.id = row[0] and known.version >= row[1]
      return collect(row[0]) as ids`,
    { groups: [...groups].map(([fromId, rows]) => [fromId, rows.map(toRow)]) },
  );
  return new Set(records[0]?.get('ids') as string[]);
}

/** Writes what no other could have written: into a projection that is being made, of which each item and relation comes once. Much quicker than `writeProjected`. */
export async function createProjected(tx: Transaction, label: string, changes: ProjectedChanges, ways: Ways): Promise<void> {
  const { items, relations } = changes;
  if (items.length > 0) await tx.run(createItems(label), { rows: items.map(toItemRow) });
  let created = 0;
  for (const [type, ofType] of groupBy(relations, 'type')) {
    const failure = ways.relationTypes.get(type)?.failure;
    const active = ofType.filter(({ state }) => state === 'active');
    const removed = ofType.filter(({ state }) => state === 'removed');
    for (const [rows, write] of [
      [active, createRelations(type, failure)],
      [removed, 'create (a)-[:REMOVED {id: row[0], version: row[1], type: $type}]->(b)'],
    ] as const) {
      if (rows.length === 0) continue;
      const { records } = await tx.run(
        `unwind $rows as row match (a:${label} {id: row[2]}) match (b:${label} {id: row[3]}) ${write} return count(*) as created`,
        { rows: rows.map(toRow), type },
      );
      created += Number(records[0]?.get('created'));
    }
  }
  // An end came after the items had been read: the event of this relation is still to come, but it need not be waited for.
  if (created < relations.length) await writeProjected(tx, label, { items: [], relations }, ways);
}

/**
 * Keeps everybody else from writing to this projection until the transaction ends, and then looks at `condition`, a condition on `projection` that others may have
 * been about to change; `set` is what is to be set of it. False when the condition does not hold.
 */
export async function holdProjection(
  tx: Transaction,
  label: string,
  { condition, set }: { condition: string; set: string },
  parameters: Record<string, unknown> = {},
): Promise<boolean> {
  const { records } = await tx.run(
    `match (projection:Projection {of: $of}) set projection.held = timestamp()
      with projection where ${condition} set ${set} return 1`,
    { ...parameters, of: label },
  );
  return records.length > 0;
}

/** `runs_on` → `RUNS_ON`. It becomes part of a query's text, so only words of the model's form pass. */
export function toRelationshipType(type: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(type)) throw new AppError('invalid_input', `"${type}" cannot be the type of a relation.`);
  return type.toUpperCase();
}

function createItems(label: string): string {
  return `unwind $rows as row
    create (:${label} {id: row[0], version: row[1], class: row[2], name: row[3], source: row[4], key: row[5], state: row[6]})`;
}

function mergeItems(label: string): string {
  return `unwind $rows as row
    merge (item:${label} {id: row[0]})
    with item, row where item.version is null or item.version < row[1]
    set item.version = row[1], item.class = row[2], item.name = row[3], item.source = row[4], item.key = row[5], item.state = row[6]`;
}

function mergeRelations(label: string, type: string, failure: Failure = 'none'): string {
  const forward = failure === 'forward' || failure === 'both' ? 'merge (a)-[:AFFECTS {id: row[0], type: $type}]->(b)' : '';
  const backward = failure === 'backward' || failure === 'both' ? 'merge (b)-[:AFFECTS {id: row[0], type: $type}]->(a)' : '';
  return `unwind $rows as row
    merge (a:${label} {id: row[2]})
    merge (b:${label} {id: row[3]})
    with a, b, row
    optional match (a)-[gone:REMOVED {id: row[0]}]->(b)
    with a, b, row, gone where gone is null or gone.version < row[1]
    merge (a)-[relation:${toRelationshipType(type)}]->(b)
    with a, b, row, gone, relation where relation.version is null or relation.version < row[1]
    set relation.id = row[0], relation.version = row[1]
    delete gone
    ${forward}
    ${backward}`;
}

function createRelations(type: string, failure: Failure = 'none'): string {
  return `create (a)-[:${toRelationshipType(type)} {id: row[0], version: row[1]}]->(b)
    ${failure === 'forward' || failure === 'both' ? 'create (a)-[:AFFECTS {id: row[0], type: $type}]->(b)' : ''}
    ${failure === 'backward' || failure === 'both' ? 'create (b)-[:AFFECTS {id: row[0], type: $type}]->(a)' : ''}`;
}

function groupBy(relations: readonly ProjectedRelation[], key: 'type' | 'fromId'): Map<string, ProjectedRelation[]> {
  const groups = new Map<string, ProjectedRelation[]>();
  for (const relation of relations) {
    const group = groups.get(relation[key]);
    if (group) group.push(relation);
    else groups.set(relation[key], [relation]);
  }
  return groups;
}

function removeRelations(label: string, type: string): string {
  return `unwind $rows as row
    merge (a:${label} {id: row[2]})
    merge (b:${label} {id: row[3]})
    with a, b, row
    optional match (a)-[relation:${toRelationshipType(type)}]->(b)
    with a, b, row, relation where relation is null or relation.version < row[1]
    merge (a)-[gone:REMOVED {id: row[0]}]->(b)
    set gone.type = $type, gone.version = case when gone.version > row[1] then gone.version else row[1] end
    with a, b, row, relation
    optional match (a)-[affects:AFFECTS {id: row[0]}]-(b)
    delete relation, affects`;
}

/** Lists cost half of what maps do on their way to Neo4j and in it. */
function toItemRow({ id, version, class: itemClass, name, source, key, state }: ProjectedItem): unknown[] {
  return [id, neo4j.int(version), itemClass, name, source, key, state];
}

function toRow({ id, version, fromId, toId }: ProjectedRelation): unknown[] {
  return [id, neo4j.int(version), fromId, toId];
}

/** A fault that passes by itself becomes `unavailable`; everything else comes back as it is. */
export function translateNeo4jError(error: unknown): unknown {
  if (neo4j.isRetryableError(error as Error) || isOutOfConnections(error))
    return new AppError('unavailable', 'Neo4j does not answer at the moment.', { retryAfterSeconds: 2, cause: error });
  return error;
}

/** A server that accepts connections and says nothing; to the driver that is no fault that passes, and it has no code for it. */
function isOutOfConnections(error: unknown): boolean {
  return error instanceof neo4j.Neo4jError && error.message.startsWith('Connection acquisition timed out');
}

/** Runs in one transaction that is rolled back on a fault and never tried again here: who calls knows when it is worth it. */
export async function inTransaction<Result>(
  { driver }: Space,
  access: 'READ' | 'WRITE',
  work: (tx: Transaction) => Promise<Result>,
  timeout?: number,
): Promise<Result> {
  const session = driver.session({ defaultAccessMode: access });
  try {
    const tx = await session.beginTransaction(timeout === undefined ? {} : { timeout });
    const result = await work(tx);
    await tx.commit();
    return result;
  } catch (error) {
    throw translateNeo4jError(error);
  } finally {
    await session.close();
  }
}

/** A Neo4j that hangs must not hang those who ask it: rejects with AppError `unavailable` when the time is over, whatever becomes of the work. */
export async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new AppError('unavailable', 'Neo4j does not answer in time.', { retryAfterSeconds: 2 })), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // its fault is told by `late`
  }
}
