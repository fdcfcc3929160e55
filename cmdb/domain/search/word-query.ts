/** A condition on words, as PostgreSQL's tsquery writes it. */
export type WordQuery = string;

/** The word itself, or with `isStart` all that begin with it. */
export function word(text: string, isStart = false): WordQuery {
  return `'${text.replace(/['\\]/g, (sign) => sign + sign)}'${isStart ? ':*' : ''}`;
}

export function anyOf(queries: readonly WordQuery[]): WordQuery {
  const each = [...new Set(queries)];
  return each.length === 1 ? (each[0] ?? '') : `(${each.join(' | ')})`;
}

export function allOf(queries: readonly WordQuery[]): WordQuery {
  return queries.length === 1 ? (queries[0] ?? '') : `(${queries.join(' & ')})`;
}
