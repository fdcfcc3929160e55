import type { ComparedEnd, ComparedEntry } from '../../generated/opora/cmdb/v1/comparison.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { raw, sql } from '../../platform/postgres/sql.ts';
import { diffItems, noFacts } from '../domain/history/diff-items.ts';
import { tellDifferences } from '../history/histories.ts';
import type { ItemRights, Sight } from '../rights/rights.ts';
import {
  type ItemVersionState,
  type RelationVersionState,
  readTheseRelationVersions,
  readTheseVersions,
  type VersionPlace,
} from '../storage/history-store.ts';
import type { Judged } from './judgement.ts';

/** So many versions are looked through for who made them, and so many names are told. */
const mostVersions = 200;
const mostAuthors = 10;

/** Tells of each entry what it was, what it is, and who changed it. */
export async function describeEntries(database: Database, page: readonly Judged[], { sight, masked }: ItemRights): Promise<ComparedEntry[]> {
  const [items, relations] = (['item', 'relation'] as const).map((wanted) => page.filter(({ kind }) => kind === wanted)) as [Judged[], Judged[]];
  const told = (await Promise.all([describeItems(database, items, sight, masked), describeRelations(database, relations, sight)])).flat();
  const byId = new Map(told.map((entry) => [entry.id, entry]));
  // What became hidden since it was judged has no entry.
  return page.flatMap(({ id }) => byId.get(id) ?? []);
}

const placesBefore = (judged: readonly Judged[]): VersionPlace[] =>
  judged.flatMap(({ id, fromVersion }) => (fromVersion === undefined ? [] : [{ itemId: id, version: fromVersion }]));
const placesAfter = (judged: readonly Judged[]): VersionPlace[] => judged.map(({ id, toVersion }) => ({ itemId: id, version: toVersion }));

async function describeItems(database: Database, judged: readonly Judged[], sight: Sight, masked: ReadonlySet<string>): Promise<ComparedEntry[]> {
  if (judged.length === 0) return [];
  const [before, after, authors] = await Promise.all([
    readTheseVersions(database, placesBefore(judged), sight),
    readTheseVersions(database, placesAfter(judged), sight),
    readAuthors(database, 'item', judged),
  ]);
  return judged.flatMap((one) => {
    const [was, is] = [before.get(one.id), after.get(one.id)];
    if (!is) return [];
    return { ...toEntry(one, is, authors.get(one.id)), class: is.class, name: is.name, ...tellDifferences(differencesOf(one, was, is), masked) };
  });
}

/** Of what was added all that it is, since nothing of it was there before; what it may have been earlier does not matter. */
function differencesOf({ change }: Judged, was: ItemVersionState | undefined, is: ItemVersionState) {
  if (change === 'removed') return [];
  if (change === 'changed' && was) return diffItems(was, is);
  return diffItems(noFacts, is).map(({ field, after }) => ({ field, after }));
}

async function describeRelations(database: Database, judged: readonly Judged[], sight: Sight): Promise<ComparedEntry[]> {
  if (judged.length === 0) return [];
  const [before, after, authors] = await Promise.all([
    readTheseRelationVersions(database, placesBefore(judged)),
    readTheseRelationVersions(database, placesAfter(judged)),
    readAuthors(database, 'relation', judged),
  ]);
  const ends = await readEnds(
    database,
    [...after.values()].flatMap(({ fromId, toId }) => [fromId, toId]),
    sight,
  );
  return judged.flatMap((one) => {
    const is = after.get(one.id);
    const [from, to] = [ends.get(is?.fromId ?? ''), ends.get(is?.toId ?? '')];
    if (!is || !from || !to) return [];
    const was = before.get(one.id);
    const differences = one.change === 'changed' && was ? [{ field: 'source', before: was.source, after: is.source }] : [];
    return { ...toEntry(one, is, authors.get(one.id)), type: is.type, from, to, source: is.source, ...tellDifferences(differences, new Set()) };
  });
}

async function readEnds(database: Database, ids: readonly string[], sight: Sight): Promise<Map<string, ComparedEnd>> {
  const rows = await database.query<ComparedEnd>(sql`select id, class, name from item where id = any(${ids}::uuid[]) and ${sight.items()}`);
  return new Map(rows.map((row) => [row.id, row]));
}

interface Authors {
  names: string[];
  unauthorised: boolean;
}

/** Who made the versions in between, the last ones of them. */
async function readAuthors(database: Database, table: 'item' | 'relation', judged: readonly Judged[]): Promise<Map<string, Authors>> {
  const isBetween = sql`version > asked.from_version and version <= asked.to_version`;
  const rows = await database.query<Authors & { id: string }>(sql`select asked.id, made.names, made.unauthorised
    from unnest(${judged.map(({ id }) => id)}::uuid[], ${judged.map(({ fromVersion = 0 }) => fromVersion)}::int[],
      ${judged.map(({ toVersion }) => toVersion)}::int[]) as asked(id, from_version, to_version)
    cross join lateral (select (array_agg(distinct actor_name))[1:${mostAuthors}::int] as names, bool_or(unauthorised) as unauthorised
      from (select actor_name, unauthorised from ${raw(table)} where id = asked.id and ${isBetween}
        union all (select actor_name, unauthorised from ${raw(`${table}_version`)} where ${raw(`${table}_id`)} = asked.id and ${isBetween}
          order by version desc limit ${mostVersions}::int)) version) made`);
  return new Map(rows.map(({ id, ...authors }) => [id, authors]));
}

function toEntry(
  { kind, change, id, at, fromVersion, toVersion }: Judged,
  is: ItemVersionState | RelationVersionState,
  authors: Authors = { names: [is.actorName], unauthorised: is.unauthorised },
) {
  return {
    kind,
    change,
    id,
    ...(fromVersion !== undefined && { fromVersion }),
    toVersion,
    versions: toVersion - (fromVersion ?? 0),
    at: new Date(at).toISOString(),
    actorId: is.actorId,
    actorName: is.actorName,
    authors: authors.names,
    ...(is.traceId !== undefined && { traceId: is.traceId }),
    ...(is.changeSetId !== undefined && { changeSetId: is.changeSetId }),
    ...(is.reason !== undefined && { reason: is.reason }),
    unauthorised: authors.unauthorised,
  };
}
