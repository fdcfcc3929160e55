import type { CmdbService, Item, ItemVersion, Relation } from '../generated/opora/cmdb/v1/cmdb.ts';
import { AppError } from '../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import { toCanonicalText } from './domain/attributes.ts';
import type { ItemState } from './domain/item.ts';
import type { RelationState } from './domain/relation.ts';
import { exploring } from './explore.ts';
import { listItems } from './find/list-items.ts';
import { resolveItems } from './find/resolve-items.ts';
import type { Graph } from './graph/graph.ts';
import type { ProjectionKeeper } from './graph/keep-projection.ts';
import { findAsOf } from './history/histories.ts';
import { type ItemParts, itemUseCases } from './items.ts';
import { listRelations } from './list-relations.ts';
import { relationUseCases } from './relations.ts';
import { type ItemVersionState, readVersions } from './storage/history-store.ts';

export interface CmdbParts extends ItemParts {
  graph: Graph;
  /** Only where the graph is projected to an engine of its own. */
  keeper?: ProjectionKeeper;
}

/** The contract's methods, each mapped to its use case and back. */
export function cmdbMethods({ graph, keeper, ...parts }: CmdbParts): CmdbService {
  const { database } = parts;
  const items = itemUseCases(parts);
  const relations = relationUseCases(parts);
  const explore = exploring({ database, graph, models: parts.models });
  const requireKeeper = () => {
    if (!keeper)
      throw new AppError('illegal_state', 'Here the records themselves answer for the graph: there is no projection to rebuild or to compare.');
    return keeper;
  };

  return {
    createItem: (request, call) => items.create(request, call, toItem),
    async getItem({ id, asOf }) {
      const item = await items.find(id);
      return toItem(asOf === undefined ? item : asItWas(item, await findAsOf(database, id, Date.parse(asOf))));
    },
    async listItems(request) {
      const { items: page, next } = await listItems(database, request, await parts.model());
      return { items: page.map(toItem), ...(next !== undefined && { next }) };
    },
    updateItem: ({ id, expectedVersion, reason, ...patch }, call) => items.update({ id, expectedVersion }, patch, call, toItem, reason),
    authoriseItem: ({ reason, ...target }, call) => items.authorise(target, reason, call, toItem),
    retireItem: ({ reason, ...target }, call) => items.retire(target, call, toItem, reason),
    upsertItems: ({ items: records, ...by }, call) => items.upsert(by, records, call, (outcomes) => ({ outcomes })),
    async getItemHistory({ id, limit = 50, after }) {
      await items.find(id);
      const before = after === undefined ? undefined : decodeCursor(after, ['number'], '-version')[0];
      const found = await readVersions(database, id, before, limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return { items: page.map(toItemVersion), ...(found.length > limit && last && { next: encodeCursor([last.version], '-version') }) };
    },

    createRelation: (request, call) => relations.create(request, call, toRelation),
    upsertRelations: ({ relations: records, ...by }, call) => relations.upsert(by, records, call, (outcomes) => ({ outcomes })),
    getRelation: async ({ id }) => toRelation(await relations.find(id)),
    async listRelations(request) {
      const { relations: page, next } = await listRelations(database, request);
      return { items: page.map(toRelation), ...(next !== undefined && { next }) };
    },
    authoriseRelation: ({ id, reason }, call) => relations.authorise(id, reason, call, toRelation),
    deleteRelation: ({ id }, call) => relations.remove(id, call, () => ({})),

    getNeighbours: explore.neighbours,
    getImpact: explore.impact,
    resolveItems: async ({ names }) => ({ items: await resolveItems(database, names) }),

    getGraphStatus: async () => keeper?.status() ?? { engine: 'records', state: 'fresh' },
    async rebuildGraph(_, call) {
      requireKeeper().rebuild();
      return call.commit({}, requireKeeper().status());
    },
    verifyGraph: () => requireKeeper().verify(),
  };
}

export function toItem(state: ItemState): Item {
  const { attributes, lookups, createdAt, updatedAt, provenance: _, revision: __, mergedInto, unauthorisedSince, ...item } = state;
  return {
    ...item,
    ...(mergedInto !== undefined && { mergedInto }),
    unauthorised: unauthorisedSince !== undefined,
    ...(unauthorisedSince !== undefined && { unauthorisedSince: new Date(unauthorisedSince).toISOString() }),
    attributes: toCanonicalText(attributes),
    lookups: [...lookups],
    ...toTimes({ createdAt, updatedAt }),
  };
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

function toItemVersion({ itemId: _, validFrom, validTo, attributes, lookups, ...version }: ItemVersionState): ItemVersion {
  return {
    ...version,
    attributes: toCanonicalText(attributes),
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
