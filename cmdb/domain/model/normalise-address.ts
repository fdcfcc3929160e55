/** An IPv4 or IPv6 address in its one canonical form (RFC 5952), or undefined when it is none. */
export function normaliseIp(text: string): string | undefined {
  return text.includes(':') ? normaliseIpv6(text) : readIpv4(text)?.join('.');
}

/** `00-1B.63…` in any of the usual ways of writing as `00:1b:63:84:45:e6`; six or eight bytes. */
export function normaliseMac(text: string): string | undefined {
  const digits = text.replace(/[:.-]/g, '').toLowerCase();
  const bytes =
    /^(?:[0-9a-f]{12}|[0-9a-f]{16})$/.test(digits) && /^[0-9a-f]{1,4}(?:[:.-]?[0-9a-f]{1,4})*$/i.test(text) ? digits.match(/../g) : undefined;
  return bytes?.join(':');
}

function readIpv4(text: string): number[] | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  const bytes = parts?.map(Number);
  // A leading zero is octal to some programs and decimal to others.
  if (!bytes || bytes.some((byte, index) => byte > 255 || String(byte) !== parts?.[index])) return undefined;
  return bytes;
}

function normaliseIpv6(text: string): string | undefined {
  const groups = readIpv6(text);
  if (!groups) return undefined;
  const [start, length] = longestZeros(groups);
  const write = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? write(groups) : `${write(groups.slice(0, start))}::${write(groups.slice(start + length))}`;
}

function readIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(readGroups);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1) return missing === 0 ? head : undefined;
  return missing < 1 ? undefined : [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])];
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const ipv4 = parts.at(-1)?.includes('.') ? readIpv4(parts.pop() ?? '') : [];
  if (!ipv4 || parts.some((part) => !/^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4;
  return [...parts.map((part) => Number.parseInt(part, 16)), ...(ipv4.length > 0 ? [a * 256 + b, c * 256 + d] : [])];
}

/** Where the first of the longest runs of zero groups begins, and how long it is. */
function longestZeros(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best[1]) best = [start, length];
  }
  return best;
}
