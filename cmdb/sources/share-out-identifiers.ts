import type { Database } from '../../platform/postgres/database.ts';
import { type Identifier, listIdentifiers, toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type Holders, type IdentifierChanges, readHolders } from './identifier-store.ts';
import { type Link, type SaidRecord, speaks } from './link.ts';
import type { WholeItem } from './whole-items.ts';

/**
 * Gives each item the identifiers that are said of it. One that another item in use has, is from now on known to be shared and tells nothing, unless a
 * person is still asked about it: then it stays where it is. Retired items give theirs up to whoever needs them.
 */
export async function shareOutIdentifiers(
  database: Database,
  items: readonly WholeItem[],
  known: Holders & { asked: ReadonlySet<string>; isRetired(itemId: string): boolean },
  model: CompiledModel,
): Promise<IdentifierChanges> {
  const wanted = items.filter(({ facts }) => facts.state === 'active').map((whole) => ({ whole, said: listAllSaid(whole, model) }));
  const unknown = wanted.flatMap(({ said, whole }) => {
    const own = new Set(whole.identifiers.map(toIdentifierKey));
    return [...said].flatMap(([key, { identifier }]) => (known.asked.has(key) || own.has(key) ? [] : [identifier]));
  });
  const more = await readHolders(database, unknown);
  const shared = new Set([...known.shared, ...more.shared]);
  const stored = new Map([...known.holders, ...more.holders, ...wanted.flatMap(({ whole }) => whole.identifiers.map(toOwned(whole)))]);

  const now = new Map(stored);
  const all = new Map<string, Identifier>();
  for (const { whole, said } of wanted) {
    for (const identifier of whole.identifiers) {
      all.set(toIdentifierKey(identifier), identifier);
      if (!said.has(toIdentifierKey(identifier))) now.delete(toIdentifierKey(identifier));
    }
  }
  const newlyShared = new Map<string, Identifier>();
  for (const { whole, said } of wanted) {
    for (const [key, { identifier, isAsked }] of said) {
      if (shared.has(key)) continue;
      all.set(key, identifier);
      const holder = now.get(key);
      if (holder === undefined || (holder !== whole.id && known.isRetired(holder))) now.set(key, whole.id);
      else if (holder !== whole.id && !isAsked) {
        newlyShared.set(key, identifier);
        shared.add(key);
        now.delete(key);
      }
    }
  }

  const changes: IdentifierChanges = { claimed: [], moved: [], givenUp: [], shared: [...newlyShared.values()] };
  for (const [key, identifier] of all) {
    const [from, to] = [stored.get(key), now.get(key)];
    if (from === to) continue;
    if (to === undefined) changes.givenUp.push({ ...identifier, itemId: from ?? '' });
    else if (from === undefined) changes.claimed.push({ ...identifier, itemId: to });
    else changes.moved.push({ ...identifier, itemId: to, from });
  }
  return changes;
}

function toOwned({ id }: WholeItem) {
  return (identifier: Identifier): [string, string] => [toIdentifierKey(identifier), id];
}

/** All identifiers that its living words say; also those that they only make together. */
function listAllSaid(whole: WholeItem, model: CompiledModel): Map<string, { identifier: Identifier; isAsked: boolean }> {
  const said = new Map<string, { identifier: Identifier; isAsked: boolean }>();
  const living = [...whole.links.values()].filter(speaks);
  const add = (identifiers: readonly Identifier[], isAsked: boolean) => {
    for (const { scheme, value } of identifiers) {
      const key = toIdentifierKey({ scheme, value });
      said.set(key, { identifier: { scheme, value }, isAsked: isAsked && (said.get(key)?.isAsked ?? true) });
    }
  };
  for (const link of living) add(listSaid(whole, link, model), link.contested);
  const [only] = living;
  if (living.length !== 1 || only?.said.name === undefined) {
    const hosts = Object.assign({}, ...living.map(({ said: { hosts: own } }) => own));
    add(
      listOf(whole.facts.class, { ...whole.facts, hosts }, model),
      living.some(({ contested }) => contested),
    );
  }
  return said;
}

function listSaid({ facts }: WholeItem, { said }: Link, model: CompiledModel): Identifier[] {
  return listOf(facts.class, { ...said, name: said.name ?? facts.name }, model);
}

function listOf(itemClass: string, { name, attributes, lookups, hosts }: Omit<SaidRecord, 'class'> & { name: string }, model: CompiledModel) {
  const own = model.classes.get(itemClass);
  if (!own) return [];
  const references = Object.fromEntries(Object.entries(hosts).map(([type, itemId]) => [type, { itemId }]));
  return listIdentifiers({ name, attributes, lookups, hosts: references }, own, { hostOf: (type) => hosts[type] }).identifiers;
}
