import { raw, type Statement, sql } from '../postgres/sql.ts';

/** Where a field is kept: an expression over the row, and its type. Absent is null; lists and maps hold no nulls, and a map is an object of texts. */
export interface Column {
  sql: Statement;
  type: 'text' | 'uuid' | 'text[]' | 'uuid[]' | 'double precision' | 'double precision[]' | 'boolean' | 'timestamptz' | 'int' | 'jsonb';
}

/** A column, or what is known without the row; undefined: it could not be evaluated. */
export type Scalar = Column | { constant: unknown };
type Truth = boolean | undefined | Statement;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const operators = { '==': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;
const turned = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
export type Comparison = keyof typeof operators;

export function compare(left: Scalar, operator: Comparison, right: Scalar): Truth {
  if (!('sql' in left)) return 'sql' in right ? compare(right, turned[operator], left) : undefined;
  const sign = raw(operators[operator]);
  const isOrder = operator !== '==' && operator !== '!=';
  if ('sql' in right) {
    if (left.type === right.type && !(isOrder && isText(left))) return sql`(${left.sql} ${sign} ${right.sql})`;
    return sql`(${asText(left)} ${sign} ${asText(right)}${isOrder && isText(left) ? raw(' collate "C"') : raw('')})`;
  }
  const value = parameter(right.constant);
  if (value === undefined) return undefined;
  // To PostgreSQL it equals itself, and is greater than any number.
  if (Number.isNaN(right.constant)) return whereThere(left, operator === '!=');
  if (left.type === 'uuid' && !isOrder) {
    const text = String(right.constant);
    return uuidPattern.test(text) ? sql`(${left.sql} ${sign} ${text}::uuid)` : whereThere(left, operator === '!=');
  }
  if (isText(left)) return sql`(${asText(left)} ${sign} ${value}${isOrder ? raw(' collate "C"') : raw('')})`;
  return sql`(${left.sql} ${sign} ${value})`;
}

/** `member in list`, where the list is known. */
export function isIn(member: Scalar, list: Scalar): Truth {
  const values = 'constant' in list ? list.constant : undefined;
  if (!Array.isArray(values)) {
    const keys = typeof values === 'object' && values !== null ? Object.keys(values) : undefined;
    return keys && isIn(member, { constant: keys });
  }
  if (!('sql' in member)) return undefined;
  const fitting = member.type === 'uuid' ? values.filter((one) => uuidPattern.test(String(one))) : values;
  // PostgreSQL finds nothing in an empty list, even where there is no value to look for.
  if (fitting.length === 0) return whereThere(member, false);
  if (fitting.length === 1) return compare(member, '==', { constant: fitting[0] });
  if (member.type === 'uuid') return sql`(${member.sql} = any(${fitting}::uuid[]))`;
  if (member.type === 'timestamptz') return sql`(${member.sql} = any(${fitting.map((one) => (one as Date).toISOString())}::timestamptz[]))`;
  if (isText(member)) return sql`(${member.sql} = any(${fitting}::text[]))`;
  return sql`(${member.sql} = any(${fitting.map(Number)}::double precision[]))`;
}

/** `member in list`, where the list or map is a column. */
export function contains(list: Scalar, member: Scalar): Truth {
  if (!('sql' in list)) return undefined;
  if ('sql' in member) {
    if (list.type === 'jsonb') return sql`(${list.sql} ? ${asText(member)})`;
    const element = list.type === 'uuid[]' && member.type === 'uuid' ? member.sql : asText(member);
    const elements = list.type === 'uuid[]' && member.type !== 'uuid' ? sql`${list.sql}::text[]` : list.sql;
    return sql`(case when ${member.sql} is not null then ${element} = any(${elements}) end)`;
  }
  if (member.constant === undefined) return undefined;
  if (list.type === 'jsonb') return sql`(${list.sql} ? ${String(member.constant)}::text)`;
  if (list.type === 'uuid[]') {
    const text = String(member.constant);
    return uuidPattern.test(text) ? sql`(${list.sql} @> array[${text}::uuid])` : whereThere(list, false);
  }
  if (list.type === 'double precision[]') return sql`(${list.sql} @> array[${Number(member.constant)}::double precision])`;
  return sql`(${list.sql} @> array[${String(member.constant)}::text])`;
}

export function search(kind: 'startsWith' | 'endsWith' | 'contains', subject: Scalar, searched: Scalar): Truth {
  if (('constant' in subject && subject.constant === undefined) || ('constant' in searched && searched.constant === undefined)) return undefined;
  const [text, part] = [textOf(subject), textOf(searched)];
  if (kind === 'startsWith') return sql`starts_with(${text}, ${part})`;
  if (kind === 'contains') return sql`(position(${part} in ${text}) > 0)`;
  return sql`(right(${text}, char_length(${part})) = ${part})`;
}

export function sizeOf({ sql: column, type }: Column): Column {
  if (type === 'jsonb')
    return { sql: sql`(case when ${column} is not null then (select count(*)::int from jsonb_object_keys(${column})) end)`, type: 'int' };
  return { sql: type.endsWith('[]') ? sql`cardinality(${column})` : sql`char_length(${column}::text)`, type: 'int' };
}

/** The value at a key of a map. */
export function lookUp(map: Column, key: Scalar): Scalar {
  if ('sql' in key) return { sql: sql`(${map.sql} ->> ${asText(key)})`, type: 'text' };
  if (typeof key.constant !== 'string') return { constant: undefined };
  return { sql: sql`(${map.sql} ->> ${key.constant}::text)`, type: 'text' };
}

/** Whether a map has a key; null where there is no map. */
export function presence(map: Column, key: Scalar): Truth {
  if ('sql' in key || typeof key.constant !== 'string') return undefined;
  return sql`(${map.sql} ? ${key.constant}::text)`;
}

/** True, or false, where there is a value, and null where there is none. */
function whereThere(column: Column, truth: boolean): Statement {
  return truth ? sql`(${column.sql} = ${column.sql})` : sql`(${column.sql} <> ${column.sql})`;
}

function isText({ type }: Column): boolean {
  return type === 'text' || type === 'uuid';
}

function asText(column: Column): Statement {
  return column.type === 'uuid' ? sql`${column.sql}::text` : column.sql;
}

function textOf(scalar: Scalar): Statement {
  return 'sql' in scalar ? asText(scalar) : sql`${String(scalar.constant)}::text`;
}

/** A known value with its type; undefined for what no column holds. */
function parameter(value: unknown): Statement | undefined {
  if (typeof value === 'string') return sql`${value}::text`;
  if (typeof value === 'bigint') return sql`${Number(value)}::double precision`;
  if (typeof value === 'number') return sql`${value}::double precision`;
  if (value instanceof Date) return sql`${value.toISOString()}::timestamptz`;
  return undefined;
}
