import { AppError } from '../../platform/errors/app-error.ts';
import { checkClass } from '../domain/model/check-item.ts';
import type { CompiledModel, EffectiveClass } from '../domain/model/compile-model.ts';
import type { SheetClass } from '../domain/sheets/sheet-class.ts';

/** How a sheet of a class is read. */
export interface ReadAs {
  /** With the attributes of the classes below it too, which a column of the sheet may name. */
  class: SheetClass;
  subclasses: readonly SheetClass[];
  /** No item is of it: each row must name its class, or its item. */
  abstract: boolean;
}

/** Throws AppError `invalid_input` when there is no such class. */
export function readAsClass(model: CompiledModel, name: string): ReadAs {
  const own = model.classes.get(name);
  if (!own) {
    throw new AppError('invalid_input', 'There is no such class.', {
      violations: [{ pointer: '/class', message: `"${name}" is no class of the model; GET /api/v1/cmdb/classes lists them` }],
    });
  }
  const subclasses = classesBelow(model, own);
  const attributes = new Map([...subclasses.flatMap((one) => [...one.attributes]), ...own.attributes]);
  // Its own attributes stand first: in a template or an export they are what people look for.
  const inOrder = new Map([...own.attributes.keys(), ...attributes.keys()].map((attribute) => [attribute, attributes.get(attribute)]));
  return { class: { ...own, attributes: inOrder as SheetClass['attributes'] }, subclasses, abstract: own.abstract };
}

/** A class that items may be of. Throws AppError `not_found`, `invalid_input`. */
export function requireConcrete(model: CompiledModel, name: string): EffectiveClass {
  const found = model.classes.get(name);
  if (!found) throw new AppError('not_found', `There is no class "${name}" in the model; GET /api/v1/cmdb/classes lists them.`);
  const [violation] = checkClass(model, name, '/name');
  if (violation) throw new AppError('invalid_input', 'No item is of this class itself.', { violations: [violation] });
  return found;
}

/** The class that all others are below, if there is one. */
export function findRoot(model: CompiledModel): EffectiveClass | undefined {
  const [root, ...more] = [...model.classes.values()].filter(({ parent }) => parent === undefined);
  return more.length === 0 ? root : undefined;
}

/** Classes that items of a list may be of. */
export function listConcreteClasses(model: CompiledModel): EffectiveClass[] {
  return [...model.classes.values()].filter((one) => !one.abstract);
}

function classesBelow(model: CompiledModel, { name }: EffectiveClass): EffectiveClass[] {
  return listConcreteClasses(model).filter((one) => one.name !== name && model.isA(one.name, name));
}
