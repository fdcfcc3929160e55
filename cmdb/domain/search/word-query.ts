/** A condition on the words of an item. */
export type WordQuery = { word: string; isStart: boolean } | { any: readonly WordQuery[] } | { all: readonly WordQuery[] };

/** The word itself, or with `isStart` all that begin with it. */
export function word(text: string, isStart = false): WordQuery {
  return { word: text, isStart };
}

export function anyOf(queries: readonly WordQuery[]): WordQuery {
  const [only, ...more] = queries;
  return only && more.length === 0 ? only : { any: queries };
}

export function allOf(queries: readonly WordQuery[]): WordQuery {
  const [only, ...more] = queries;
  return only && more.length === 0 ? only : { all: queries };
}

/** As PostgreSQL's tsquery is written; never of a query of nothing. */
export function writeWords(query: WordQuery): string {
  if ('word' in query) return `'${query.word.replace(/['\\]/g, (sign) => sign + sign)}'${query.isStart ? ':*' : ''}`;
  if ('any' in query) return `(${[...new Set(query.any.map(writeWords))].join(' | ')})`;
  return `(${query.all.map(writeWords).join(' & ')})`;
}

export function listTerms(query: WordQuery): { word: string; isStart: boolean }[] {
  if ('word' in query) return [query];
  return ('any' in query ? query.any : query.all).flatMap(listTerms);
}

/** The query with something else in place of each of its terms; undefined when nothing of it is left. */
export function replaceTerms(query: WordQuery, replace: (term: { word: string; isStart: boolean }) => readonly WordQuery[]): WordQuery | undefined {
  if ('word' in query) {
    const found = replace(query);
    return found.length > 0 ? anyOf(found) : undefined;
  }
  if ('any' in query) {
    const left = query.any.flatMap((one) => replaceTerms(one, replace) ?? []);
    return left.length > 0 ? anyOf(left) : undefined;
  }
  const all = query.all.map((one) => replaceTerms(one, replace));
  return all.every((one) => one !== undefined) ? allOf(all) : undefined;
}
