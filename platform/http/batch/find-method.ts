import { AppError } from '../../errors/app-error.ts';
import { HttpRefusal } from '../problem.ts';
import { decode, readPathParameters, readQuery } from '../read-url.ts';
import { byPrecision, type RestMethod } from '../rest-call.ts';
import type { Operation } from './read-batch.ts';

export interface FoundMethod {
  method: RestMethod;
  path: Record<string, string>;
  query: Record<string, string[]>;
}

export type FindMethod = (operation: Pick<Operation, 'method' | 'path'>) => FoundMethod;

/**
 * Finds the method that an operation means among those of a collection, as the router does for a request of its own. Throws AppError `not_found`, and
 * HttpRefusal `method_not_allowed` or `malformed`.
 */
export function methodFinder(collection: string, methods: readonly RestMethod[]): FindMethod {
  const routes = methods
    .toSorted((left, right) => byPrecision(left.http.path, right.http.path))
    .map((method) => ({ method, pattern: toPattern(method.http.path.slice(collection.length)) }));

  return ({ method: verb, path: url = '' }) => {
    const [path = ''] = url.split('?', 1);
    const matching = routes.flatMap(({ method, pattern }) => {
      const match = pattern.exec(path);
      return match ? [{ method, params: match.groups ?? {} }] : [];
    });
    if (matching.length === 0) throw new AppError('not_found', `Nothing that changes something is at "${path}" here. What there is: /api/docs.`);
    const found = matching.find(({ method }) => method.http.verb.toUpperCase() === verb);
    if (!found) {
      const allowed = [...new Set(matching.map(({ method }) => method.http.verb.toUpperCase()))].join(', ');
      throw new HttpRefusal('method_not_allowed', `"${path}" takes ${allowed}.`);
    }
    const params = Object.fromEntries(Object.entries(found.params).map(([name, text]) => [name, decode(text)]));
    return { method: found.method, path: readPathParameters({ params }), query: readQuery({ url }) };
  };
}

/** `/:id/transitions` → `^/(?<id>[^/]+)/transitions$` */
function toPattern(expressPath: string): RegExp {
  const source = expressPath.replace(/\\(.)|:(\w+)|([.*+?^${}()|[\]])/g, (_, literal?: string, field?: string, special?: string) =>
    field === undefined ? `\\${literal ?? special}` : `(?<${field}>[^/]+)`,
  );
  return new RegExp(`^${source}$`);
}
