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
  if (items.length > 0) await tx.run(mergeItems(label), { rows: items.map(withVersion) });
  for (const [type, ofType] of groupByType(relations)) {
    const active = ofType.filter(({ state }) => state === 'active');
    const removed = ofType.filter(({ state }) => state === 'removed');
    if (active.length > 0) await tx.run(mergeRelations(label, type, relationTypes.get(type)?.failure), { rows: active.map(withVersion), type });
    if (removed.length > 0) await tx.run(removeRelations(label, type), { rows: removed.map(withVersion), type });
  }
}

/** Writes what no other could have written: into a projection that is being made, of which each item and relation comes once. Much quicker than `writeProjected`. */
export async function createProjected(tx: Transaction, label: string, changes: ProjectedChanges, ways: Ways): Promise<void> {
  const { items, relations } = changes;
  if (items.length > 0) await tx.run(`unwind $rows as row create (item:${label}) set item = row`, { rows: items.map(withVersion) });
  let created = 0;
  for (const [type, ofType] of groupByType(relations)) {
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
        { rows: rows.map(({ id, version, fromId, toId }) => [id, neo4j.int(version), fromId, toId]), type },
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

function mergeItems(label: string): string {
  return `unwind $rows as row
    merge (item:${label} {id: row.id})
    with item, row where item.version is null or item.version < row.version
    set item += row`;
}

function mergeRelations(label: string, type: string, failure: Failure = 'none'): string {
  const forward = failure === 'forward' || failure === 'both' ? 'merge (a)-[:AFFECTS {id: row.id, type: $type}]->(b)' : '';
  const backward = failure === 'backward' || failure === 'both' ? 'merge (b)-[:AFFECTS {id: row.id, type: $type}]->(a)' : '';
  // What is there already, as when events come again, is found without a lock.
  return `unwind $rows as row
    optional match (:${label} {id: row.fromId})-[known:${toRelationshipType(type)} {id: row.id}]->(:${label} {id: row.toId}) where known.version >= row.version
    with row, known where known is null
    merge (a:${label} {id: row.fromId})
    merge (b:${label} {id: row.toId})
    with a, b, row
    optional match (a)-[gone:REMOVED {id: row.id}]->(b)
    with a, b, row, gone where gone is null or gone.version < row.version
    merge (a)-[relation:${toRelationshipType(type)}]->(b)
    with a, b, row, gone, relation where relation.version is null or relation.version < row.version
    set relation.id = row.id, relation.version = row.version
    delete gone
    ${forward}
    ${backward}`;
}

function createRelations(type: string, failure: Failure = 'none'): string {
  return `create (a)-[:${toRelationshipType(type)} {id: row[0], version: row[1]}]->(b)
    ${failure === 'forward' || failure === 'both' ? 'create (a)-[:AFFECTS {id: row[0], type: $type}]->(b)' : ''}
    ${failure === 'backward' || failure === 'both' ? 'create (b)-[:AFFECTS {id: row[0], type: $type}]->(a)' : ''}`;
}

function groupByType(relations: readonly ProjectedRelation[]): Map<string, ProjectedRelation[]> {
  const groups = new Map<string, ProjectedRelation[]>();
  for (const relation of relations) {
    const group = groups.get(relation.type);
    if (group) group.push(relation);
    else groups.set(relation.type, [relation]);
  }
  return groups;
}

function removeRelations(label: string, type: string): string {
  return `unwind $rows as row
    merge (a:${label} {id: row.fromId})
    merge (b:${label} {id: row.toId})
    with a, b, row
    optional match (a)-[relation:${toRelationshipType(type)}]->(b)
    with a, b, row, relation where relation is null or relation.version < row.version
    merge (a)-[gone:REMOVED {id: row.id}]->(b)
    set gone.type = $type, gone.version = case when gone.version > row.version then gone.version else row.version end
    with a, b, row, relation
    optional match (a)-[affects:AFFECTS {id: row.id}]-(b)
    delete relation, affects`;
}

function withVersion<Row extends { version: number }>(row: Row) {
  return { ...row, version: neo4j.int(row.version) };
}

/** A fault that passes by itself becomes `unavailable`; everything else comes back as it is. */
export function translateNeo4jError(error: unknown): unknown {
  if (neo4j.isRetryableError(error as Error))
    return new AppError('unavailable', 'Neo4j does not answer at the moment.', { retryAfterSeconds: 2, cause: error });
  return error;
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

/** A Neo4j that hangs must not hang those who ask it: rejects when the time is over, whatever becomes of the work. */
export async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('too late')), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {}); // its fault is told by `late`
  }
}
