/** Somebody as a provider knows them. */
export interface Subject {
  /** What never changes of them there. */
  subject: string;
  login?: string;
  name?: string;
  email?: string;
  groups: readonly string[];
  /** The id of the person in the system that the provider names. */
  person?: string;
}

/** Which claims or attributes hold what. */
export interface SubjectFields {
  login: string;
  name: string;
  email: string;
  groups: string;
  person: string | undefined;
}

/** Reads somebody out of the claims of an ID token; a name with dots is the way into nested ones, unless a claim has that very name. */
export function readSubject(subject: string, claims: Readonly<Record<string, unknown>>, fields: SubjectFields): Subject {
  const textOf = (name: string | undefined) => {
    const value = name === undefined ? undefined : findClaim(claims, name);
    const text = typeof value === 'string' ? withoutControls(value) : '';
    return text === '' ? undefined : text;
  };
  const [login, name, email, person] = [fields.login, fields.name, fields.email, fields.person].map(textOf);
  const groups = [findClaim(claims, fields.groups)].flat().filter((group): group is string => typeof group === 'string');
  return {
    subject: withoutControls(subject),
    ...(login !== undefined && { login }),
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(person !== undefined && { person }),
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
