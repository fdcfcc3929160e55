import type { Cut } from '../../generated/opora/cmdb/v1/graph.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { plannedAnew, raw, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Span } from '../domain/comparison/read-question.ts';
import { selectChangedRelations } from './judge-relations.ts';

/** Which items are at a site or of some classes. */
export type Place = { site: string } | { classes: readonly string[] };

export interface Collecting {
  place: Place;
  span: Span;
  /** Most items, and most relations. */
  mostItems: number;
  mostRelations: number;
  /** By `performance.now()`. */
  until: number;
}

export interface Collected {
  ids: string[];
  /** What was left out, if anything. */
  cuts: Cut[];
}

const states = sql`state in ('active', 'retired')`;
const walkedAtOnce = 4_000;
const relatedAtOnce = 2_000;
const mostMembers = 100_000;
/** Relations have no index by time: to look through all of them takes as long as to read those of so many items by their indexes. */
const fewMembers = 20_000;

function isIn(place: Place, table: 'item' | 'item_version'): Statement {
  if ('classes' in place) return sql`${raw(table)}.class = any(${place.classes}::text[])`;
  return table === 'item' ? sql`item.site = ${place.site}` : sql`item_version.attributes ->> 'site' = ${place.site}`;
}

/** One of the versions that the item of this alias had at either moment, and that have ended, was in the place. */
function wasIn(place: Place, { from, to }: Span, alias: string): Statement {
  const holdsAt = (at: number) => sql`(valid_from <= ${new Date(at)} and valid_to > ${new Date(at)})`;
  return sql`exists (select from item_version where item_id = ${raw(alias)}.id and valid_to > ${new Date(from)} and (${holdsAt(from)} or ${holdsAt(to)})
    and ${isIn(place, 'item_version')})`;
}

/** The items changed since `from` that were in a place at either moment. Those that are there now are found by the place, and those that have left it by what has changed. */
export async function collectItems(database: Database, { place, span, mostItems, until }: Collecting): Promise<Collected> {
  const since = new Date(span.from);
  const here = await database.query<{ id: string }>(
    plannedAnew(sql`select id from item where ${states} and ${isIn(place, 'item')} and updated_at > ${since}
      and (updated_at <= ${new Date(span.to)} or ${wasIn(place, span, 'item')}) order by updated_at desc, id limit ${mostItems + 1}::int`),
  );
  const ids = here.map(({ id }) => id);
  for (let before: { id: string; at: Date } | undefined; ids.length <= mostItems; ) {
    if (before && performance.now() > until)
      return { ids, cuts: [{ by: 'time', message: `What has left and was changed last before ${before.at.toISOString()} was not looked for.` }] };
    const isNext = before ? sql`and (updated_at, id) < (${before.at}, ${before.id}::uuid)` : sql``;
    const ofState = (state: string) =>
      sql`(select id, updated_at, ${isIn(place, 'item')} as is_here from item where state = ${state} and updated_at > ${since} ${isNext}
        order by updated_at desc, id desc limit ${walkedAtOnce}::int)`;
    const walked: { id: string; at: Date; has_left: boolean }[] = await database.query(
      sql`select id, updated_at as at, is_here is not true and ${wasIn(place, span, 'walked')} as has_left
        from (${ofState('active')} union all ${ofState('retired')} order by updated_at desc, id desc limit ${walkedAtOnce}::int) walked order by updated_at desc, id desc`,
    );
    ids.push(...walked.flatMap(({ id, has_left }) => (has_left ? [id] : [])));
    if (walked.length < walkedAtOnce) break;
    before = walked.at(-1);
  }
  if (ids.length <= mostItems) return { ids, cuts: [] };
  return { ids: ids.slice(0, mostItems), cuts: [{ by: 'items', message: `Only ${mostItems} of the items that have changed were compared.` }] };
}

/** The relations changed since `from` with an end that was in a place at either moment. */
export async function collectRelations(database: Database, collecting: Collecting, changedItems: readonly string[]): Promise<Collected> {
  const { place, span } = collecting;
  const still = await database.query<{ id: string }>(
    plannedAnew(
      sql`select id from item where ${states} and ${isIn(place, 'item')} and updated_at <= ${new Date(span.from)} limit ${mostMembers + 1}::int`,
    ),
  );
  const members = [...changedItems, ...still.map(({ id }) => id)];
  const changed = members.length > fewMembers ? await readChanged(database, collecting) : undefined;
  return changed ? { ids: changed, cuts: [] } : collectByItems(database, collecting, members);
}

/** All relations are looked through for those that have changed, and these for an end in the place. Undefined: they are too many. */
async function readChanged(database: Database, { place, span, mostItems }: Collecting): Promise<string[] | undefined> {
  const changed = await database.query<{ id: string }>(
    plannedAnew(sql`select id from relation where updated_at > ${new Date(span.from)} limit ${mostItems + 1}::int`),
  );
  if (changed.length > mostItems) return undefined;
  const isOf = (end: string) => sql`exists (select from item where item.id = ${raw(end)}
    and ((item.updated_at <= ${new Date(span.to)} and ${isIn(place, 'item')}) or ${wasIn(place, span, 'item')}))`;
  const found = await database.query<{ id: string }>(
    sql`select relation.id from unnest(${changed.map(({ id }) => id)}::uuid[]) as c(id) join relation on relation.id = c.id
      where ${isOf('relation.from_id')} or ${isOf('relation.to_id')}`,
  );
  return found.map(({ id }) => id);
}

async function collectByItems(database: Database, { span, mostRelations, until }: Collecting, members: readonly string[]): Promise<Collected> {
  const ids = new Set<string>();
  let looked = 0;
  for (; looked < members.length && ids.size <= mostRelations && performance.now() <= until; looked += relatedAtOnce) {
    const rows = await database.query<{ id: string }>(selectChangedRelations(members.slice(looked, looked + relatedAtOnce), span.from));
    for (const { id } of rows) ids.add(id);
  }
  if (looked >= members.length && members.length <= mostMembers && ids.size <= mostRelations) return { ids: [...ids], cuts: [] };
  const by = ids.size > mostRelations ? 'limit' : looked < members.length ? 'time' : 'items';
  const message = `Only relations of ${Math.min(looked, members.length)} of the items were compared, and ${mostRelations} of them at most.`;
  return { ids: [...ids].slice(0, mostRelations), cuts: [{ by, message }] };
}
