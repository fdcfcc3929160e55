import type { FieldViolation } from '../../../../platform/errors/app-error.ts';

/** Entries of a list that name again what an entry before them named, each at its place under `pointer`. */
export function checkOnce<Entry>(entries: readonly Entry[], nameOf: (entry: Entry) => string, pointer: string, field: string): FieldViolation[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) => {
    const name = nameOf(entry).toLowerCase();
    const isAgain = seen.has(name);
    seen.add(name);
    return isAgain ? [{ pointer: `${pointer}/${index}/${field}`, message: 'stands here twice: leave one of them out' }] : [];
  });
}
