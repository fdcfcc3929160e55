import { createHash } from 'node:crypto';
import neo4j from 'neo4j-driver';
import type { Database } from '../../platform/postgres/database.ts';
import { inTransaction, type ProjectedRelation, type Space, toRelationshipType, type Ways } from './projection.ts';
import { readAllItems, readAllRelations } from './read-records.ts';

export interface Digest {
  items: number;
  /** Those that are there now. */
  relations: number;
  hash: string;
}

export interface Verification {
  equal: boolean;
  records: Digest;
  projection: Digest;
}

export interface Verifying {
  space: Space;
  database: Database;
  ways: Ways;
  pageSize?: number;
}

/** Compares all that both hold: items, relations, the ways that failure travels, and what ended. Changes that are on their way make a difference. */
export async function verifyGraph({ space, database, ways, pageSize = 2_000 }: Verifying): Promise<Verification> {
  const [records, projection] = await Promise.all([digestRecords(database, ways, pageSize), digestProjection(space, ways, pageSize)]);
  return { equal: records.hash === projection.hash, records, projection };
}

async function digestRecords(database: Database, { relationTypes }: Ways, pageSize: number): Promise<Digest> {
  const digest = startDigest();
  for await (const page of readAllItems(database, pageSize)) for (const item of page) digest.addItem(item);
  for await (const page of readAllRelations(database, pageSize)) {
    for (const relation of page) {
      digest.addRelation(relation);
      const failure = relation.state === 'active' ? relationTypes.get(relation.type)?.failure : 'none';
      if (failure === 'forward' || failure === 'both') digest.addWay(relation.id, relation.type, relation.fromId, relation.toId);
      if (failure === 'backward' || failure === 'both') digest.addWay(relation.id, relation.type, relation.toId, relation.fromId);
    }
  }
  return digest.finish();
}

async function digestProjection(space: Space, { relationTypes }: Ways, pageSize: number): Promise<Digest> {
  const digest = startDigest();
  const typeOf = new Map([...relationTypes.keys()].map((type) => [toRelationshipType(type), type]));
  for (let after = ''; ; ) {
    const ids = await inTransaction(space, 'READ', async (tx) => {
      const items = await tx.run(
        `match (item:${space.label}) where item.id > $after return item.id as id, item.version as version, item.class as class, item.name as name,
          item.source as source, item.key as key, item.state as state order by item.id limit $limit`,
        { after, limit: neo4j.int(pageSize) },
      );
      const found = items.records.map((record) => record.toObject() as Parameters<typeof digest.addItem>[0]);
      for (const item of found) digest.addItem(item);
      const relations = await tx.run(
        `match (a:${space.label})-[r]->(b:${space.label}) where a.id in $ids
          return r.id as id, r.version as version, type(r) as kind, r.type as type, a.id as fromId, b.id as toId`,
        { ids: found.map(({ id }) => id) },
      );
      for (const record of relations.records) {
        const { id, version, kind, type, fromId, toId } = record.toObject() as ProjectedRelation & { kind: string };
        if (kind === 'AFFECTS') digest.addWay(id, type, fromId, toId);
        else if (kind === 'REMOVED') digest.addRelation({ id, version, type, fromId, toId, state: 'removed' });
        else digest.addRelation({ id, version, type: typeOf.get(kind) ?? kind, fromId, toId, state: 'active' });
      }
      return found.map(({ id }) => id);
    });
    const last = ids.at(-1);
    if (last === undefined) return digest.finish();
    after = last;
  }
}

/** A sum of hashes, so that the order in which things are read makes no difference. */
function startDigest() {
  let items = 0;
  let relations = 0;
  let sum = 0n;
  const add = (facts: readonly unknown[]) => {
    const hash = createHash('sha256').update(JSON.stringify(facts)).digest();
    sum = (sum + hash.readBigUInt64LE(0) + (hash.readBigUInt64LE(8) << 64n)) & ((1n << 128n) - 1n);
  };
  return {
    addItem(item: { id: string; version: unknown; class: string; name: string; source: string; key: string; state: string }) {
      items++;
      add(['item', item.id, Number(item.version), item.class, item.name, item.source, item.key, item.state]);
    },
    addRelation({ id, version, type, fromId, toId, state }: Omit<ProjectedRelation, 'version'> & { version: unknown }) {
      if (state === 'active') relations++;
      add(['relation', id, Number(version), type, fromId, toId, state]);
    },
    addWay(relationId: string, type: string, fromId: string, toId: string) {
      add(['way', relationId, type, fromId, toId]);
    },
    finish: (): Digest => ({ items, relations, hash: sum.toString(16).padStart(32, '0') }),
  };
}
