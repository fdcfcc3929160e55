import { AppError } from '../../platform/errors/app-error.ts';
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

/** Classes that items of a list may be of. */
export function listConcreteClasses(model: CompiledModel): EffectiveClass[] {
  return [...model.classes.values()].filter((one) => !one.abstract);
}

function classesBelow(model: CompiledModel, { name }: EffectiveClass): EffectiveClass[] {
  return listConcreteClasses(model).filter((one) => one.name !== name && model.isA(one.name, name));
}
