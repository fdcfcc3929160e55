import type { GuardedContract } from '../contract.ts';
import type { FieldModel } from './model.ts';
import type { GuardedOption } from './read-options.ts';

/** What conditions of rights may ask of an object; all that is wrong with it is told to `refuse`. */
export function readGuarded(
  option: GuardedOption,
  message: string,
  fields: readonly FieldModel[],
  refuse: (reason: string) => void,
): GuardedContract {
  const { name, reads, owns, changes, maskable, lockable } = option;
  if (!/^[a-z][A-Za-z]*$/.test(name)) refuse(`name is "${name}": it is one word, as ticket`);
  if (reads === '') refuse('reads is missing: the permission to see such objects');
  const variables = fields.flatMap((field): [string, string][] => {
    const shape = shapeOf(field);
    if (shape === undefined) refuse(`${field.name} is of no type that conditions know: one text, number or boolean, or texts`);
    return shape === undefined ? [] : [[field.name, shape]];
  });
  return {
    message,
    name,
    reads,
    ...(owns !== '' && { owns }),
    changes: [...changes],
    maskable: [...maskable],
    lockable: [...lockable],
    fields: Object.fromEntries(variables),
  };
}

/** The shape that the language of rules has for a field. */
function shapeOf({ shape, type, optional, rules }: FieldModel): string | undefined {
  if (!('scalar' in type) || rules.json) return undefined;
  if (shape === 'list') return type.scalar === 'string' ? 'list<string>' : undefined;
  if (shape !== 'single') return undefined;
  const plain = type.scalar === 'string' ? (rules.format === 'date-time' ? 'timestamp' : 'string') : type.scalar === 'bool' ? 'bool' : 'double';
  if (type.scalar === 'bytes') return undefined;
  return `${plain}${optional ? '?' : ''}`;
}
