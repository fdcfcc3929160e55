import { allows, limitsOf } from './check-relation.ts';
import type { CompiledModel, EffectiveAttribute, EffectiveClass, EffectiveRelationType } from './compile-model.ts';
import { lifecycleState } from './lifecycle-attribute.ts';
import type { Migration } from './migration.ts';
import type { AttributeType } from './model.ts';
import { pointTo } from './pointer.ts';

/** Why something of the inventory does not fit a model: what a loss does to items and relations. */
export type Reason = 'class' | 'attribute' | 'value' | 'required' | 'relation';

/** Something that a new version takes away or narrows. It hurts only where the inventory uses it: a test of the draft tells. */
export interface Loss {
  kind:
    | 'classRemoved'
    | 'classAbstract'
    | 'attributeRemoved'
    | 'typeChanged'
    | 'valueRemoved'
    | 'narrowed'
    | 'required'
    | 'stateRemoved'
    | 'relationTypeRemoved'
    | 'endsNarrowed'
    | 'cardinalityNarrowed';
  reason: Reason;
  /** By names: `/classes/server/attributes/memoryGb`. */
  pointer: string;
  message: string;
  /** The class that lost it, for all its subclasses; of a relation type, nothing. */
  class?: string;
  attribute?: string;
  relationType?: string;
  /** What would carry the data over; empty where a person must choose. */
  migration?: Migration;
}

type ClassLoss = Loss & { class: string };

/** All that `after` takes away or narrows of `before`, each where it was declared, not again for each subclass. */
export function compareModels(before: CompiledModel, after: CompiledModel): Loss[] {
  const known = new Map<string, ClassLoss[]>();
  const lossesOf = (old: EffectiveClass): ClassLoss[] => {
    const losses = known.get(old.name) ?? compareClass(old, after.classes.get(old.name));
    known.set(old.name, losses);
    return losses;
  };
  const ofClasses = [...before.classes.values()].flatMap((old) => {
    const parent = old.parent === undefined ? undefined : before.classes.get(old.parent);
    const above = new Set(parent ? lossesOf(parent).map(describe) : []);
    return lossesOf(old).filter((loss) => loss.reason === 'class' || !above.has(describe(loss)));
  });
  const ofTypes = [...before.relationTypes.values()].flatMap((old) => compareRelationType(old, before, after));
  return [...ofClasses, ...ofTypes];
}

function describe({ kind, attribute, message }: Loss): string {
  return `${kind} ${attribute} ${message}`;
}

function compareClass(old: EffectiveClass, now: EffectiveClass | undefined): ClassLoss[] {
  const at = pointTo('/classes', old.name);
  const base = { class: old.name, pointer: at, reason: 'class' as const };
  const migration: Migration = { kind: 'moveItems', class: old.name, to: '' };
  if (!now) return old.abstract ? [] : [{ ...base, kind: 'classRemoved', message: 'the class is gone: say what its items become', migration }];
  const losses: ClassLoss[] = [...old.attributes.values()].flatMap((attribute) =>
    compareAttribute(old.name, attribute, now.attributes.get(attribute.name)),
  );
  for (const attribute of now.attributes.values())
    if (!old.attributes.has(attribute.name)) losses.push(...compareRequired(old.name, undefined, attribute));
  if (now.abstract && !old.abstract)
    losses.push({ ...base, kind: 'classAbstract', message: 'the class becomes abstract: say what its items become', migration });
  // That an item may not be in any state any more is told of the attribute.
  for (const state of now.states.size > 0 ? old.states.keys() : []) {
    if (now.states.has(state)) continue;
    const toAnother: Migration = { kind: 'mapValue', class: old.name, attribute: lifecycleState, from: state, value: '' };
    const lost = { ...base, attribute: lifecycleState, reason: 'value' as const, pointer: pointTo(at, 'states', state), migration: toAnother };
    losses.push({ ...lost, kind: 'stateRemoved', message: `the state "${state}" is gone` });
  }
  return losses;
}

/** Every value of the first is a value of the second. */
const wider: Readonly<Partial<Record<AttributeType, readonly AttributeType[]>>> = {
  integer: ['decimal', 'text'],
  decimal: ['text'],
  date: ['text'],
  time: ['text'],
  choice: ['text'],
  ip: ['text'],
  mac: ['text'],
  mail: ['text'],
  link: ['text'],
  item: ['text'],
};

function compareAttribute(className: string, old: EffectiveAttribute, now: EffectiveAttribute | undefined): ClassLoss[] {
  const base = { class: className, attribute: old.name, pointer: pointTo('/classes', className, 'attributes', old.name), reason: 'value' as const };
  const giveUp: Migration = { kind: 'dropInvalid', class: className, attribute: old.name };
  if (!now) {
    const migration: Migration = { kind: 'dropAttribute', class: className, attribute: old.name };
    return [
      { ...base, reason: 'attribute', kind: 'attributeRemoved', message: 'the attribute is gone: rename it, or give its values up', migration },
    ];
  }
  const isWider = now.type === 'json' || old.type === now.type || wider[old.type]?.includes(now.type);
  if (!isWider || (old.list ?? false) !== (now.list ?? false)) {
    const write = ({ type, list }: EffectiveAttribute) => (list ? `list of ${type}` : type);
    return [{ ...base, kind: 'typeChanged', message: `was ${write(old)} and becomes ${write(now)}`, migration: giveUp }];
  }
  const losses: ClassLoss[] = findNarrower(old, now).map((message) => ({ ...base, kind: 'narrowed', message, migration: giveUp }));
  // States are told as such.
  for (const { value } of now.type === 'choice' && old.name !== lifecycleState ? (old.values ?? []) : []) {
    if (now.values?.some((choice) => choice.value === value)) continue;
    const migration: Migration = { kind: 'mapValue', class: className, attribute: old.name, from: value, value: '' };
    losses.push({ ...base, kind: 'valueRemoved', message: `"${value}" cannot be chosen any more`, migration });
  }
  return [...losses, ...compareRequired(className, old, now)];
}

function findNarrower(old: EffectiveAttribute, now: EffectiveAttribute): string[] {
  const messages: string[] = [];
  if (now.minimum !== undefined && now.minimum > (old.minimum ?? Number.NEGATIVE_INFINITY)) messages.push(`the minimum becomes ${now.minimum}`);
  if (now.maximum !== undefined && now.maximum < (old.maximum ?? Number.POSITIVE_INFINITY)) messages.push(`the maximum becomes ${now.maximum}`);
  if (now.maxLength !== undefined && now.maxLength < (old.maxLength ?? Number.POSITIVE_INFINITY))
    messages.push(`at most ${now.maxLength} characters`);
  if (now.pattern !== undefined && now.pattern !== old.pattern) messages.push(`must match ${now.pattern}`);
  return messages;
}

function compareRequired(className: string, old: EffectiveAttribute | undefined, now: EffectiveAttribute): ClassLoss[] {
  if (!now.required || now.default !== undefined || (old?.required && old.default === undefined)) return [];
  const pointer = pointTo('/classes', className, 'attributes', now.name);
  const migration: Migration = { kind: 'setDefault', class: className, attribute: now.name, value: undefined };
  return [
    {
      class: className,
      attribute: now.name,
      pointer,
      reason: 'required',
      kind: 'required',
      message: 'becomes required: say what items without it get',
      migration,
    },
  ];
}

function compareRelationType(old: EffectiveRelationType, before: CompiledModel, after: CompiledModel): Loss[] {
  const now = after.relationTypes.get(old.name);
  const base = { relationType: old.name, pointer: pointTo('/relationTypes', old.name), reason: 'relation' as const };
  if (!now) return [{ ...base, kind: 'relationTypeRemoved', message: 'the type of relation is gone: end its relations first' }];
  const losses: Loss[] = [];
  if (findLostEnds(old, before, after).length > 0)
    losses.push({
      ...base,
      kind: 'endsNarrowed',
      pointer: pointTo(base.pointer, 'ends'),
      message: 'ties fewer classes: end the relations that do not fit first',
    });
  const [was, is] = [limitsOf(old.cardinality), limitsOf(now.cardinality)];
  if ((is.oneTo && !was.oneTo) || (is.oneFrom && !was.oneFrom))
    losses.push({
      ...base,
      kind: 'cardinalityNarrowed',
      pointer: pointTo(base.pointer, 'cardinality'),
      message: `becomes ${now.cardinality}: end the relations that are too many first`,
    });
  return losses;
}

/** Pairs of classes that a relation of the type could tie before and, where both are still there, cannot tie now. */
function findLostEnds({ name, ends }: EffectiveRelationType, before: CompiledModel, after: CompiledModel): [string, string][] {
  const below = (ancestor: string) =>
    [...before.classes.values()]
      .filter((one) => !one.abstract && before.isA(one.name, ancestor) && after.classes.has(one.name))
      .map((one) => one.name);
  return ends.flatMap(({ from, to }) => {
    const tos = below(to);
    return below(from).flatMap((fromClass) =>
      tos.filter((toClass) => !allows(after, name, fromClass, toClass)).map((toClass): [string, string] => [fromClass, toClass]),
    );
  });
}
