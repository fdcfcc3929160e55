/** A JSON pointer (RFC 6901) behind `base`: `pointTo('/classes/3', 'attributes', 'a/b')` is `/classes/3/attributes/a~1b`. */
export function pointTo(base: string, ...parts: readonly (string | number)[]): string {
  return parts.reduce<string>((pointer, part) => `${pointer}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`, base);
}
