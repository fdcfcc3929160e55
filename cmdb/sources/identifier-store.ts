import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import type { AssignedIdentifier } from '../domain/identify/assign-identifiers.ts';
import { type Identifier, toIdentifierKey } from '../domain/identify/list-identifiers.ts';

/** The items of which each identifier is said, by `toIdentifierKey`; those in use and those that were. */
export async function readClaims(database: Database, identifiers: readonly Identifier[]): Promise<Map<string, readonly string[]>> {
  if (identifiers.length === 0) return new Map();
  const rows = await database.query<Identifier & { itemIds: string[] }>(sql`select i.scheme, i.value, i.item_ids as "itemIds"
    from unnest(${identifiers.map(({ scheme }) => scheme)}::text[], ${identifiers.map(({ value }) => value)}::text[]) as w(scheme, value)
      join item_identifier i on i.scheme = w.scheme and i.value = w.value`);
  return new Map(rows.map((row) => [toIdentifierKey(row), row.itemIds]));
}

/** Writes who has each identifier, if that is still as it was read (`claims`): otherwise, or when somebody else claimed a new one first, a conflict. */
export function writeIdentifiers(assigned: readonly AssignedIdentifier[], claims: ReadonlyMap<string, readonly string[]>): Statement[] {
  const before = (one: AssignedIdentifier) => claims.get(toIdentifierKey(one)) ?? [];
  const created = assigned.filter((one) => before(one).length === 0);
  const changed = assigned.filter((one) => before(one).length > 0 && one.itemIds.length > 0);
  const gone = assigned.filter((one) => before(one).length > 0 && one.itemIds.length === 0);
  const asRows = (some: readonly AssignedIdentifier[]) => {
    const rows = some.map(({ scheme, value, itemIds }) => ({ scheme, value, item_ids: itemIds, before: before({ scheme, value, itemIds }) }));
    return sql`json_to_recordset(${JSON.stringify(rows)}::json) as n(scheme text, value text, item_ids uuid[], before uuid[])`;
  };
  const statements: Statement[] = [];
  if (created.length > 0) {
    statements.push(
      sql`insert into item_identifier (scheme, value, item_ids) select scheme, value, item_ids from ${asRows(created)} order by scheme, value`,
    );
  }
  if (changed.length > 0) {
    statements.push(
      exactly(
        changed.length,
        sql`update item_identifier i set item_ids = n.item_ids from ${asRows(changed)}
          where i.scheme = n.scheme and i.value = n.value and i.item_ids = n.before returning 1`,
      ),
    );
  }
  if (gone.length > 0) {
    statements.push(
      exactly(
        gone.length,
        sql`delete from item_identifier i using ${asRows(gone)} where i.scheme = n.scheme and i.value = n.value and i.item_ids = n.before returning 1`,
      ),
    );
  }
  return statements;
}
