/** A permission for some objects: those of which all of `where` is so, and of which the condition is true. */
export interface Grant {
  permission: string;
  /** Of each list an object has one of the values. */
  where: Readonly<Record<string, readonly string[]>>;
  /** CEL over the object and `me`. */
  condition?: string;
  /** Fields that it leaves out. */
  without?: readonly string[];
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

/**
 * Whether what `narrower` gives is surely among what `wider` gives. What a class stands for is not known here: it must be named itself; and of two conditions
 * it is not known which says more: it must be the same.
 */
function includes(wider: Grant, narrower: Grant): boolean {
  const isWithin = ([name, values]: [string, readonly string[]]) => narrower.where[name]?.every((value) => values.includes(value)) ?? false;
  const conditions = Object.entries(wider.where);
  const isSame = wider.condition === undefined || wider.condition === narrower.condition;
  const isOpen = (wider.without ?? []).every((field) => narrower.without?.includes(field));
  const saysWhich = conditions.length > 0 || wider.condition !== undefined;
  return wider.permission === narrower.permission && saysWhich && isSame && isOpen && conditions.every(isWithin);
}
