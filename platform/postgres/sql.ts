/**
 * One SQL statement with its values. `sql` is a template tag: what stands in `${}` becomes a parameter, except another
 * Statement, which is put in place with its own parameters. Text never comes from input.
 */
export interface Statement {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
  /** When set, the statement must return exactly this many rows, or the whole commit is a `conflict`. It needs a `returning`. */
  readonly rows?: number;
  /** It is planned each time anew, with its values. */
  readonly isPlannedAnew?: boolean;
}

export function sql(strings: TemplateStringsArray, ...values: unknown[]): Statement {
  return join(strings, values);
}

/** The statement must change exactly `rows` rows (end it with `returning 1`); otherwise nothing of its commit happens: AppError `conflict`. */
export function exactly(rows: number, statement: Statement): Statement {
  return { ...statement, rows };
}

/**
 * For a query whose best plan depends on its values: by which of two conditions it begins, say. Others keep a plan that fits any values, which saves more than it costs.
 */
export function plannedAnew(statement: Statement): Statement {
  return { ...statement, isPlannedAnew: true };
}

/** Text that is part of the program (a column name, a schema), never of an input. */
export function raw(text: string): Statement {
  return { strings: [text], values: [] };
}

export function joinSql(parts: readonly Statement[], separator: string): Statement {
  const strings = parts.map((_, index) => (index === 0 ? '' : separator));
  return join([...strings, ''], parts);
}

/** The text with $1…$n and the values, as the pg client takes them. */
export function render(statement: Statement): { text: string; values: unknown[] } {
  let text = statement.strings[0] ?? '';
  for (let index = 1; index < statement.strings.length; index++) text += `$${index}${statement.strings[index]}`;
  return { text, values: [...statement.values] };
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && 'strings' in value && 'values' in value;
}

function join(strings: readonly string[], parts: readonly unknown[]): Statement {
  const texts: string[] = [strings[0] ?? ''];
  const values: unknown[] = [];
  parts.forEach((part, index) => {
    const after = strings[index + 1] ?? '';
    if (isStatement(part)) {
      texts[texts.length - 1] += part.strings[0] ?? '';
      for (let inner = 1; inner < part.strings.length; inner++) texts.push(part.strings[inner] ?? '');
      values.push(...part.values);
      texts[texts.length - 1] += after;
    } else {
      values.push(part);
      texts.push(after);
    }
  });
  return { strings: texts, values };
}
