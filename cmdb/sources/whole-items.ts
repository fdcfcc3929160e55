import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { manual } from '../domain/identify/authority.ts';
import type { Identifier } from '../domain/identify/list-identifiers.ts';
import { type Reconciliation, reconcile, settleItem } from '../domain/identify/reconcile.ts';
import { identifiersOf, toFields } from '../domain/identify/said.ts';
import { type ItemFacts, type ItemState, newItem, reviseItem } from '../domain/item.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type ItemChange, readItems } from '../storage/item-store.ts';
import { type Link, speaks, toSaid } from './link.ts';
import { readLinks } from './link-store.ts';

export type WholeFacts = Required<Omit<ItemFacts, 'mergedInto'>> & Pick<ItemFacts, 'mergedInto'>;

/** An item with all that sources say of it, while it is being decided what becomes of it. */
export interface WholeItem {
  id: string;
  /** As it is stored; undefined: it is new. */
  before?: ItemState;
  source: string;
  key: string;
  facts: WholeFacts;
  /** By `toLinkKey`, also those that do not speak any more. */
  links: Map<string, Link>;
  /** What it could be recognised by, also as it was told by keys that do not speak any more. */
  identifiers: readonly Identifier[];
  /** A word on it has changed. */
  isTouched: boolean;
}

export function toLinkKey({ source, key }: Pick<Link, 'source' | 'key'>): string {
  return `${source} ${key}`;
}

export async function readWholeItems(database: Database, ids: readonly string[], runId?: string): Promise<Map<string, WholeItem>> {
  if (ids.length === 0) return new Map();
  const [items, links] = await Promise.all([
    readItems(database, sql`id = any(${ids}::uuid[])`),
    readLinks(database, sql`l.item_id = any(${ids}::uuid[])`, runId),
  ]);
  const linksOf = groupByItem(links);
  return new Map(
    items.map((item) => [
      item.id,
      {
        id: item.id,
        before: item,
        source: item.source,
        key: item.key,
        facts: toFacts(item),
        links: new Map((linksOf.get(item.id) ?? []).map((link) => [toLinkKey(link), link])),
        identifiers: identifiersOf((linksOf.get(item.id) ?? []).map(({ said }) => said)),
        isTouched: false,
      },
    ]),
  );
}

function groupByItem<One extends { itemId: string }>(all: readonly One[]): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const group = groups.get(one.itemId);
    if (group) group.push(one);
    else groups.set(one.itemId, [one]);
  }
  return groups;
}

export function toFacts({ class: itemClass, name, attributes, lookups, state, provenance, mergedInto }: ItemState): WholeFacts {
  return { class: itemClass, name, attributes, lookups, state, provenance, mergedInto };
}

/** An item that nobody has said anything of yet. */
export function beginItem(id: string, link: Pick<Link, 'source' | 'key'>, itemClass: string, name: string): WholeItem {
  const facts: WholeFacts = { class: itemClass, name, attributes: {}, lookups: [], state: 'active', provenance: {}, mergedInto: undefined };
  return { id, source: link.source, key: link.key, facts, links: new Map(), identifiers: [], isTouched: false };
}

/** Lets a key of a source say its word, which brings a retired item back. */
export function speakOf(whole: WholeItem, link: Link, model: CompiledModel, now: number): Reconciliation {
  const others = [...whole.links.values()].filter(speaks).map(toSaid);
  const said = { ...toSaid(link), at: now };
  const result = reconcile(toReconciled(whole.facts), said, attributesOf(whole, model), others);
  whole.facts = { ...whole.facts, ...toFactsAgain(whole.facts, result.after), state: 'active', mergedInto: undefined };
  whole.links.set(toLinkKey(link), link);
  return result;
}

/** Gives an item what its class presets and nobody has said: it is nobody's word, so whoever says otherwise is right. */
export function fillPresets(whole: WholeItem, model: CompiledModel): void {
  const presets = [...(model.classes.get(whole.facts.class)?.attributes.values() ?? [])].flatMap(({ name, default: preset }): [string, unknown][] =>
    preset === undefined || Object.hasOwn(whole.facts.attributes, name) || Object.hasOwn(whole.facts.provenance, name) ? [] : [[name, preset]],
  );
  if (presets.length > 0) whole.facts = { ...whole.facts, attributes: Object.fromEntries([...Object.entries(whole.facts.attributes), ...presets]) };
}

/** Takes back what a key said: the values that were its word go with it. An item of which no source speaks any more is retired, as it is. */
export function silence(whole: WholeItem, link: Link, model: CompiledModel, now: number): void {
  whole.isTouched = true;
  if (speaks(link)) whole.links.delete(toLinkKey(link));
  else whole.links.set(toLinkKey(link), link);
  if (!isSpokenOf(whole)) {
    whole.facts = { ...whole.facts, state: 'retired' };
    return;
  }
  const isLost = (name: string) => {
    const owner = Object.hasOwn(whole.facts.provenance, name) ? whole.facts.provenance[name] : undefined;
    return owner?.source === link.source && owner.key === link.key && name !== 'name';
  };
  const keep = <Value>(entries: Readonly<Record<string, Value>>) => Object.fromEntries(Object.entries(entries).filter(([name]) => !isLost(name)));
  whole.facts = { ...whole.facts, attributes: keep(whole.facts.attributes), provenance: keep(whole.facts.provenance) };
  settle(whole, model, now);
  fillPresets(whole, model);
}

/** Makes the item what all that is said of it comes to. */
export function settle(whole: WholeItem, model: CompiledModel, now: number): void {
  const all = [...whole.links.values()].filter(speaks).map(toSaid);
  whole.facts = { ...whole.facts, ...toFactsAgain(whole.facts, settleItem(toReconciled(whole.facts), all, attributesOf(whole, model), now)) };
  whole.isTouched = true;
}

/** A person's word on somebody else's item does not keep it in use. */
export function isSpokenOf({ source, links }: WholeItem): boolean {
  return [...links.values()].some((link) => speaks(link) && (link.source !== manual || source === manual));
}

/** What is to be written of the item; undefined: nothing. */
export function toChange(whole: WholeItem, now: number): ItemChange | undefined {
  const { before, facts } = whole;
  if (!before) return { after: newItem(whole, facts, now) };
  const revised = reviseItem(before, facts, now);
  if (revised) return { before, after: revised, onAllWords: true };
  return whole.isTouched ? { before, after: { ...before, provenance: facts.provenance }, onAllWords: true } : undefined;
}

function attributesOf({ facts }: WholeItem, model: CompiledModel) {
  return model.classes.get(facts.class)?.attributes ?? new Map();
}

function toReconciled({ name, attributes, lookups, provenance }: WholeFacts) {
  return { fields: toFields({ attributes, name }), lookups, provenance };
}

function toFactsAgain(before: WholeFacts, { fields, lookups, provenance }: ReturnType<typeof settleItem>) {
  const { name, ...attributes } = fields;
  return { name: typeof name === 'string' ? name : before.name, attributes, lookups, provenance };
}
