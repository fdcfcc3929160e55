import type { HttpRoute } from '../contract.ts';
import type { FileModel } from './model.ts';

/**
 * Says of each method that changes something which collection it belongs to. A collection is what stands before the first field of a path, or where a create
 * stands; a path without fields (`/definitions/test`) belongs to the collection above it, if there is one.
 */
export function assignCollections(files: readonly FileModel[]): FileModel[] {
  const routes = files.flatMap(({ services }) => services.flatMap(({ methods }) => methods.flatMap(({ http }) => http ?? [])));
  const collections = new Set(routes.flatMap((route) => beforeFields(route) ?? (route.location === undefined ? [] : route.path)));

  const assign = (route: HttpRoute): HttpRoute => {
    const collection = route.verb === 'get' ? undefined : (beforeFields(route) ?? findAbove(route.path));
    return collection === undefined ? route : { ...route, collection };
  };
  const findAbove = (path: string): string | undefined => {
    if (path === '' || collections.has(path)) return path || undefined;
    return findAbove(path.slice(0, path.lastIndexOf('/')));
  };
  return files.map((file) => ({
    ...file,
    services: file.services.map((service) => ({
      ...service,
      // A stream that is taken is many calls already, and one that is given fits no answer of a batch.
      methods: service.methods.map((method) =>
        method.http && !method.takesStream && !method.givesStream ? { ...method, http: assign(method.http) } : method,
      ),
    })),
  }));
}

function beforeFields({ path }: HttpRoute): string | undefined {
  const field = path.search(/(?<!\\):/);
  return field === -1 ? undefined : path.slice(0, path.lastIndexOf('/', field));
}
