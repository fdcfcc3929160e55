import { toCanonicalText } from '../domain/attributes.ts';
import { diffItems } from '../domain/history/diff-items.ts';
import { type KnownFacts, takeBack } from '../domain/history/take-back.ts';
import type { Provenance } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { speaks } from '../sources/link.ts';
import { isSpokenOf, settle, toLinkKey, type WholeItem } from '../sources/whole-items.ts';

export interface Before extends KnownFacts {
  provenance: Provenance;
}

export interface Made {
  /** The versions that the change set made of it, in their order. */
  made: readonly (KnownFacts & { version: number; validFrom: number })[];
  /** What it was before the first of them, when that is kept. */
  before: Before | undefined;
  /** Attributes that it had by nobody's word. */
  unowned: ReadonlySet<string>;
  /** Keys that say again what they said before, or nothing if that was so; by `toLinkKey`. */
  restored: ReadonlySet<string>;
}

/**
 * Makes an item what all that is said of it comes to, now that its words from before a change set hold again; what nobody speaks of is as it was before, unless
 * somebody changed it since. Gives the fields that are not as they were.
 */
export function settleBack(whole: WholeItem, { made, before, unowned, restored }: Made, model: CompiledModel, now: number): string[] {
  const [first, latest] = [made[0], made.at(-1)];
  const isNew = first?.version === 1;
  const facts = before && latest ? { ...whole.facts, ...takeBack(before, latest, whole.facts).facts } : whole.facts;
  whole.isTouched = true;
  if (facts.state === 'active' && isSpokenOf(whole)) {
    whole.facts = { ...facts, ...withOwners(facts, whole, { made, before, unowned, restored }) };
    settle(whole, model, now);
  } else whole.facts = { ...facts, state: 'retired', provenance: before?.provenance ?? facts.provenance };
  if (isNew || !latest) return [];
  if (!before) return ['what it was before is kept no longer'];
  const differs = new Set(diffItems(before, whole.facts).map(({ field }) => field));
  return diffItems(before, latest).flatMap(({ field }) => (differs.has(field) ? [field] : []));
}

/** Whose word each value is, as it was before where the value is; what was the word of a key that speaks no more goes with it. */
function withOwners(facts: WholeItem['facts'], { links }: WholeItem, { made, before, unowned, restored }: Made) {
  const values = { ...facts.attributes, name: facts.name };
  const old = before && { ...before.attributes, name: before.name };
  const provenance: [string, Provenance[string]][] = [];
  const lost = new Set<string>();
  for (const name of new Set([...Object.keys(facts.provenance), ...Object.keys(before?.provenance ?? {})])) {
    const isAsBefore = old !== undefined && toCanonicalText(valueAt(values, name)) === toCanonicalText(valueAt(old, name));
    const owner = valueAt(isAsBefore ? before?.provenance : facts.provenance, name);
    if (!owner || unowned.has(name)) continue;
    const link = links.get(toLinkKey(owner));
    // A value may have outlived the key whose word it was.
    const wasSo = isAsBefore && (restored.has(toLinkKey(owner)) || (link?.goneAt ?? 0) <= (made[0]?.validFrom ?? 0));
    if (link && !speaks(link) && !wasSo && name !== 'name') lost.add(name);
    else provenance.push([name, owner]);
  }
  return {
    attributes: Object.fromEntries(Object.entries(facts.attributes).filter(([name]) => !lost.has(name))),
    provenance: Object.fromEntries(provenance),
  };
}

function valueAt<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}
