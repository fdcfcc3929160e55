import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkValue, isEmpty } from './check-value.ts';
import type { CompiledModel, EffectiveClass } from './compile-model.ts';
import { pointTo } from './pointer.ts';

export interface CheckedItem {
  class: string;
  attributes: Readonly<Record<string, unknown>>;
}

export interface ItemCheck {
  /** In their one form; of a whole item without those that say nothing and with defaults. What the class does not know is as it came. */
  attributes: Record<string, unknown>;
  violations: FieldViolation[];
  /** Attributes that the class does not know: kept, but neither checked nor searchable. */
  unknown: string[];
}

export interface CheckOptions {
  /** Only what changes is given: nothing is missing, and null (or nothing in it) takes an attribute away. */
  partial?: boolean;
  /** Where the item stands in what came: `/items/3`. */
  at?: string;
}

/** Judges an item by its class. */
export function checkItem(model: CompiledModel, item: CheckedItem, { partial = false, at = '' }: CheckOptions = {}): ItemCheck {
  const violations = checkClass(model, item.class, pointTo(at, 'class'));
  const itemClass = model.classes.get(item.class);
  if (!itemClass || violations.length > 0) return { attributes: { ...item.attributes }, violations, unknown: [] };

  const entries: [string, unknown][] = [];
  const unknown: string[] = [];
  const here = pointTo(at, 'attributes');
  for (const [name, value] of Object.entries(item.attributes)) {
    const attribute = itemClass.attributes.get(name);
    if (!attribute) {
      unknown.push(name);
      entries.push([name, value]);
    } else if (!isEmpty(value)) entries.push([name, checkValue(attribute, value, pointTo(here, name), violations)]);
    else if (partial) {
      entries.push([name, null]);
      if (attribute.required) violations.push({ pointer: pointTo(here, name), message: 'is required: give another value instead of taking it away' });
    }
  }
  if (!partial && itemClass.expected.length > 0) {
    const given = new Set(entries.map(([name]) => name));
    for (const { name, default: preset, required } of itemClass.expected) {
      if (given.has(name)) continue;
      if (preset !== undefined) entries.push([name, preset]);
      else if (required) violations.push({ pointer: pointTo(here, name), message: 'is required' });
    }
  }
  // Not by assignment: a source may name an attribute `__proto__`.
  return { attributes: Object.fromEntries(entries), violations, unknown };
}

/** Whether an item may be of this class. */
export function checkClass(model: CompiledModel, name: string, pointer: string): FieldViolation[] {
  const itemClass = model.classes.get(name);
  if (!itemClass) return [{ pointer, message: `"${name}" is no class of the model; GET /api/v1/cmdb/classes lists them` }];
  return itemClass.abstract ? [{ pointer, message: `"${name}" is abstract: take ${listConcrete(model, itemClass)}` }] : [];
}

function listConcrete({ classes, isA }: CompiledModel, { name }: EffectiveClass): string {
  const below = [...classes.values()].filter((one) => !one.abstract && isA(one.name, name)).map((one) => one.name);
  if (below.length === 0) return 'another class';
  return `one of its subclasses: ${below.slice(0, 10).join(', ')}${below.length > 10 ? ' …' : ''}`;
}
