import type { DescFile } from '@bufbuild/protobuf';
import type { FileModel } from './model.ts';
import type { Refusals } from './refusals.ts';

/** Two methods at one verb and path: the second would never be reached. Batches of a collection are not declared: they follow from its methods. */
export function refuseRoutesTwice(files: readonly DescFile[], models: readonly FileModel[], refusals: Refusals): void {
  const owners = new Map<string, string>();
  for (const [index, file] of models.entries()) {
    for (const [place, service] of file.services.entries()) {
      for (const [at, { name, http }] of service.methods.entries()) {
        const declared = files[index]?.services[place]?.methods[at];
        if (!http || !declared) continue;
        const route = `${http.verb} ${http.path.replace(/(?<!\\):\w+/g, ':')}`;
        if (http.path.endsWith('\\:batch'))
          refusals.refuse(declared, `${service.name}.${name}: ${http.path} would be the collection's batches, which are there by themselves`);
        const owner = owners.get(route);
        if (owner) refusals.refuse(declared, `${service.name}.${name}: ${http.verb} ${http.path} already belongs to ${owner}`);
        owners.set(route, `${service.name}.${name}`);
      }
    }
  }
}
