import type { FieldViolation } from '../../../platform/errors/app-error.ts';

const mostItems = 100;

export interface ItemsPatch {
  add: readonly string[];
  remove: readonly string[];
}

/** The items after the patch: those that stay in their order, then those that come, each once. */
export function patchItems(items: readonly string[], { add, remove }: ItemsPatch = { add: [], remove: [] }): string[] {
  return [...new Set([...items.filter((id) => !remove.includes(id)), ...add])];
}

export function checkItems(items: readonly string[], patch: ItemsPatch | undefined): FieldViolation[] {
  if (!patch) return [];
  const both = patch.remove.flatMap((id, index) =>
    patch.add.includes(id) ? [{ pointer: `/items/remove/${index}`, message: 'is added as well; leave it out of one of them' }] : [],
  );
  const count = patchItems(items, patch).length;
  if (count <= mostItems) return both;
  return [...both, { pointer: '/items/add', message: `a ticket has at most ${mostItems} items, and this one would have ${count}; add fewer` }];
}
