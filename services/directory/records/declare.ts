import type { RecordKind, Reference, Resource } from './resource.ts';

export const ordersByTime: Resource<never>['sorts'] = {
  createdAt: { column: 'created_at', type: 'time' },
  updatedAt: { column: 'updated_at', type: 'time' },
};

/** By name without regard to capital letters, or by time. */
export const ordersByName: Resource<never>['sorts'] = { name: { column: 'sort_name', type: 'string' }, ...ordersByTime };

/** The references that single fields hold, of those that are there. */
export function referencesIn<State extends object>(state: State, kinds: Partial<Record<keyof State & string, RecordKind>>): Reference[] {
  return Object.entries(kinds).flatMap(([field, kind]) => {
    const id = (state as Record<string, unknown>)[field];
    return typeof id === 'string' ? [{ kind: kind as RecordKind, id, pointer: `/${field}` }] : [];
  });
}

/** The references that the entries of a list hold. */
export function referencesOf<Entry extends object>(
  entries: readonly Entry[],
  at: string,
  field: keyof Entry & string,
  kind: RecordKind,
): Reference[] {
  return entries.map((entry, index) => ({ kind, id: String(entry[field]), pointer: `/${at}/${index}/${field}` }));
}
