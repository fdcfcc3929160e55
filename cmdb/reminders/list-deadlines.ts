import type { DeadlineList, ListDeadlinesRequest } from '../../generated/opora/cmdb/v1/reminders.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, type Statement, sql } from '../../platform/postgres/sql.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import { countDays, toDay } from '../domain/reminders/next-reminder.ts';
import { listReminding } from './collect-deadlines.ts';
import type { DueDeadline } from './deadline-store.ts';

/** A page of the dates of items in use, the earliest first. Each class, or the team, has its own in that order, so that no more of them are read than the page has. */
export async function listDeadlines(database: Database, request: ListDeadlinesRequest, model: CompiledModel, now: number): Promise<DeadlineList> {
  const { limit = 50, class: wanted, supportTeam, after, until, overdue } = request;
  const today = toDay(now);
  const conditions: Statement[] = [sql`not d.is_quiet`];
  if (until !== undefined) conditions.push(sql`d.due_on <= ${until}::date`);
  if (overdue !== undefined) conditions.push(overdue ? sql`d.due_on < ${today}::date` : sql`d.due_on >= ${today}::date`);
  if (after !== undefined) {
    const [on, itemId, attribute] = decodeCursor(after, ['time', 'uuid', 'string'], 'on');
    conditions.push(sql`(d.due_on, d.item_id, d.attribute) > (${on.slice(0, 10)}::date, ${itemId}::uuid, ${attribute}::text)`);
  }
  const where = joinSql(conditions, ' and ');
  const page = sql`order by d.due_on, d.item_id, d.attribute limit ${limit + 1}::int`;
  const classes = wanted === undefined ? [...new Set(listReminding(model).map((one) => one.class))] : classesWithin(model, wanted);
  const found =
    supportTeam === undefined
      ? sql`select d.* from unnest(${classes}::text[]) c cross join lateral (select * from deadline d where d.class = c and ${where} ${page}) d ${page}`
      : sql`select * from deadline d where d.support_team = ${supportTeam} ${wanted === undefined ? sql`` : sql`and d.class = any(${classes}::text[])`} and ${where} ${page}`;
  const rows = await database.query<
    Omit<DueDeadline, 'nextOn'>
  >(sql`select d.item_id as "itemId", i.class, i.name, d.attribute, d.due_on::text as on, i.owner,
      i.support_team as "supportTeam", i.organisation from (${found}) d join item i on i.id = d.item_id order by d.due_on, d.item_id, d.attribute`);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(({ owner, supportTeam: team, organisation, ...deadline }) => ({
      ...deadline,
      daysLeft: countDays(today, deadline.on),
      ...(owner !== null && !model.sensitive.has('owner') && { owner }),
      ...(team !== null && !model.sensitive.has('supportTeam') && { supportTeam: team }),
      ...(organisation !== null && !model.sensitive.has('organisation') && { organisation }),
    })),
    ...(rows.length > limit && last && { next: encodeCursor([`${last.on}T00:00:00.000Z`, last.itemId, last.attribute], 'on') }),
  };
}
