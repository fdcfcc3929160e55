import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { Grant, Rights } from './permissions.ts';

/** What the contract knows. */
export interface KnownPermissions {
  all: ReadonlySet<string>;
  /** Those that may hold for some objects only. */
  restrictable: ReadonlySet<string>;
  /** What is wrong with a grant of objects of which conditions tell; undefined where they do not. */
  checkGrant(grant: Grant, pointer: string): FieldViolation[] | undefined;
}

/** Bytes of the grants of one role: who calls travels with every call, and an account has at most 20 roles. */
const mostBytes = 2_000;

/** What cannot be kept of a role's rights, each at its place under `at`. */
export function checkRights({ permissions, grants }: Rights, known: KnownPermissions, at = ''): FieldViolation[] {
  const violations: FieldViolation[] = permissions.flatMap((permission, index) =>
    permission === '*' || known.all.has(permission) ? [] : [{ pointer: `${at}/permissions/${index}`, message: 'is not a permission that exists' }],
  );
  for (const [index, grant] of grants.entries()) {
    const { permission, where, condition, without = [] } = grant;
    const pointer = `${at}/grants/${index}`;
    if (!known.restrictable.has(permission)) {
      const names = [...known.restrictable].sort().join(', ');
      violations.push({ pointer: `${pointer}/permission`, message: `cannot hold for some objects only: that can be said of ${names}` });
    }
    const faults = known.checkGrant(grant, pointer);
    if (faults) {
      violations.push(...faults);
      continue;
    }
    if (condition !== undefined)
      violations.push({ pointer: `${pointer}/condition`, message: `is not asked of what ${permission} is about: say it in where` });
    if (without.length > 0) violations.push({ pointer: `${pointer}/without`, message: `is not said of what ${permission} is about` });
    if (condition === undefined && Object.values(where).every((values) => values.length === 0)) {
      const message = 'must name a class, an organisation or a site; what holds for all objects stands in permissions';
      violations.push({ pointer: `${pointer}/where`, message });
    }
    for (const [name, values] of Object.entries(where)) {
      for (const [place, value] of values.entries()) {
        if (value.trim() === '' || value.length > 200)
          violations.push({ pointer: `${pointer}/where/${name}/${place}`, message: 'must have 1 to 200 characters' });
      }
    }
  }
  if (Buffer.byteLength(JSON.stringify(grants)) > mostBytes)
    violations.push({ pointer: `${at}/grants`, message: `must not have more than ${mostBytes} bytes as JSON: spread them over several roles` });
  return violations;
}

/** One form for equal rights, so that they are told to be equal: each value once, in order; what names nothing is left out. */
export function tidyRights({ permissions, grants }: Rights): Rights {
  const tidyGrant = ({ permission, where, condition, without = [] }: Grant): Grant => ({
    permission,
    ...(condition !== undefined && { condition }),
    ...(without.length > 0 && { without: [...new Set(without)].sort() }),
    where: Object.fromEntries(
      Object.entries(where)
        .filter(([, values]) => values.length > 0)
        .map(([name, values]): [string, string[]] => [name, [...new Set(values)].sort()])
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    ),
  });
  return { permissions: [...new Set(permissions)], grants: grants.map(tidyGrant) };
}
