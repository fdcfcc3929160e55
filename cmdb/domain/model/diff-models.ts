import { byNames, isSame, isTree } from './by-names.ts';
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

function diff(before: unknown, after: unknown, pointer: string): ModelChange[] {
  if (isTree(before) && isTree(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => diff(before[name], after[name], pointTo(pointer, name)));
  }
  if (isSame(before, after)) return [];
  if (before === undefined) return [{ pointer, change: 'added', after }];
  if (after === undefined) return [{ pointer, change: 'removed', before }];
  return [{ pointer, change: 'changed', before, after }];
}
