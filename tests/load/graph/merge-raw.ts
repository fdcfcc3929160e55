import neo4j, { type Driver } from 'neo4j-driver';
import { type ProjectedItem, type ProjectedRelation, toRelationshipType } from '../../../cmdb/graph/projection.ts';

/** What engines are best given at once. */
const batch = 5_000;

/** The floor of a projection: nodes and relationships from memory, with a version guard, and nothing else. */
export async function mergeRaw(
  driver: Driver,
  label: string,
  items: readonly ProjectedItem[],
  relations: readonly ProjectedRelation[],
): Promise<void> {
  await driver.executeQuery(`create constraint ${label.toLowerCase()}_raw if not exists for (n:${label}) require n.id is unique`);
  const inBatches = async <Entry extends { version: number }>(entries: readonly Entry[], cypher: string) => {
    for (let from = 0; from < entries.length; from += batch) {
      const rows = entries.slice(from, from + batch).map((entry) => ({ ...entry, version: neo4j.int(entry.version) }));
      await driver.executeQuery(cypher, { rows });
    }
  };
  await inBatches(
    items,
    `unwind $rows as row merge (n:${label} {id: row.id}) with n, row where n.version is null or n.version < row.version set n += row`,
  );
  for (const type of new Set(relations.map((relation) => relation.type))) {
    await inBatches(
      relations.filter((relation) => relation.type === type),
      `unwind $rows as row match (a:${label} {id: row.fromId}) match (b:${label} {id: row.toId}) merge (a)-[r:${toRelationshipType(type)}]->(b)
        with r, row where r.version is null or r.version < row.version set r.id = row.id, r.version = row.version`,
    );
  }
}
