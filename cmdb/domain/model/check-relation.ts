import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { CompiledModel } from './compile-model.ts';
import type { Cardinality } from './model.ts';
import { pointTo } from './pointer.ts';

/** A relation as it is wanted, by the classes of its ends; an end that is not known is judged elsewhere. */
export interface CheckedRelation {
  type: string;
  fromClass?: string | undefined;
  toClass?: string | undefined;
}

export function checkRelationType(model: CompiledModel, name: string, pointer: string): FieldViolation[] {
  if (model.relationTypes.has(name)) return [];
  return [{ pointer, message: `"${name}" is no type of relation; there are ${[...model.relationTypes.keys()].join(', ')}` }];
}

/** Whether the model knows the type, and lets it tie items of these classes. */
export function checkRelation(model: CompiledModel, { type, fromClass, toClass }: CheckedRelation, at = ''): FieldViolation[] {
  const violations = checkRelationType(model, type, pointTo(at, 'type'));
  if (violations.length > 0 || fromClass === undefined || toClass === undefined || allows(model, type, fromClass, toClass)) return violations;
  const ends = model.relationTypes.get(type)?.ends.map(({ from, to }) => `${from} → ${to}`) ?? [];
  return [
    {
      pointer: pointTo(at, 'type'),
      message: `"${type}" does not tie ${fromClass} → ${toClass}; it may tie ${ends.slice(0, 10).join(', ')}${ends.length > 10 ? ' …' : ''}`,
    },
  ];
}

export function allows(model: CompiledModel, type: string, fromClass: string, toClass: string): boolean {
  const ends = model.relationTypes.get(type)?.ends ?? [];
  return ends.some(({ from, to }) => model.isA(fromClass, from) && model.isA(toClass, to));
}

/** How many relations of the type there would be with this one: those that begin at its `from`, those that end at its `to`. */
export interface RelationCounts {
  ofFrom: number;
  ofTo: number;
}

/** Whether one more is too many. Pointers are those of a relation's ends. */
export function checkCardinality(
  model: CompiledModel,
  type: string,
  { ofFrom, ofTo }: RelationCounts,
  pointers: { from: string; to: string },
): FieldViolation[] {
  const { oneTo, oneFrom } = limitsOf(model.relationTypes.get(type)?.cardinality);
  return [
    ...(oneTo && ofFrom > 1 ? [{ pointer: pointers.from, message: `has its one "${type}" already: end that relation first` }] : []),
    ...(oneFrom && ofTo > 1
      ? [{ pointer: pointers.to, message: `is the end of another "${type}" already, and may be of one only: end that relation first` }]
      : []),
  ];
}

/** `oneTo`: an item begins at most one relation of the type; `oneFrom`: at most one ends there. */
export function limitsOf(cardinality: Cardinality = 'many_to_many'): { oneTo: boolean; oneFrom: boolean } {
  return {
    oneTo: cardinality === 'one_to_one' || cardinality === 'many_to_one',
    oneFrom: cardinality === 'one_to_one' || cardinality === 'one_to_many',
  };
}
