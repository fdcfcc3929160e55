import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { manual, rankSources } from '../domain/identify/authority.ts';
import { type Identifier, listIdentifiers, toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import type { ItemFacts, ItemState } from '../domain/item.ts';
import { normaliseName, tidyLookups } from '../domain/lookup.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { pointTo } from '../domain/model/pointer.ts';
import type { ItemRights } from '../rights/rights.ts';
import { readItems } from '../storage/item-store.ts';
import { readClaims } from './identifier-store.ts';
import { type Link, speaks, toSaid } from './link.ts';
import { readInput } from './source-page.ts';
import { toLinkKey, type WholeItem } from './whole-items.ts';

/** A person says that the item is so: what changes is a word under the source `manual`, which is kept like that of any other source. */
export function sayAsPerson(whole: WholeItem, facts: ItemFacts, model: CompiledModel, now: number): Link | undefined {
  const before = whole.facts;
  const link = [...whole.links.values()].find(({ source }) => source === manual) ?? beginWord(whole, now);
  const attributes = facts.attributes ?? before.attributes;
  const changed = [...new Set([...Object.keys(before.attributes), ...Object.keys(attributes)])].filter(
    (name) => toCanonicalText(valueAt(before.attributes, name)) !== toCanonicalText(valueAt(attributes, name)),
  );
  const isRenamed = facts.name !== undefined && facts.name !== before.name;
  requireAuthority(whole, isRenamed ? ['name', ...changed] : changed, link, model, now);
  const words = changed.map((name): [string, unknown] => [name, valueAt(attributes, name) ?? null]);
  const said = {
    ...link.said,
    ...(isRenamed && { name: facts.name ?? before.name }),
    attributes: Object.fromEntries([...Object.entries(link.said.attributes), ...words]),
    lookups: changeLookups(link.said.lookups, before.lookups, facts.lookups ?? before.lookups),
  };
  const isSaid = toCanonicalText(said) !== toCanonicalText(link.said);
  const owner = { source: manual, key: link.key, at: now };
  const owned = (isRenamed ? ['name', ...changed] : changed).map((name) => [name, owner] as const);
  whole.facts = { ...before, ...facts, provenance: Object.fromEntries([...Object.entries(before.provenance), ...owned]) };
  if (!isSaid) return undefined;
  const word: Link = { ...link, said: { ...said, identifiers: identifiersOfPerson(whole, link, model) }, saidAt: now };
  delete word.goneAt;
  delete word.missingSince;
  whole.links.set(toLinkKey(word), word);
  whole.isTouched = true;
  return word;
}

function beginWord({ id, facts }: WholeItem, now: number): Link {
  const { hash } = readInput({ key: id, class: facts.class, name: '', lookups: [] }, '');
  return {
    source: manual,
    key: id,
    itemId: id,
    hash,
    said: { class: facts.class, attributes: {}, lookups: [], identifiers: [] },
    contested: false,
    saidAt: now,
    revision: 0,
  };
}

/** What the item can be recognised by as it is now, but for what sources say of it themselves. */
function identifiersOfPerson({ facts, links }: WholeItem, own: Link, model: CompiledModel): Identifier[] {
  const itemClass = model.classes.get(facts.class);
  if (!itemClass) return [];
  const others = new Set(
    [...links.values()].filter((link) => link.key !== own.key || link.source !== manual).flatMap(({ said }) => said.identifiers.map(toIdentifierKey)),
  );
  const listed = listIdentifiers(facts, itemClass, { hostOf: () => undefined }).identifiers;
  return listed.filter((one) => !others.has(toIdentifierKey(one))).map(({ scheme, value }) => ({ scheme, value }));
}

/** Where the model puts another source above people, their word would not count: they are told so at once. */
function requireAuthority({ facts, links }: WholeItem, names: readonly string[], own: Link, model: CompiledModel, now: number): void {
  const attributes = model.classes.get(facts.class)?.attributes;
  const violations = names.flatMap((name) => {
    const owner = valueAt(facts.provenance, name) as { source: string; key: string } | undefined;
    const link = owner && links.get(toLinkKey(owner));
    if (!link || link.source === manual || !speaks(link)) return [];
    const isBetter = rankSources(attributes?.get(name), now).compare(toSaid({ ...own, saidAt: now }), toSaid(link)) < 0;
    const pointer = name === 'name' ? '/name' : pointTo('/attributes', name);
    return isBetter ? [] : [{ pointer, message: `is what "${link.source}" says, whose word counts for more: change it there` }];
  });
  if (violations.length > 0) throw new AppError('invalid_input', 'Another source has the say on this.', { violations });
}

function changeLookups(own: readonly string[], before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before.map(normaliseName)), new Set(after.map(normaliseName))];
  return tidyLookups([...own.filter((lookup) => now.has(normaliseName(lookup))), ...after.filter((lookup) => !old.has(normaliseName(lookup)))]);
}

/** What people would make an item be recognised by, and who is already. */
export interface WantedIdentifiers {
  wanted: readonly Identifier[];
  holder?: { id: string; name: string; what: string; item: ItemState };
}

/** Of each item what it would be recognised by that it is not now, and the item in use that has that already: two queries for all. */
export async function findTakenIdentifiers(
  database: Database,
  wholes: readonly WholeItem[],
  model: CompiledModel,
): Promise<Map<string, WantedIdentifiers>> {
  const wanted = new Map(wholes.map((whole) => [whole.id, listWanted(whole, model)]));
  const claims = await readClaims(database, [...new Map([...wanted.values()].flat().map((one) => [toIdentifierKey(one), one])).values()]);
  const ids = [...new Set([...claims.values()].flat())];
  const holders = ids.length === 0 ? [] : await readItems(database, sql`id = any(${ids}::uuid[]) and state = 'active' order by id`);
  return new Map(
    wholes.map(({ id }) => {
      const own = wanted.get(id) ?? [];
      for (const holder of holders) {
        const taken = holder.id !== id && own.find((one) => claims.get(toIdentifierKey(one))?.includes(holder.id));
        if (taken) return [id, { wanted: own, holder: { id: holder.id, name: holder.name, what: nameIdentifier(taken, model), item: holder } }];
      }
      return [id, { wanted: own }];
    }),
  );
}

/** An identifier in words, which others may come to read: the value of a sensitive one is not told. */
export function nameIdentifier({ scheme, value }: Identifier, { sensitiveSchemes }: CompiledModel): string {
  return sensitiveSchemes.has(scheme) ? scheme : `${scheme} ${value}`;
}

function listWanted({ facts, identifiers }: WholeItem, model: CompiledModel): Identifier[] {
  const own = model.classes.get(facts.class);
  if (!own) return [];
  const known = new Set(identifiers.map(toIdentifierKey));
  return listIdentifiers(facts, own, { hostOf: () => undefined })
    .identifiers.map(({ scheme, value }) => ({ scheme, value }))
    .filter((one) => !known.has(toIdentifierKey(one)));
}

/** An identifier that is another item's is refused to people: they can look which of the two is right. */
export async function refuseTakenIdentifiers(
  database: Database,
  whole: WholeItem,
  model: CompiledModel,
  { canSee }: Pick<ItemRights, 'canSee'>,
): Promise<void> {
  const holder = (await findTakenIdentifiers(database, [whole], model)).get(whole.id)?.holder;
  if (!holder) return;
  if (!canSee(holder.item)) throw new AppError('conflict', `The ${holder.what} is of another item already, which you may not see.`);
  throw new AppError('conflict', `The ${holder.what} is of "${holder.name}" already: it is item ${holder.id}.`);
}

function valueAt(values: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
