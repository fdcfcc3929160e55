/** What a token leaves of its account's permissions. No scopes: all of them. */
export function narrow(permissions: readonly string[], scopes: readonly string[]): string[] {
  if (scopes.length === 0) return [...permissions];
  return scopes.filter((scope) => covers(permissions, [scope]));
}

/** Whether somebody with permissions `own` may give away `wanted`: nobody can give more than they have. */
export function covers(own: readonly string[], wanted: readonly string[]): boolean {
  return own.includes('*') || wanted.every((permission) => own.includes(permission));
}
