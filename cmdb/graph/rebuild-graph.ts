import { randomUUID } from 'node:crypto';
import neo4j from 'neo4j-driver';
import type { Database } from '../../platform/postgres/database.ts';
import type { Models } from '../model/models.ts';
import { createProjected, holdProjection, inTransaction, nameOf, type ProjectedChanges, type Space, translateNeo4jError } from './projection.ts';
import { readAllItems, readAllRelations } from './read-records.ts';

export interface Rebuilding {
  space: Space;
  database: Database;
  models: Pick<Models, 'newest'>;
  signal?: AbortSignal;
  pageSize?: number;
}

/**
 * Makes the projection from the records, from nothing. Events wait meanwhile and are told afterwards: so it writes alone, and need not look at what is there. When two
 * rebuild at once the one that began last goes on and the other stops; gives true when this one came to its end.
 */
export async function rebuildGraph({ space, database, models, signal, pageSize = 5_000 }: Rebuilding): Promise<boolean> {
  const id = randomUUID();
  const { driver, label } = space;
  const model = await models.newest();
  await run(space, `create constraint ${label.toLowerCase()}_id if not exists for (item:${label}) require item.id is unique`);
  await run(space, 'create constraint projection_of if not exists for (projection:Projection) require projection.of is unique');
  await run(
    space,
    `merge (projection:Projection {of: $of})
      set projection.complete = false, projection.rebuild = $id, projection.beat = timestamp(), projection.model = $model,
        projection.server = $server, projection.items = 0, projection.relations = 0, projection.appliedTo = datetime($now)`,
    { of: label, id, model: neo4j.int(model.version), server: nameOf(space), now: new Date().toISOString() },
  );

  const session = driver.session();
  try {
    await session.run(`match (item:${label}) call (item) { detach delete item } in transactions of 2000 rows`);
  } catch (error) {
    throw translateNeo4jError(error);
  } finally {
    await session.close();
  }

  const hold = {
    condition: 'projection.rebuild = $id',
    set: 'projection.beat = timestamp(), projection.items = projection.items + $items, projection.relations = projection.relations + $relations',
  };
  const write = (changes: ProjectedChanges) =>
    inTransaction(space, 'WRITE', async (tx) => {
      const counts = { items: neo4j.int(changes.items.length), relations: neo4j.int(changes.relations.length) };
      const isOurs = await holdProjection(tx, label, hold, { id, ...counts });
      if (isOurs) await createProjected(tx, label, changes, model);
      return isOurs;
    });

  for await (const items of readAllItems(database, pageSize)) {
    if (signal?.aborted || !(await write({ items, relations: [] }))) return false;
  }
  for await (const relations of readAllRelations(database, pageSize)) {
    if (signal?.aborted || !(await write({ items: [], relations }))) return false;
  }
  const finish = { condition: 'projection.rebuild = $id', set: 'projection.complete = true' };
  return inTransaction(space, 'WRITE', (tx) => holdProjection(tx, label, finish, { id }));
}

async function run({ driver }: Space, cypher: string, parameters: Record<string, unknown> = {}) {
  try {
    return (await driver.executeQuery(cypher, parameters)).records;
  } catch (error) {
    throw translateNeo4jError(error);
  }
}
