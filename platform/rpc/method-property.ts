/** Methods in TypeScript are called as in proto, in camelCase: `createTicket`. */
export function methodProperty(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
