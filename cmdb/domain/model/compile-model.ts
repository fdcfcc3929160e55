import { AppError, type FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkAttributes } from './check-attributes.ts';
import { checkClassRules, checkStates } from './check-class.ts';
import { checkRelationTypes } from './check-relation-types.ts';
import { compilePattern } from './check-value.ts';
import { lifecycleState, toLifecycleAttribute } from './lifecycle-attribute.ts';
import type {
  AttributeDefinition,
  Cardinality,
  ClassDefinition,
  Failure,
  IdentifierEntry,
  Label,
  LifecycleState,
  ModelDefinition,
  RelationTypeDefinition,
} from './model.ts';
import { pointTo } from './pointer.ts';

export interface EffectiveAttribute extends AttributeDefinition {
  name: string;
  /** The class that declares it, or that refines it last. */
  declaredBy: string;
  matcher?: RegExp;
}

export interface EffectiveIdentifier extends IdentifierEntry {
  declaredBy: string;
}

/** A class with all that it has of its ancestors. */
export interface EffectiveClass {
  name: string;
  parent?: string;
  /** From the parent to the root. */
  ancestors: readonly string[];
  abstract: boolean;
  label: Label;
  help?: Label;
  attributes: ReadonlyMap<string, EffectiveAttribute>;
  /** Those that a whole item has: required, or with a default. */
  expected: readonly EffectiveAttribute[];
  /** The dates of which people are reminded. */
  reminding: readonly EffectiveAttribute[];
  /** In the order in which they are tried: its own, then its parent's. */
  identifiers: readonly EffectiveIdentifier[];
  states: ReadonlyMap<string, LifecycleState>;
  initialState?: string;
  /** Names of attributes, or `*`. */
  controlled: ReadonlySet<string>;
  mustRelate: boolean;
}

export interface EffectiveRelationType extends RelationTypeDefinition {
  weight: number;
  cardinality: Cardinality;
  controlled: boolean;
}

export interface CompiledModel {
  definition: ModelDefinition;
  classes: ReadonlyMap<string, EffectiveClass>;
  relationTypes: ReadonlyMap<string, EffectiveRelationType>;
  /** Names of attributes that some class calls sensitive: by the name alone, so that no item shows one because it is, or was, of another class. */
  sensitive: ReadonlySet<string>;
  /** Schemes of identifiers whose values hold one of them. */
  sensitiveSchemes: ReadonlySet<string>;
  /** Whether a class is this one or one of its descendants. */
  isA(name: string, ancestor: string): boolean;
  /** The types along which failure travels from `from` to `to`, and those along which it travels from `to` to `from`. */
  failureTypes: Readonly<Record<'forward' | 'backward', readonly string[]>>;
}

/** Resolves inheritance. Throws AppError `invalid_input` with ALL that is wrong, each with its JSON pointer into the definition. */
export function compileModel(definition: ModelDefinition): CompiledModel {
  const violations: FieldViolation[] = [];
  const classes = compileClasses(definition, violations);
  const isA = (name: string, ancestor: string) => name === ancestor || (classes.get(name)?.ancestors.includes(ancestor) ?? false);
  violations.push(...checkRelationTypes(definition.relationTypes, classes));
  if (violations.length > 0) throw new AppError('invalid_input', 'The model does not hold together.', { violations });
  const relationTypes = new Map(definition.relationTypes.map((type) => [type.name, withDefaults(type)]));
  return {
    definition,
    classes,
    relationTypes,
    ...findSensitive(definition),
    isA,
    failureTypes: { forward: along('forward'), backward: along('backward') },
  };

  function along(way: Failure): string[] {
    return definition.relationTypes.filter(({ failure }) => failure === way || failure === 'both').map(({ name }) => name);
  }
}

function findSensitive({ classes }: ModelDefinition): Pick<CompiledModel, 'sensitive' | 'sensitiveSchemes'> {
  const named = classes.flatMap(({ attributes = {} }) => Object.entries(attributes).flatMap(([name, { sensitive: is }]) => (is ? [name] : [])));
  const sensitive = new Set(named);
  const schemes = classes.flatMap(({ identifiers = [] }) => identifiers.filter(({ attributes }) => attributes.some((name) => sensitive.has(name))));
  return { sensitive, sensitiveSchemes: new Set(schemes.map(({ scheme }) => scheme)) };
}

function withDefaults(type: RelationTypeDefinition): EffectiveRelationType {
  return { ...type, weight: type.weight ?? 1, cardinality: type.cardinality ?? 'many_to_many', controlled: type.controlled ?? false };
}

/** Each class after its parent. One whose parent is missing, or that is its own ancestor, is compiled as a root, so that its other mistakes are told too. */
function compileClasses({ classes, relationTypes }: ModelDefinition, violations: FieldViolation[]): Map<string, EffectiveClass> {
  const places = new Map<string, number>();
  for (const [index, { name }] of classes.entries()) {
    const twin = places.get(name);
    if (twin === undefined) places.set(name, index);
    else violations.push({ pointer: pointTo('/classes', index, 'name'), message: `is the name of /classes/${twin} too` });
  }
  const compiled = new Map<string, EffectiveClass>();
  const types = new Set(relationTypes.map(({ name }) => name));

  const compile = (index: number, below: readonly string[]): EffectiveClass | undefined => {
    const own = classes[index];
    if (!own) return undefined;
    const known = compiled.get(own.name);
    if (known) return known;
    const parent = findParent(own, index, [...below, own.name]);
    const effective = inherit(own, parent);
    violations.push(...checkAttributes(own, parent, pointTo('/classes', index)), ...checkStates(own, parent, pointTo('/classes', index)));
    violations.push(...checkClassRules(own, effective, types, pointTo('/classes', index)));
    compiled.set(own.name, effective);
    return effective;
  };

  const findParent = ({ parent }: ClassDefinition, index: number, below: readonly string[]): EffectiveClass | undefined => {
    if (parent === undefined) return undefined;
    const pointer = pointTo('/classes', index, 'parent');
    const place = places.get(parent);
    if (place === undefined) violations.push({ pointer, message: `there is no class "${parent}"` });
    else if (below.includes(parent)) violations.push({ pointer, message: `leads round in a circle: ${[...below, parent].join(' → ')}` });
    else return compile(place, below);
    return undefined;
  };

  for (const index of classes.keys()) compile(index, []);
  return new Map(
    classes.flatMap(({ name }): [string, EffectiveClass][] => (compiled.has(name) ? [[name, compiled.get(name) as EffectiveClass]] : [])),
  );
}

/** The classes whose items are of that class: itself and what inherits from it, abstract ones left out. A class that is not there stands for itself. */
export function classesWithin(model: CompiledModel, name: string): string[] {
  if (!model.classes.has(name)) return [name];
  return [...model.classes.values()].filter((one) => !one.abstract && (one.name === name || one.ancestors.includes(name))).map((one) => one.name);
}

function inherit(own: ClassDefinition, parent: EffectiveClass | undefined): EffectiveClass {
  const initialState = own.initialState ?? (own.states ? undefined : parent?.initialState);
  const states: EffectiveClass['states'] = own.states ? new Map(Object.entries(own.states)) : (parent?.states ?? new Map());
  const attributes = new Map([
    ...(parent?.attributes ?? []),
    ...Object.entries(own.attributes ?? {}).map(([name, attribute]): [string, EffectiveAttribute] => [name, toEffective(name, attribute, own.name)]),
  ]);
  if (states.size === 0) attributes.delete(lifecycleState);
  else if (own.states || own.initialState !== undefined)
    attributes.set(lifecycleState, toEffective(lifecycleState, toLifecycleAttribute(states, initialState), own.name));
  const schemes = new Set((own.identifiers ?? []).map(({ scheme }) => scheme));
  return {
    name: own.name,
    ...(own.parent !== undefined && { parent: own.parent }),
    ancestors: parent ? [parent.name, ...parent.ancestors] : [],
    abstract: own.abstract ?? false,
    label: own.label,
    ...(own.help && { help: own.help }),
    attributes,
    reminding: [...attributes.values()].filter(({ remind }) => remind !== undefined && remind.length > 0),
    expected: [...attributes.values()].filter(({ required, default: preset }) => required || preset !== undefined),
    identifiers: [
      ...(own.identifiers ?? []).map((entry) => ({ ...entry, declaredBy: own.name })),
      ...(parent?.identifiers ?? []).filter(({ scheme }) => !schemes.has(scheme)),
    ],
    states,
    ...(initialState !== undefined && { initialState }),
    controlled: new Set([...(parent?.controlled ?? []), ...(own.controlled ?? [])]),
    mustRelate: own.mustRelate ?? parent?.mustRelate ?? false,
  };
}

function toEffective(name: string, attribute: AttributeDefinition, declaredBy: string): EffectiveAttribute {
  let matcher: RegExp | undefined;
  try {
    matcher = attribute.pattern === undefined ? undefined : compilePattern(attribute.pattern);
  } catch {
    // What is wrong with a pattern is told by `checkAttributes`.
  }
  return { ...attribute, name, declaredBy, ...(matcher && { matcher }) };
}
