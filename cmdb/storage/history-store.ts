import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Attributes } from '../domain/attributes.ts';
import type { ItemState } from '../domain/item.ts';
import type { Author } from './item-store.ts';

/** An item as it was from one moment until another; without the other, as it is. */
export interface ItemVersionState extends Author {
  version: number;
  /** Epoch milliseconds. */
  validFrom: number;
  validTo?: number;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: readonly string[];
  state: ItemState['state'];
}

interface VersionRow {
  version: number;
  valid_from: Date;
  valid_to: Date | null;
  class: string;
  name: string;
  attributes: Attributes;
  lookups: string[];
  state: ItemState['state'];
  actor_id: string;
  actor_name: string;
  trace_id: string | null;
}

const highestVersion = 2 ** 31 - 1;

/** Versions of an item below `before`, newest first. */
export async function readVersions(database: Database, itemId: string, before = highestVersion, limit: number): Promise<ItemVersionState[]> {
  const below = Math.trunc(Math.min(Math.max(before, 0), highestVersion)); // a cursor may hold any number
  const rows = await database.query<VersionRow>(
    sql`select version, valid_from, valid_to, class, name, attributes, lookups, state, actor_id, actor_name, trace_id from item_version
      where item_id = ${itemId} and version < ${below}::int order by version desc limit ${limit}::int`,
  );
  return rows.map(({ valid_from, valid_to, actor_id, actor_name, trace_id, ...row }) => ({
    ...row,
    validFrom: valid_from.getTime(),
    ...(valid_to !== null && { validTo: valid_to.getTime() }),
    actorId: actor_id,
    actorName: actor_name,
    ...(trace_id !== null && { traceId: trace_id }),
  }));
}
