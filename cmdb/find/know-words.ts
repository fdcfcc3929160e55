import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { isWordOfLetters } from '../domain/search/list-words.ts';
import { listTerms, replaceTerms, type WordQuery, word } from '../domain/search/word-query.ts';

const mostOfAStart = 50;

/**
 * A query without the words of letters that no item ever had, and with those that begin so in place of a beginning: of a hundred forms and spellings a few are
 * left, and the planner knows how frequent these are. Undefined when nothing of it is left.
 */
export async function keepKnownWords(database: Database, query: WordQuery): Promise<WordQuery | undefined> {
  const terms = listTerms(query).filter((term) => isWordOfLetters(term.word));
  const starts = [...new Set(terms.filter(({ isStart }) => isStart).map((term) => term.word))];
  const wholes = [...new Set(terms.filter(({ isStart }) => !isStart).map((term) => term.word))];
  const rows = await database.query<{
    start: string | null;
    word: string;
  }>(sql`select null as start, word from search_word where word = any(${wholes}::text[])
    union all select s.start, f.word from unnest(${starts}::text[]) as s(start) cross join lateral (
      select word from search_word where word >= s.start and word < s.start || ${'\u{10ffff}'} order by word limit ${mostOfAStart}::int) f`);
  const known = new Set(rows.map((row) => row.word));
  return replaceTerms(query, (term) => {
    if (!isWordOfLetters(term.word)) return [term];
    if (!term.isStart) return known.has(term.word) ? [term] : [];
    const found = rows.filter(({ start }) => start === term.word);
    return found.length < mostOfAStart ? found.map((row) => word(row.word)) : [term];
  });
}
