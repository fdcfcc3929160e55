/** Puts values in place of {name} in a filter of LDAP (RFC 4515), so that none of them can be more than a value. */
export function fillFilter(filter: string, values: Readonly<Record<string, string>>): string {
  return filter.replaceAll(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? escapeFilterValue(values[name] ?? '') : place));
}

/** Everything but letters and digits of ASCII as the bytes of its UTF-8. */
function escapeFilterValue(value: string): string {
  return [...Buffer.from(value)].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`)).join('');
}

function isPlain(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
