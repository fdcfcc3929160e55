import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Place } from '../domain/timeline/place.ts';

/** The part of a timeline that is asked about. Moments are epoch milliseconds. */
export interface Span {
  /** From this moment on. */
  from?: number;
  /** Before this moment. */
  to?: number;
  /** Only what stands after this place, as the older of the two. */
  after?: Place;
  /** Only what stands at or before this place. */
  until?: Place;
}

/** Columns that tell a row's place. */
export interface PlaceColumns {
  at: Statement;
  type: Statement;
  id: Statement;
  version: Statement;
}

/** Whether a row is within the span. The bare comparisons of the moment are for the index, the whole one is for what happened at once. */
export function isWithin({ from, to, after, until }: Span, { at, type, id, version }: PlaceColumns): Statement {
  const conditions: Statement[] = [];
  if (from !== undefined) conditions.push(sql`${at} >= ${new Date(from)}::timestamptz`);
  if (to !== undefined) conditions.push(sql`${at} < ${new Date(to)}::timestamptz`);
  const place = sql`(${at}, ${type}, ${id}, ${version})`;
  if (after) conditions.push(sql`${at} <= ${new Date(after.at)}::timestamptz`, sql`${place} < ${toRow(after)}`);
  if (until) conditions.push(sql`${at} >= ${new Date(until.at)}::timestamptz`, sql`${place} >= ${toRow(until)}`);
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
}

function toRow({ at, type, id, version }: Place): Statement {
  return sql`(${new Date(at)}::timestamptz, ${type}::text collate "C", ${id}::uuid, ${version}::int)`;
}
