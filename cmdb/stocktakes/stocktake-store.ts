import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Settlement } from '../domain/stocktake/settle-difference.ts';
import type { ItemFilter } from '../find/item-filter.ts';

export type StocktakeStatus = 'open' | 'closing' | 'closed' | 'applying' | 'applied';

export interface StocktakeState {
  id: string;
  title: string;
  status: StocktakeStatus;
  filter: ItemFilter;
  /** The site where it is counted. */
  place?: string;
  reason?: string;
  expected: number;
  found: number;
  elsewhere: number;
  unexpected: number;
  unknown: number;
  settlement?: Settlement;
  /** The last item that was dealt with in this status, and how many were. */
  lastItem?: string;
  done: number;
  preview: Readonly<Record<string, number>>;
  applied: Readonly<Record<string, number>>;
  actorId: string;
  actorName: string;
  appliedById?: string;
  appliedBy?: string;
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

interface StocktakeRow
  extends Omit<StocktakeState, 'place' | 'reason' | 'settlement' | 'lastItem' | 'appliedById' | 'appliedBy' | 'createdAt' | 'updatedAt'> {
  place: string | null;
  reason: string | null;
  settlement: Settlement | null;
  lastItem: string | null;
  appliedById: string | null;
  appliedBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export async function readStocktakes(database: Database, where: Statement): Promise<StocktakeState[]> {
  const rows =
    await database.query<StocktakeRow>(sql`select id, title, status, filter, place, reason, expected, found, elsewhere, unexpected, unknown, settlement,
    last_item as "lastItem", done, preview, applied, actor_id as "actorId", actor_name as "actorName", applied_by_id as "appliedById",
    applied_by as "appliedBy", version, created_at as "createdAt", updated_at as "updatedAt" from stocktake where ${where}`);
  return rows.map(({ place, reason, settlement, lastItem, appliedById, appliedBy, createdAt, updatedAt, ...row }) => ({
    ...row,
    ...(place !== null && { place }),
    ...(reason !== null && { reason }),
    ...(settlement !== null && { settlement }),
    ...(lastItem !== null && { lastItem }),
    ...(appliedById !== null && { appliedById }),
    ...(appliedBy !== null && { appliedBy }),
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
  }));
}

/** With the items that should be there, as they are found now: those that fit `where`, so many of them as were counted. */
export function insertStocktake(stocktake: StocktakeState, where: Statement): Statement[] {
  const { id, title, filter, place, reason, expected, actorId, actorName, createdAt } = stocktake;
  return [
    sql`insert into stocktake_item (stocktake_id, item_id, expected, kept_at, outcome, revision)
      select ${id}::uuid, id, true, site, 'missing', 1 from (select id, site from item where ${where} order by id limit ${expected}::int) i`,
    sql`insert into stocktake (id, title, status, filter, place, reason, expected, found, elsewhere, unexpected, unknown, done, preview, applied, actor_id, actor_name,
        version, created_at, updated_at)
      values (${id}, ${title}, 'open', ${JSON.stringify(filter)}::jsonb, ${place ?? null}, ${reason ?? null}, ${expected}, 0, 0, 0, 0, 0, '{}', '{}', ${actorId},
        ${actorName}, 1, ${new Date(createdAt)}, ${new Date(createdAt)})`,
  ];
}

/** Writes how it stands but for its counts, if nobody wrote it since it was read. */
export function updateStocktake(stocktake: StocktakeState): Statement {
  const { id, status, settlement, lastItem, done, preview, applied, appliedById, appliedBy, version, updatedAt } = stocktake;
  return exactly(
    1,
    sql`update stocktake set status = ${status}, settlement = ${settlement ? JSON.stringify(settlement) : null}::jsonb, last_item = ${lastItem ?? null}::uuid,
      done = ${done}, preview = ${JSON.stringify(preview)}::jsonb, applied = ${JSON.stringify(applied)}::jsonb, applied_by_id = ${appliedById ?? null},
      applied_by = ${appliedBy ?? null}, version = ${version}::int, updated_at = ${new Date(updatedAt)}
      where id = ${id} and version = ${version - 1}::int returning 1`,
  );
}

export type Counts = Pick<StocktakeState, 'found' | 'elsewhere' | 'unexpected' | 'unknown'>;

/** Counts more of each, whoever else counts at the same moment; one that was closed meanwhile is a conflict. */
export function addToCounts(id: string, { found, elsewhere, unexpected, unknown }: Counts, now: number): Statement {
  return exactly(
    1,
    sql`update stocktake set found = found + ${found}::int, elsewhere = elsewhere + ${elsewhere}::int, unexpected = unexpected + ${unexpected}::int,
      unknown = unknown + ${unknown}::int, version = version + 1, updated_at = greatest(updated_at, ${new Date(now)})
      where id = ${id} and status = 'open' returning 1`,
  );
}
