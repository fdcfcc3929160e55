import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';

/** A violation at `/contractorId` when that is an organisation that is no contractor. */
export async function requireContractor(database: Database, id: string): Promise<FieldViolation[]> {
  const others = await database.query(sql`select 1 from organization where id = ${id} and kind <> 'contractor'`);
  return others.length > 0 ? [{ pointer: '/contractorId', message: 'is an organisation that is no contractor: make it one first' }] : [];
}
