import type { Item } from '../../generated/opora/cmdb/v1/cmdb.ts';
import type { HistoryService, RelationVersion } from '../../generated/opora/cmdb/v1/history.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { ItemState } from '../domain/item.ts';
import type { itemUseCases } from '../items.ts';
import type { ItemRights } from '../rights/rights.ts';
import { type RelationVersionState, readRelationVersions } from '../storage/history-store.ts';
import { readConflicts } from './change-set-store.ts';
import { beginRevert, findChangeSet, listChangeSets } from './change-sets.ts';
import { diffVersions, findVersion } from './histories.ts';

interface HistoryParts {
  database: Database;
  items: Pick<ReturnType<typeof itemUseCases>, 'restore'>;
  rightsFor(call: Call): Promise<ItemRights>;
  toItem(item: ItemState, rights: ItemRights): Item;
}

const firstId = '00000000-0000-0000-0000-000000000000';

/** The contract's methods, each mapped to its use case and back. */
export function historyMethods({ database, items, rightsFor, toItem }: HistoryParts): HistoryService {
  return {
    diffItem: async (request, call) => diffVersions(database, request, call.now, await rightsFor(call)),
    async revertItem({ id, expectedVersion, to, reason }, call) {
      const rights = await rightsFor(call);
      const { class: itemClass, name, attributes, lookups, state } = await findVersion(database, id, to, rights.sight);
      const facts = { class: itemClass, name, attributes, lookups, state };
      return items.restore({ id, expectedVersion }, facts, call, (item) => toItem(item, rights), reason);
    },
    async getRelationHistory({ id }, call) {
      const found = await readRelationVersions(database, id, (await rightsFor(call)).sight);
      if (found.length === 0) throw new AppError('not_found', `There is no relation "${id}".`);
      return { items: found.map(toRelationVersion) };
    },
    listChangeSets: (request) => listChangeSets(database, request),
    getChangeSet: ({ id }) => findChangeSet(database, id),
    revertChangeSet: ({ id, reason }, call) => beginRevert(database, id, reason, call),
    async listRevertConflicts({ id, limit = 50, after }) {
      await findChangeSet(database, id);
      const afterId = after === undefined ? firstId : decodeCursor(after, ['uuid'], 'entryId')[0];
      const found = await readConflicts(database, id, afterId, limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(({ changeSetId: _, ...conflict }) => conflict),
        ...(found.length > limit && last && { next: encodeCursor([last.entryId], 'entryId') }),
      };
    },
  };
}

function toRelationVersion({ relationId: _, fromId: __, toId: ___, validFrom, validTo, ...version }: RelationVersionState): RelationVersion {
  return {
    ...version,
    validFrom: new Date(validFrom).toISOString(),
    ...(validTo !== undefined && { validTo: new Date(validTo).toISOString() }),
  };
}
