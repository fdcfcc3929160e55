import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { EffectiveClass } from './compile-model.ts';
import type { ClassDefinition, IdentifierEntry } from './model.ts';
import { pointTo } from './pointer.ts';

/** Names of classes, relation types, states and schemes are also parts of queries and addresses. */
const name = /^[a-z][a-z0-9_]{0,62}$/;

export function checkModelName(text: string, pointer: string): FieldViolation[] {
  return name.test(text) && !(text in {}) // not what every object of a program has: constructor
    ? []
    : [{ pointer, message: 'must be a word of small Latin letters, digits and _, beginning with a letter: virtual_machine' }];
}

/** What is wrong with a class beside its attributes and states, at its `pointer`. */
export function checkClassRules(
  own: ClassDefinition,
  effective: EffectiveClass,
  relationTypes: ReadonlySet<string>,
  pointer: string,
): FieldViolation[] {
  const known = new Set([...effective.attributes.keys(), 'name', 'lookups']);
  const violations = checkModelName(own.name, pointTo(pointer, 'name'));
  for (const [index, entry] of (own.identifiers ?? []).entries()) {
    const at = pointTo(pointer, 'identifiers', index);
    violations.push(...checkModelName(entry.scheme, pointTo(at, 'scheme')), ...checkIdentifier(entry, effective, known, at));
    const first = own.identifiers?.findIndex(({ scheme }) => scheme === entry.scheme);
    if (first !== index) violations.push({ pointer: pointTo(at, 'scheme'), message: `is there already, at ${first}` });
    if (entry.withinHost !== undefined && !relationTypes.has(entry.withinHost))
      violations.push({ pointer: pointTo(at, 'withinHost'), message: `there is no relation type "${entry.withinHost}"` });
  }
  for (const [index, attribute] of (own.controlled ?? []).entries()) {
    if (attribute !== '*' && !known.has(attribute))
      violations.push({ pointer: pointTo(pointer, 'controlled', index), message: `the class has no attribute "${attribute}"` });
  }
  return violations;
}

function checkIdentifier({ attributes }: IdentifierEntry, effective: EffectiveClass, known: ReadonlySet<string>, at: string): FieldViolation[] {
  if (attributes.length === 0) return [{ pointer: pointTo(at, 'attributes'), message: 'must name at least one attribute' }];
  return attributes.flatMap((attribute, index) => {
    const pointer = pointTo(at, 'attributes', index);
    if (!known.has(attribute)) return [{ pointer, message: `the class has no attribute "${attribute}"` }];
    if (attributes.indexOf(attribute) !== index) return [{ pointer, message: 'is named twice' }];
    const type = effective.attributes.get(attribute)?.type;
    return type === 'json' || type === 'boolean' ? [{ pointer, message: `is ${type}, which tells no two items apart` }] : [];
  });
}

export function checkStates(own: ClassDefinition, parent: EffectiveClass | undefined, pointer: string): FieldViolation[] {
  const states = own.states ? Object.keys(own.states) : [...(parent?.states.keys() ?? [])];
  const violations = Object.keys(own.states ?? {}).flatMap((state) => checkModelName(state, pointTo(pointer, 'states', state)));
  const at = pointTo(pointer, 'initialState');
  if (own.states && own.initialState === undefined) violations.push({ pointer: at, message: `must be one of ${states.join(', ')}` });
  if (own.initialState !== undefined && !states.includes(own.initialState))
    violations.push({ pointer: at, message: states.length > 0 ? `must be one of ${states.join(', ')}` : 'the class has no states' });
  return violations;
}
