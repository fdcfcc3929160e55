import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { joinSql, sql } from '../../platform/postgres/sql.ts';
import { normaliseName } from '../domain/lookup.ts';
import type { SearchQuery } from '../domain/search/read-query.ts';
import { type WordQuery, word } from '../domain/search/word-query.ts';
import { allConditions, hasWords, type ItemConditions, withWords } from './item-filter.ts';
import { readOrder } from './item-order.ts';
import { keepKnownWords } from './know-words.ts';
import { findWithin, mendQuery } from './mend-query.ts';
import { readInOrder } from './read-in-order.ts';

interface Search {
  conditions: ItemConditions;
  q: string;
  query: SearchQuery;
  after: string | undefined;
  limit: number;
}

interface Hit {
  rank: number;
  name: string;
  id: string;
}

/** How well an item fits; within a rank items come by name. */
const ranks = { same: 0, begins: 1, exact: 2, wide: 3, parts: 4, mended: 5 };
const mostBegins = 1_000;
const mostSame = 200;
const firstId = '00000000-0000-0000-0000-000000000000';
const byName = readOrder('name') ?? { sort: 'name', isDown: false, columns: [] };

/**
 * What fits best comes first: what is called so or has this number, what begins so, what has all the words, what has words that begin so or are meant by a wrong
 * keyboard or alphabet, what has the words within others; and only when there is none of these, what has them with a mistake. Each rank is read in the order of names, page by page.
 */
export async function searchItems(database: Database, search: Search): Promise<{ ids: string[]; next?: string }> {
  const { conditions, query, limit } = search;
  const after: Hit = search.after === undefined ? { rank: -1, name: '', id: firstId } : readPlace(search.after);
  const best = await findBest(database, search);
  const ids = best
    .filter((hit) => isBehind(hit, after))
    .slice(0, limit + 1)
    .map(({ id }) => id);
  if (ids.length > limit)
    return toPage(
      ids,
      limit,
      best.find(({ id }) => id === ids[limit - 1]),
    );

  const others = best.length > 0 ? [sql`id <> all(${best.map(({ id }) => id)}::uuid[])`] : [];
  const read = async (rank: number, { words, before }: Wanted) => {
    const place = after.rank === rank ? [after.name, after.id] : undefined;
    const found = withWords(conditions, words);
    const narrowed = { ...found, narrowing: [...found.narrowing, ...(before ? [sql`not (${hasWords(before)})`] : []), ...others] };
    const part = await readInOrder(database, {
      conditions: narrowed,
      order: byName,
      limit: limit - ids.length,
      // What was meant is a guess.
      someWillDo: rank === ranks.mended,
      mayLeaveOut: true,
      ...(place && { after: place }),
    });
    ids.push(...part.ids);
    const [name, id] = part.next ?? [];
    if (name !== undefined && id !== undefined) return { rank, name, id };
    return undefined;
  };

  const [exact, wide] = await Promise.all([keepKnownWords(database, query.exact), keepKnownWords(database, query.wide)]);
  const steps: Step[] = [
    [ranks.exact, async () => exact],
    [ranks.wide, async () => wide, exact],
    [ranks.parts, () => findWithin(database, query), wide],
    [ranks.mended, () => mendQuery(database, query)],
  ];
  for (const [rank, readWords, before] of steps) {
    if (ids.length === limit && rank < ranks.mended) return toPage(ids, limit, { rank, name: '', id: firstId });
    const isFor = after.rank <= rank && (rank < ranks.mended || after.rank === rank || (search.after === undefined && ids.length === 0));
    const words = isFor ? await readWords() : undefined;
    const next = words && (await read(rank, { words, before }));
    if (next) return toPage(ids, limit, next);
  }
  return { ids };
}

interface Wanted {
  words: WordQuery;
  /** What has these has a better rank. */
  before?: WordQuery | undefined;
}

type Step = [rank: number, readWords: () => Promise<WordQuery | undefined>, before?: WordQuery | undefined];

/** What is called so or has this number, and the first of what begins so, also with the other keyboard or alphabet: these are few, so they are read at once. */
async function findBest(database: Database, { conditions, q, query: { code, names } }: Search): Promise<Hit[]> {
  const own = normaliseName(q);
  const begun = [own, ...names].map(
    (name) =>
      sql`(select item_id as id, value = ${own} as same from item_lookup where value >= ${name} and value < ${`${name}\u{10ffff}`} order by value limit ${mostBegins}::int)`,
  );
  const same = code === undefined ? [] : [sql`(select id, true from item where ${hasWords(word(code))} limit ${mostSame}::int)`];
  return database.query<Hit>(sql`with found as (${joinSql([...begun, ...same], ' union all ')}),
    best as (select id as best_id, bool_or(same) as same from found group by id)
    select case when same then ${ranks.same}::int else ${ranks.begins}::int end as rank, name, id
    from best join item on id = best_id where ${allConditions(conditions)} order by rank, name, id`);
}

function isBehind(hit: Hit, { rank, name, id }: Hit): boolean {
  if (hit.rank !== rank) return hit.rank > rank;
  return compare(hit.name, name) || (hit.name === name && hit.id > id);
}

/** As the database compares: by the bytes of UTF-8. */
function compare(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) > 0;
}

function toPage(ids: readonly string[], limit: number, last: Hit | undefined): { ids: string[]; next?: string } {
  return { ids: ids.slice(0, limit), ...(last && { next: encodeCursor([last.rank, last.name, last.id], 'rank') }) };
}

function readPlace(after: string): Hit {
  const [rank, name, id] = decodeCursor(after, ['number', 'string', 'uuid'], 'rank');
  return { rank, name, id };
}
