import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import { type Identifier, toIdentifierKey } from '../domain/identify/list-identifiers.ts';

export interface HeldIdentifier extends Identifier {
  itemId: string;
}

/** Who holds identifiers, by `toIdentifierKey`, and which of them several things say. */
export interface Holders {
  holders: Map<string, string>;
  shared: Set<string>;
}

export async function readHolders(database: Database, identifiers: readonly Identifier[]): Promise<Holders> {
  if (identifiers.length === 0) return { holders: new Map(), shared: new Set() };
  const wanted = sql`unnest(${identifiers.map(({ scheme }) => scheme)}::text[], ${identifiers.map(({ value }) => value)}::text[]) as w(scheme, value)`;
  const rows = await database.query<Identifier & { itemId: string | null }>(sql`
    select h.scheme, h.value, h.item_id as "itemId" from ${wanted} join item_identifier h on h.scheme = w.scheme and h.value = w.value
    union all select s.scheme, s.value, null from ${wanted} join shared_identifier s on s.scheme = w.scheme and s.value = w.value`);
  return {
    holders: new Map(rows.flatMap((row) => (row.itemId === null ? [] : [[toIdentifierKey(row), row.itemId] as const]))),
    shared: new Set(rows.filter(({ itemId }) => itemId === null).map(toIdentifierKey)),
  };
}

export async function readIdentifiersOf(database: Database, itemIds: readonly string[]): Promise<HeldIdentifier[]> {
  return database.query<HeldIdentifier>(sql`select scheme, value, item_id as "itemId" from item_identifier where item_id = any(${itemIds}::uuid[])`);
}

/** What becomes of identifiers: one belongs to one item, so whoever comes second with a new one, or was overtaken, has a conflict. */
export interface IdentifierChanges {
  claimed: HeldIdentifier[];
  /** From an item (`from`) that has it now to another one. */
  moved: (HeldIdentifier & { from: string })[];
  givenUp: HeldIdentifier[];
  shared: Identifier[];
}

export function writeIdentifiers({ claimed, moved, givenUp, shared }: IdentifierChanges): Statement[] {
  const statements: Statement[] = [];
  if (claimed.length > 0) {
    statements.push(
      sql`insert into item_identifier (scheme, value, item_id) select scheme, value, item_id from ${asRows(claimed)} order by scheme, value`,
    );
  }
  if (moved.length > 0) {
    statements.push(
      exactly(
        moved.length,
        sql`update item_identifier i set item_id = n.item_id from ${asRows(moved)}
          where i.scheme = n.scheme and i.value = n.value and i.item_id = n.from_id returning 1`,
      ),
    );
  }
  if (givenUp.length > 0) {
    statements.push(
      exactly(
        givenUp.length,
        sql`delete from item_identifier i using ${asRows(givenUp)} where i.scheme = n.scheme and i.value = n.value and i.item_id = n.item_id returning 1`,
      ),
    );
  }
  if (shared.length > 0) {
    statements.push(sql`insert into shared_identifier (scheme, value) select distinct scheme, value
      from unnest(${shared.map(({ scheme }) => scheme)}::text[], ${shared.map(({ value }) => value)}::text[]) as n(scheme, value)
      order by scheme, value on conflict do nothing`);
  }
  return statements;
}

function asRows(identifiers: readonly (HeldIdentifier & { from?: string })[]): Statement {
  return sql`unnest(${identifiers.map(({ scheme }) => scheme)}::text[], ${identifiers.map(({ value }) => value)}::text[],
    ${identifiers.map(({ itemId }) => itemId)}::uuid[], ${identifiers.map(({ from }) => from ?? null)}::uuid[]) as n(scheme, value, item_id, from_id)`;
}
