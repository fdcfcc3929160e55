import type { FieldViolation } from '../errors/app-error.ts';
import type { Contract, MethodContract, QueryType } from './contract.ts';
import { escapePointer } from './explain-violation.ts';

/** What HTTP brought: `path` and `query` are decoded text, `body` is the parsed JSON, undefined when the route takes none, and an empty object when it is a file. */
export interface HttpInput {
  path: Readonly<Record<string, string>>;
  /** Every value of a name, in its order. */
  query: Readonly<Record<string, readonly string[]>>;
  body?: unknown;
}

/**
 * Makes the request message of a method out of what HTTP brought. `violations` are those that only HTTP can have (an unknown query parameter, a
 * path field once more in the body); text that is not the number that it should be is left as it is, so that `contract.violations` tells.
 */
export function readRequest(contract: Contract, method: MethodContract, input: HttpInput): { message: object; violations: FieldViolation[] } {
  const route = method.http;
  if (!route) throw new Error(`${method.service}/${method.name} has no route`);
  const fromPath = Object.fromEntries(route.pathFields.map((field) => [field, input.path[field]]));
  const query = readQuery(route.query, input.query);
  if (!route.body) return { message: { ...query.fields, ...fromPath }, violations: query.violations };

  if (!isObject(input.body))
    return { message: fromPath, violations: [...query.violations, { pointer: '', message: 'the body must be a JSON object' }] };
  const elsewhere = [
    ...route.pathFields.map((field) => ({ field, place: 'stands in the path' })),
    ...(method.needsIfMatch ? [{ field: 'expectedVersion', place: 'is given by If-Match' }] : []),
  ];
  const repeated = elsewhere
    .filter(({ field }) => Object.hasOwn(input.body as object, field))
    .map(({ field, place }) => ({ pointer: `/${field}`, message: `${field} ${place}: leave it out of the body` }));
  return {
    message: { ...query.fields, ...contract.fromJson(method.request, input.body), ...fromPath },
    violations: [...query.violations, ...repeated],
  };
}

function readQuery(
  types: Readonly<Record<string, QueryType>>,
  given: HttpInput['query'],
): { fields: Record<string, unknown>; violations: FieldViolation[] } {
  const fields: Record<string, unknown> = {};
  const violations: FieldViolation[] = [];
  for (const [name, values] of Object.entries(given)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) violations.push({ pointer: `/${escapePointer(name)}`, message: `${name} ${explainUnknown(types)}` });
    else if (type.endsWith('[]')) fields[name] = values.map((text) => coerce(type, text));
    else {
      fields[name] = coerce(type, values[0] ?? '');
      if (values.length > 1) violations.push({ pointer: `/${name}`, message: `${name} is given more than once: give it once` });
    }
  }
  return { fields, violations };
}

function explainUnknown(types: Readonly<Record<string, QueryType>>): string {
  const known = Object.keys(types);
  return known.length === 0 ? 'is not known here: this takes no query' : `is not known here: leave it out, or use one of: ${known.join(', ')}`;
}

function coerce(type: QueryType, text: string): unknown {
  if (type.startsWith('boolean')) return text === 'true' ? true : text === 'false' ? false : text;
  if (type.startsWith('number')) return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
  return text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
