import type { CmdbService, Item, ItemVersion, Relation } from '../generated/opora/cmdb/v1/cmdb.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import { toCanonicalText } from './domain/attributes.ts';
import type { ItemState } from './domain/item.ts';
import type { RelationState } from './domain/relation.ts';
import { exploring } from './explore/explore.ts';
import { listItems } from './find/list-items.ts';
import { resolveItems } from './find/resolve-items.ts';
import { findQuery } from './find/saved-queries.ts';
import type { Graph } from './graph/graph.ts';
import type { GraphMemory } from './graph/memory/keep-memory.ts';
import { projectionMethods } from './graph/projection-methods.ts';
import type { Replica } from './graph/replicas.ts';
import { findAsOf } from './history/histories.ts';
import { type ItemParts, itemUseCases } from './items.ts';
import { listRelations } from './list-relations.ts';
import { relationUseCases } from './relations.ts';
import { mask } from './rights/mask.ts';
import { type ItemRights, rightsReader, type Sight } from './rights/rights.ts';
import { type ItemVersionState, readVersions } from './storage/history-store.ts';

export interface CmdbParts extends ItemParts {
  graph: Graph;
  /** Only where the graph is projected to engines of its own. */
  replicas?: readonly Replica[];
  /** Only where the graph stands in memory. */
  memory?: Pick<GraphMemory, 'status'> | undefined;
}

/** The contract's methods, each mapped to its use case and back. */
export function cmdbMethods({ graph, replicas = [], memory, ...parts }: CmdbParts): CmdbService {
  const { database } = parts;
  const rightsFor = rightsReader(parts.model);
  const items = itemUseCases(parts);
  const relations = relationUseCases(parts);
  const explore = exploring({ database, graph, models: parts.models });

  return {
    async createItem(request, call) {
      const rights = await rightsFor(call);
      return items.create(request, call, (item) => toItem(item, rights));
    },
    async getItem({ id, asOf }, call) {
      const rights = await rightsFor(call);
      const item = await items.find(id, rights.sight);
      const asked = asOf === undefined ? item : asItWas(item, await findAsOf(database, id, Date.parse(asOf), rights.sight));
      return toItem(asked, rights, await readVisibleWinners(database, [asked], rights.sight));
    },
    async listItems(request, call) {
      const rights = await rightsFor(call);
      const saved = request.query === undefined ? undefined : await findQuery(database, request.query, call);
      const { items: page, next } = await listItems(database, request, await parts.model(), rights, saved);
      const winners = await readVisibleWinners(database, page, rights.sight);
      return { items: page.map((item) => toItem(item, rights, winners)), ...(next !== undefined && { next }) };
    },
    async updateItem({ id, expectedVersion, reason, ...patch }, call) {
      const rights = await rightsFor(call);
      return items.update({ id, expectedVersion }, patch, call, (item) => toItem(item, rights), reason);
    },
    async retireItem({ reason, ...target }, call) {
      const rights = await rightsFor(call);
      return items.retire(target, call, (item) => toItem(item, rights), reason);
    },
    async authoriseItem({ reason, ...target }, call) {
      const rights = await rightsFor(call);
      return items.authorise(target, reason, call, (item) => toItem(item, rights));
    },
    upsertItems: ({ items: records, ...by }, call) => items.upsert(by, records, call, (outcomes) => ({ outcomes })),
    async getItemHistory({ id, limit = 50, after }, call) {
      const { sight, masked } = await rightsFor(call);
      await items.find(id, sight);
      const before = after === undefined ? undefined : decodeCursor(after, ['number'], '-version')[0];
      const found = await readVersions(database, id, { before, limit: limit + 1, sight });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((version) => toItemVersion(version, masked)),
        ...(found.length > limit && last && { next: encodeCursor([last.version], '-version') }),
      };
    },

    createRelation: (request, call) => relations.create(request, call, toRelation),
    upsertRelations: ({ relations: records, ...by }, call) => relations.upsert(by, records, call, (outcomes) => ({ outcomes })),
    getRelation: async ({ id }, call) => toRelation(await relations.find(id, (await rightsFor(call)).sight)),
    async listRelations(request, call) {
      const { relations: page, next } = await listRelations(database, request, (await rightsFor(call)).sight);
      return { items: page.map(toRelation), ...(next !== undefined && { next }) };
    },
    authoriseRelation: ({ id, reason }, call) => relations.authorise(id, reason, call, toRelation),
    deleteRelation: ({ id }, call) => relations.remove(id, call, () => ({})),

    getNeighbours: explore.neighbours,
    getImpact: explore.impact,
    resolveItems: async ({ names }, call) => ({ items: await resolveItems(database, names, (await rightsFor(call)).sight) }),

    ...projectionMethods(replicas, memory),
  };
}

/** What the reader may see of an item. `winners`: those of the items that others went into which they may see. */
export function toItem(state: ItemState, { sight, masked }: Pick<ItemRights, 'sight' | 'masked'>, winners?: ReadonlySet<string>): Item {
  const { attributes, lookups, createdAt, updatedAt, provenance: _, revision: __, mergedInto, unauthorisedSince, ...item } = state;
  const shown = mask(attributes, masked);
  return {
    ...item,
    ...(mergedInto !== undefined && (sight.seesAll || winners?.has(mergedInto)) && { mergedInto }),
    unauthorised: unauthorisedSince !== undefined,
    ...(unauthorisedSince !== undefined && { unauthorisedSince: new Date(unauthorisedSince).toISOString() }),
    attributes: toCanonicalText(shown.attributes),
    masked: shown.masked,
    lookups: [...lookups],
    ...toTimes({ createdAt, updatedAt }),
  };
}

async function readVisibleWinners(database: Database, items: readonly ItemState[], sight: Sight): Promise<Set<string> | undefined> {
  const winners = sight.seesAll ? [] : items.flatMap(({ mergedInto }) => mergedInto ?? []);
  if (winners.length === 0) return undefined;
  const rows = await database.query<{ id: string }>(sql`select id from item where id = any(${winners}::uuid[]) and ${sight.items()}`);
  return new Set(rows.map(({ id }) => id));
}

/** An item as one of its versions had it. */
function asItWas(item: ItemState, was: ItemVersionState): ItemState {
  const { class: itemClass, name, attributes, lookups, state, version, unauthorised, validFrom } = was;
  return {
    ...item,
    class: itemClass,
    name,
    attributes,
    lookups,
    state,
    version,
    unauthorisedSince: unauthorised ? validFrom : undefined,
    updatedAt: validFrom,
  };
}

function toItemVersion(
  { itemId: _, validFrom, validTo, attributes, lookups, ...version }: ItemVersionState,
  masked: ReadonlySet<string>,
): ItemVersion {
  const shown = mask(attributes, masked);
  return {
    ...version,
    attributes: toCanonicalText(shown.attributes),
    masked: shown.masked,
    lookups: [...lookups],
    validFrom: new Date(validFrom).toISOString(),
    ...(validTo !== undefined && { validTo: new Date(validTo).toISOString() }),
  };
}

function toRelation({ createdAt, updatedAt, unauthorised = false, ...relation }: RelationState): Relation {
  return { ...relation, unauthorised, ...toTimes({ createdAt, updatedAt }) };
}

function toTimes({ createdAt, updatedAt }: { createdAt: number; updatedAt: number }) {
  return { createdAt: new Date(createdAt).toISOString(), updatedAt: new Date(updatedAt).toISOString() };
}
