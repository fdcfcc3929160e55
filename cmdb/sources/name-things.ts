import { schemeLabel, type Words } from '../domain/identify/explain.ts';
import { hidden } from '../domain/identify/explain-reconciliation.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import type { Label } from '../domain/model/model.ts';

/** How things are called in explanations. */
export function nameThings(model: CompiledModel, items: ReadonlyMap<string, { facts: { name: string } }>): Words {
  const schemes = schemesOf(model);
  return {
    item: (id) => items.get(id)?.facts.name ?? id,
    scheme: (scheme) => schemeLabel(scheme, schemes.get(scheme)),
    value: (scheme, value) => (model.sensitiveSchemes.has(scheme) ? hidden.en : value),
    class: (name) => model.classes.get(name)?.label ?? { ru: name, en: name },
  };
}

export function labelAttributes(model: CompiledModel, itemClass: string): (attribute: string) => Label {
  const attributes = model.classes.get(itemClass)?.attributes;
  return (attribute) => attributes?.get(attribute)?.label ?? ownLabels[attribute] ?? { ru: attribute, en: attribute };
}

const ownLabels: Readonly<Record<string, Label>> = {
  name: { ru: 'Название', en: 'Name' },
  lookups: { ru: 'Сетевые имена и адреса', en: 'Host names and addresses' },
};

const known = new WeakMap<CompiledModel, ReadonlyMap<string, Label>>();

function schemesOf(model: CompiledModel): ReadonlyMap<string, Label> {
  const schemes =
    known.get(model) ?? new Map([...model.classes.values()].flatMap(({ identifiers }) => identifiers.map(({ scheme, label }) => [scheme, label])));
  known.set(model, schemes);
  return schemes;
}
