/** A permission that holds for the objects of which all of `where` is so: of each list an object has one of the values. */
export interface Grant {
  permission: string;
  where: Readonly<Record<string, readonly string[]>>;
}

/** What somebody may do. */
export interface Rights {
  /** They hold for all objects; `*` is all. */
  permissions: readonly string[];
  /** They hold for some objects only. */
  grants: readonly Grant[];
}

/** What a token leaves of its account's rights. No scopes: all of them. What holds for all objects needs no grant beside it. */
export function narrow({ permissions, grants }: Rights, scopes: readonly string[]): { permissions: string[]; grants: Grant[] } {
  const left = scopes.length === 0 ? [...permissions] : scopes.filter((scope) => has(permissions, scope));
  const isLeft = ({ permission }: Grant) => !has(left, permission) && (scopes.length === 0 || scopes.includes(permission));
  return { permissions: left, grants: grants.filter(isLeft) };
}

/** Whether somebody who may do `own` may give `wanted` away: nobody can give more than they have. */
export function covers(own: Rights, wanted: Rights): boolean {
  return (
    wanted.permissions.every((permission) => has(own.permissions, permission)) &&
    wanted.grants.every((grant) => has(own.permissions, grant.permission) || own.grants.some((wider) => includes(wider, grant)))
  );
}

/** The rights of all of them together, each grant once. */
export function unite(all: readonly Rights[]): Rights {
  const grants = new Map(all.flatMap((rights) => rights.grants.map((grant) => [JSON.stringify(grant), grant])));
  return { permissions: [...new Set(all.flatMap((rights) => rights.permissions))], grants: [...grants.values()] };
}

function has(permissions: readonly string[], permission: string): boolean {
  return permissions.includes('*') || permissions.includes(permission);
}

/** Whether the objects of `narrower` are surely among those of `wider`. What a class stands for is not known here: it must be named itself. */
function includes(wider: Grant, narrower: Grant): boolean {
  const isWithin = ([name, values]: [string, readonly string[]]) => narrower.where[name]?.every((value) => values.includes(value)) ?? false;
  const conditions = Object.entries(wider.where);
  return wider.permission === narrower.permission && conditions.length > 0 && conditions.every(isWithin);
}
