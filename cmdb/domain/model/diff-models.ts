import type { ModelDefinition } from './model.ts';
import { pointTo } from './pointer.ts';

/** One place at which two definitions differ. */
export interface ModelChange {
  /** By names: `/classes/server/attributes/memoryGb/maximum`. */
  pointer: string;
  change: 'added' | 'removed' | 'changed';
  before?: unknown;
  after?: unknown;
}

/** What differs between two definitions. The order of classes, attributes and relation types says nothing; that of identifiers and values does. */
export function diffModels(before: ModelDefinition, after: ModelDefinition): ModelChange[] {
  return diff(byNames(before), byNames(after), '');
}

function byNames({ classes, relationTypes }: ModelDefinition): object {
  const index = (entries: readonly { name: string }[]) => Object.fromEntries(entries.map(({ name, ...rest }) => [name, rest]));
  return { classes: index(classes), relationTypes: index(relationTypes) };
}

function diff(before: unknown, after: unknown, pointer: string): ModelChange[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => diff(before[name], after[name], pointTo(pointer, name)));
  }
  if (isSame(before, after)) return [];
  if (before === undefined) return [{ pointer, change: 'added', after }];
  if (after === undefined) return [{ pointer, change: 'removed', before }];
  return [{ pointer, change: 'changed', before, after }];
}

function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((entry, index) => isSame(entry, other[index]));
  if (isObject(one) && isObject(other)) return diff(one, other, '').length === 0;
  return one === other;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
