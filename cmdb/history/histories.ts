import type { DiffItemRequest, ItemDiff } from '../../generated/opora/cmdb/v1/history.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { diffItems, type FieldDifference, noFacts } from '../domain/history/diff-items.ts';
import { isMaskedField } from '../rights/mask.ts';
import type { ItemRights, Sight } from '../rights/rights.ts';
import { type ItemVersionState, readItemsAsOf, readTheseVersions } from '../storage/history-store.ts';

/** What an item was at a moment (epoch milliseconds). Throws AppError `not_found` when it was not there yet. */
export async function findAsOf(database: Database, id: string, moment: number, sight: Sight): Promise<ItemVersionState> {
  const version = (await readItemsAsOf(database, [id], moment, sight)).get(id);
  if (!version) throw new AppError('not_found', `There was no item "${id}" at ${new Date(moment).toISOString()}.`);
  return version;
}

/** One version of an item. Throws AppError `not_found` when there is none, or when it is kept no longer. */
export async function findVersion(database: Database, id: string, version: number, sight: Sight): Promise<ItemVersionState> {
  const found = (await readTheseVersions(database, [{ itemId: id, version }], sight)).get(id);
  if (!found) throw new AppError('not_found', `There is no version ${version} of item "${id}", or it is kept no longer.`);
  return found;
}

/** What differs between two versions, or between two moments; before it came into being an item has no facts. */
export async function diffVersions(database: Database, request: DiffItemRequest, now: number, { sight, masked }: ItemRights): Promise<ItemDiff> {
  const { id } = request;
  const side = async (version: number | undefined, time: string | undefined, otherwise: number) => {
    if (version !== undefined) return findVersion(database, id, version, sight);
    const moment = time === undefined ? otherwise : Date.parse(time);
    return (await readItemsAsOf(database, [id], moment, sight)).get(id);
  };
  if (request.from === undefined && request.fromTime === undefined) {
    throw new AppError('invalid_input', 'Two states are needed.', { violations: [{ pointer: '/from', message: 'give the version, or fromTime' }] });
  }
  const [before, after] = await Promise.all([side(request.from, request.fromTime, now), side(request.to, request.toTime, now)]);
  if (!before && !after) throw new AppError('not_found', `There is no item "${id}" at either moment.`);
  return {
    id,
    ...(before && { from: before.version }),
    ...(after && { to: after.version }),
    ...tellDifferences(diffItems(before ?? noFacts, after ?? noFacts), masked),
  };
}

/** Differences as the contract has them, and the masked attributes that differ too. */
export function tellDifferences(all: readonly FieldDifference[], masked: ReadonlySet<string>): Pick<ItemDiff, 'differences' | 'masked'> {
  const isHidden = (one: FieldDifference) => isMaskedField(one, masked);
  return {
    differences: all
      .filter((one) => !isHidden(one))
      .map(({ field, before, after }) => ({
        field,
        ...(before !== undefined && { before: toCanonicalText(before) }),
        ...(after !== undefined && { after: toCanonicalText(after) }),
      })),
    masked: all.filter(isHidden).map(({ field }) => field.slice('attributes.'.length)),
  };
}
