/** Somebody as a provider knows them. */
export interface Subject {
  /** What never changes of them there. */
  subject: string;
  login?: string;
  name?: string;
  email?: string;
  groups: readonly string[];
}

/** Which claims or attributes hold what. */
export interface SubjectFields {
  login: string;
  name: string;
  email: string;
  groups: string;
}

/** Reads somebody out of the claims of an ID token; a name with dots is the way into nested ones, unless a claim has that very name. */
export function readSubject(subject: string, claims: Readonly<Record<string, unknown>>, fields: SubjectFields): Subject {
  const textOf = (name: string) => {
    const value = findClaim(claims, name);
    const text = typeof value === 'string' ? withoutControls(value) : '';
    return text === '' ? undefined : text;
  };
  const [login, name, email] = [textOf(fields.login), textOf(fields.name), textOf(fields.email)];
  const groups = [findClaim(claims, fields.groups)].flat().filter((group): group is string => typeof group === 'string');
  return {
    subject: withoutControls(subject),
    ...(login !== undefined && { login }),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    groups,
  };
}

/** The roles of whoever is in these groups; names of groups are the same in small and capital letters. */
export function rolesOf(groups: readonly string[], { roles, groupRoles }: RoleRules): string[] {
  const own = new Set(groups.map((group) => group.toLowerCase()));
  return [...new Set([...roles, ...groupRoles.filter(({ group }) => own.has(group.toLowerCase())).map(({ role }) => role)])];
}

export interface RoleRules {
  roles: readonly string[];
  groupRoles: readonly { group: string; role: string }[];
}

function findClaim(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const step of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Record<string, unknown>)[step];
  }
  return found;
}

/** What nobody can see, and PostgreSQL does not take. */
function withoutControls(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .trim();
}
