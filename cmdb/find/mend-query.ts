import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { countMistakes, listEdits } from '../domain/search/list-edits.ts';
import type { SearchedWord, SearchQuery } from '../domain/search/read-query.ts';
import { allOf, anyOf, type WordQuery, word } from '../domain/search/word-query.ts';
import { keepKnownWords } from './know-words.ts';

const shortestPart = 3;
const mostParts = 60;
/** One mistake in a word of at least so many letters, two in a long one. */
const shortestMistaken = 4;
const longestMistaken = 24;
const long = 8;
const mostAlike = 3_000;

/** Each word, or a word that has it within; undefined when there are none of these. */
export async function findWithin(database: Database, { words }: SearchQuery): Promise<WordQuery | undefined> {
  const parts = await Promise.all(words.map(({ meant }) => findParts(database, meant)));
  if (parts.every(({ length }) => length === 0)) return undefined;
  return keepKnownWords(database, allOf(words.map(({ wide }, index) => anyOf([wide, ...(parts[index] ?? [])]))));
}

/** Each word, a word that has it within, or a word that it is with a mistake; undefined when there is none. */
export async function mendQuery(database: Database, { words }: SearchQuery): Promise<WordQuery | undefined> {
  const mended = await Promise.all(
    words.map(async ({ wide, meant }) => anyOf([wide, ...(await findParts(database, meant)), ...(await findMistaken(database, meant))])),
  );
  return keepKnownWords(database, allOf(mended));
}

/** Words that have it within; the shortest first, because they say little else. */
async function findParts(database: Database, [own]: SearchedWord['meant']): Promise<WordQuery[]> {
  if (own === undefined || own.length < shortestPart || /[\\%_]/.test(own)) return [];
  const rows = await database.query<{ word: string }>(
    sql`select word from search_word where word like ${`%${own}%`} order by length(word), word limit ${mostParts}::int`,
  );
  return rows.map((row) => word(row.word));
}

async function findMistaken(database: Database, meant: SearchedWord['meant']): Promise<WordQuery[]> {
  const fitting = meant.filter(({ length }) => length >= shortestMistaken && length <= longestMistaken);
  const codes = fitting.filter((text) => /\d/.test(text)).flatMap(listEdits);
  const letters = fitting.filter((text) => !/\d/.test(text));
  const found = await Promise.all([findCodes(database, codes), findWords(database, letters.flatMap(listEdits)), findLongWords(database, letters)]);
  return found.flat().map((one) => word(one));
}

/**
 * Those that some item has. Each is looked up by itself: of a condition on a thousand codes the planner thinks that many items fulfil it, and reads them all.
 */
async function findCodes(database: Database, codes: readonly string[]): Promise<string[]> {
  if (codes.length === 0) return [];
  const rows = await database.query<{ word: string }>(sql`select e.word from unnest(${[...new Set(codes)]}::text[]) as e(word)
    where exists (select 1 from item where words @@ quote_literal(e.word)::tsquery offset 0)`);
  return rows.map((row) => row.word);
}

async function findWords(database: Database, words: readonly string[]): Promise<string[]> {
  if (words.length === 0) return [];
  return (await database.query<{ word: string }>(sql`select word from search_word where word = any(${[...new Set(words)]}::text[])`)).map(
    (row) => row.word,
  );
}

/** Two mistakes leave one third of a word as it is. */
async function findLongWords(database: Database, words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    words
      .filter(({ length }) => length >= long)
      .map(async (text) => {
        const [first, second] = [Math.ceil(text.length / 3), Math.ceil((2 * text.length) / 3)];
        const rows = await database.query<{ word: string }>(sql`select word from search_word
          where (word like ${`${text.slice(0, first)}%`} or word like ${`%${text.slice(first, second)}%`} or word like ${`%${text.slice(second)}`})
            and length(word) between ${text.length - 2}::int and ${text.length + 2}::int limit ${mostAlike}::int`);
        return rows.map((row) => row.word).filter((one) => countMistakes(text, one, 2) <= 2);
      }),
  );
  return found.flat();
}
