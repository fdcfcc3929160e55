import { escapePointer } from '../contract/explain-violation.ts';

/** One difference between two JSON values; an absent side has no key. */
export interface ContentChange {
  /** JSON pointer. */
  pointer: string;
  before?: unknown;
  after?: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** What differs, key by key; a list is one value, because its entries have no names. Absent is `undefined`. */
export function compareContent(before: unknown, after: unknown, pointer = ''): ContentChange[] {
  if (isSame(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    return keysOf(before, after).flatMap((key) => compareContent(valueAt(before, key), valueAt(after, key), `${pointer}/${escapePointer(key)}`));
  }
  return [{ pointer, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

/** What both made of `base`, and where they made different things of it. Of a conflict the content holds `mine`. */
export function mergeContent(base: unknown, mine: unknown, theirs: unknown, pointer = ''): { content: unknown; conflicts: string[] } {
  if (isSame(mine, theirs) || isSame(base, theirs)) return { content: mine, conflicts: [] };
  if (isSame(base, mine)) return { content: theirs, conflicts: [] };
  if (!isObject(base) || !isObject(mine) || !isObject(theirs)) return { content: mine, conflicts: [pointer] };
  const merged = keysOf(mine, theirs).map((key) => ({
    key,
    ...mergeContent(valueAt(base, key), valueAt(mine, key), valueAt(theirs, key), `${pointer}/${escapePointer(key)}`),
  }));
  return {
    content: Object.fromEntries(merged.flatMap(({ key, content }) => (content === undefined ? [] : [[key, content]]))),
    conflicts: merged.flatMap(({ conflicts }) => conflicts),
  };
}

function keysOf(one: JsonObject, other: JsonObject): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}

function valueAt(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((entry, index) => isSame(entry, other[index]));
  if (!isObject(one) || !isObject(other)) return false;
  return (
    Object.keys(one).length === Object.keys(other).length &&
    Object.keys(one).every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
