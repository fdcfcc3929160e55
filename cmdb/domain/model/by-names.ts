import type { ClassDefinition, ModelDefinition, RelationTypeDefinition } from './model.ts';

type Tree = Readonly<Record<string, unknown>>;

/** A definition as a tree of names, in which two of them can be held beside each other: classes → server → attributes → memoryGb. */
export function byNames({ classes, relationTypes }: ModelDefinition): Tree {
  const index = (entries: readonly { name: string }[]) => Object.fromEntries(entries.map(({ name, ...rest }) => [name, rest]));
  return { classes: index(classes), relationTypes: index(relationTypes) };
}

/** The definition of such a tree. */
export function fromNames(tree: Tree): ModelDefinition {
  const list = (entries: unknown) => (isTree(entries) ? Object.entries(entries).map(([name, rest]) => ({ name, ...(rest as Tree) })) : []);
  return { classes: list(tree['classes']) as ClassDefinition[], relationTypes: list(tree['relationTypes']) as RelationTypeDefinition[] };
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values say the same, whatever the order of their keys. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((entry, index) => isSame(entry, other[index]));
  if (!isTree(one) || !isTree(other)) return one === other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSame(one[name], other[name]));
}
