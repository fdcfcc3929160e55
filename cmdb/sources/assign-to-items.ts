import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { assignIdentifiers, type IdentifierChange } from '../domain/identify/assign-identifiers.ts';
import { toIdentifierKey } from '../domain/identify/list-identifiers.ts';
import { identifiersOf } from '../domain/identify/said.ts';
import { readClaims, writeIdentifiers } from './identifier-store.ts';
import { speaks } from './link.ts';
import type { WholeItem } from './whole-items.ts';

/** What is known of claims already: `asked` are the identifiers that were looked up, `isRetired` tells items that need theirs no more. */
export interface KnownClaims {
  claims: ReadonlyMap<string, readonly string[]>;
  asked: ReadonlySet<string>;
  isRetired(itemId: string): boolean;
}

export const nothingKnown: KnownClaims = { claims: new Map(), asked: new Set(), isRetired: () => false };

/** Gives each item the identifiers by which its living words tell it. A retired item keeps what it had, for as long as no living one has it too. */
export async function assignToItems(database: Database, items: readonly WholeItem[], known: KnownClaims): Promise<Statement[]> {
  const changes = items.flatMap((whole): IdentifierChange[] => {
    const after = identifiersAfter(whole);
    return after ? [{ itemId: whole.id, before: whole.identifiers, after }] : [];
  });
  const unknown = changes.flatMap(({ before, after }) => [...before, ...after]).filter((one) => !known.asked.has(toIdentifierKey(one)));
  const claims = new Map([...known.claims, ...(await readClaims(database, unknown))]);
  const claimed = new Set(changes.flatMap(({ after }) => after.map(toIdentifierKey)));
  const living = new Map([...claims].map(([key, ids]) => [key, claimed.has(key) ? ids.filter((id) => !known.isRetired(id)) : ids]));
  const assigned = assignIdentifiers(living, changes);
  const overtaken = [...living].filter(
    ([key, ids]) => ids.length !== claims.get(key)?.length && !assigned.some((one) => toIdentifierKey(one) === key),
  );
  const rest = overtaken.flatMap(([key, itemIds]) => {
    const [scheme = ''] = key.split(' ', 1);
    return [{ scheme, value: key.slice(scheme.length + 1), itemIds }];
  });
  return writeIdentifiers([...assigned, ...rest], claims);
}

/** Undefined: they stay as they are. */
function identifiersAfter({ facts, links }: WholeItem) {
  if (facts.mergedInto !== undefined) return [];
  return facts.state === 'active' ? identifiersOf([...links.values()].filter(speaks).map(({ said }) => said)) : undefined;
}
