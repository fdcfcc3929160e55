import { Environment, type ObjectSchema } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { structuralLimits } from './expression.ts';

type PlainShape = 'string' | 'double' | 'bool' | 'timestamp' | 'list<string>' | 'list<double>' | 'map<string, string>';
/**
 * What a rule may speak of. Numbers are CEL doubles, times are Date. `string?` says that the value may be absent: asking for what is absent fails, and a
 * condition that fails does not match; `has(ticket.assigneeId)` asks whether it is there. An object names its fields: `ticket.type`.
 */
export type Shape = PlainShape | `${PlainShape}?` | { fields: Readonly<Record<string, Shape>> };
export type Variables = Readonly<Record<string, Shape>>;

export type Fact = string | number | boolean | Date | readonly (string | number)[] | Readonly<Record<string, string>> | FactObject | undefined;
interface FactObject {
  readonly [field: string]: Fact;
}
export type Facts = Readonly<Record<string, Fact>>;

/** A list or map that is gone through has at most so many elements; a longer one fails when it is met. */
export const mostElements = 200;
/** A text longer than this is not searched by a regular expression. */
const longestSubject = 5_000;
const mostPatterns = 1_000;
const patterns = new Map<string, RE2JS>();

/** The regular expression; by RE2, whose time grows with the text and not with the ways to read it. Throws its own error for a bad one. */
export function compilePattern(pattern: string): RE2JS {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = RE2JS.compile(pattern);
    if (patterns.size >= mostPatterns) patterns.clear();
    patterns.set(pattern, compiled);
  }
  return compiled;
}

/** The library's environment that knows these variables, and the functions that stand in for its own where those are slow or differ from the language. */
export function environmentOf(variables: Variables): Environment {
  const environment = new Environment({ limits: structuralLimits });
  for (const [name, shape] of Object.entries(variables)) {
    if (typeof shape === 'string') environment.registerVariable({ name, type: celType(shape) });
    else environment.registerVariable({ name, schema: schemaOf(shape.fields) });
  }
  environment.registerFunction('string.matchesLinearly(string): bool', (text: string, pattern: string) => {
    if (text.length > longestSubject) throw new Error(`A text of more than ${longestSubject} characters is not matched.`);
    return compilePattern(pattern).test(text);
  });
  environment.registerFunction('bounded(list<A>): list<A>', (list: Iterable<unknown>) => refuseMany(list, Array.isArray(list) ? list.length : 0));
  environment.registerFunction('bounded(map<K, V>): map<K, V>', (map: object) => refuseMany(map, Object.keys(map).length));
  environment.registerFunction('comesBefore(string, string): bool', (one: string, other: string) => compareCodePoints(one, other) < 0);
  return environment;
}

function refuseMany<Elements>(elements: Elements, count: number): Elements {
  if (count > mostElements) throw new Error(`More than ${mostElements} elements are not gone through.`);
  return elements;
}

/** Every name that may be said, with the fields of objects: `ticket.type`. */
export function namesOf(variables: Variables, prefix = ''): string[] {
  return Object.entries(variables).flatMap(([name, shape]) =>
    typeof shape === 'string' ? `${prefix}${name}` : namesOf(shape.fields, `${prefix}${name}.`),
  );
}

/** The shape of a name with dots; undefined for one that is not declared. */
export function shapeOf(variables: Variables, path: string): Shape | undefined {
  let shape: Shape | undefined = { fields: variables };
  for (const name of path.split('.')) {
    if (typeof shape === 'string' || !Object.hasOwn(shape?.fields ?? {}, name)) return undefined;
    shape = shape?.fields[name];
  }
  return shape;
}

/** The value at a name with dots; undefined when it is not there. */
export function factAt(facts: Facts, path: string): Fact {
  let fact: unknown = facts;
  for (const name of path.split('.')) {
    if (typeof fact !== 'object' || fact === null || !Object.hasOwn(fact, name)) return undefined;
    fact = (fact as Readonly<Record<string, unknown>>)[name];
  }
  return fact as Fact;
}

/** The order of texts in CEL, and of PostgreSQL's collation "C": by code points, where JavaScript goes by its halves of them. */
function compareCodePoints(one: string, other: string): number {
  const [left, right] = [one[Symbol.iterator](), other[Symbol.iterator]()];
  for (;;) {
    const [a, b] = [left.next().value, right.next().value];
    if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1);
    if (a !== b) return (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0);
  }
}

function schemaOf(fields: Variables): ObjectSchema {
  return Object.fromEntries(
    Object.entries(fields).map(([name, shape]) => [name, typeof shape === 'string' ? celType(shape) : schemaOf(shape.fields)]),
  );
}

function celType(shape: Exclude<Shape, object>): string {
  const plain = plainOf(shape);
  return plain === 'timestamp' ? 'google.protobuf.Timestamp' : plain;
}

export function plainOf(shape: Exclude<Shape, object>): PlainShape {
  return (shape.endsWith('?') ? shape.slice(0, -1) : shape) as PlainShape;
}
