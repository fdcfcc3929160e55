import type { PersonalDataAccess, PersonalDataAccessList } from '../../../../generated/opora/directory/v1/people.ts';
import { decodeCursor, encodeCursor } from '../../../../platform/keyset/cursor.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../../platform/postgres/sql.ts';
import type { Principal } from '../../../../platform/rpc/call.ts';
import type { Writer } from '../../records/history.ts';

/** Who had to do with the personal data of whom, and what for. */
export function writeAccess(writer: Writer, personId: string, action: PersonalDataAccess['action'], reason?: string): Statement {
  const { principal, now } = writer;
  return sql`insert into personal_data_access (id, person_id, at, actor_id, actor_name, action, reason)
    values (${writer.newId()}, ${personId}, ${new Date(now)}, ${principal.id}, ${principal.name}, ${action}, ${reason ?? null})`;
}

/** Whether reading about this person is to be logged: not one's own data, and not what a service reads on its way. */
export async function isToBeLogged(database: Database, principal: Principal, personId: string): Promise<boolean> {
  if (principal.kind === 'service') return false;
  const own = await database.query(sql`select 1 from account where id = ${principal.id} and person_id = ${personId}`);
  return own.length === 0;
}

interface AccessRow extends Omit<PersonalDataAccess, 'at' | 'reason'> {
  at: Date;
  reason: string | null;
}

/** The latest first. */
export async function listAccesses(
  database: Database,
  { id, limit = 50, after }: { id: string; limit?: number; after?: string },
): Promise<PersonalDataAccessList> {
  const further = after === undefined ? sql`true` : sql`id < ${decodeCursor(after, ['uuid'], '-id')[0]}`;
  const rows = await database.query<AccessRow>(
    sql`select id, at, actor_id as "actorId", actor_name as "actorName", action, reason from personal_data_access
      where person_id = ${id} and ${further} order by personal_data_access.id desc limit ${limit + 1}`,
  );
  const items = rows.slice(0, limit).map(({ at, reason, ...row }) => ({ ...row, at: at.toISOString(), ...(reason !== null && { reason }) }));
  const last = items.at(-1);
  return { items, ...(rows.length > limit && last && { next: encodeCursor([last.id], '-id') }) };
}
