import type { Person } from '../../../../generated/opora/directory/v1/people.ts';
import { type Statement, sql } from '../../../../platform/postgres/sql.ts';

/** What stands where something personal was. It says the same in every language, and of nobody. */
export const erased = '—';

/** A person of whom only the id is left. */
export function forgetPerson({ id, version, createdAt, mergedIntoId }: Person, now: number): Person {
  const at = new Date(now).toISOString();
  const blank = { contacts: [], skills: [], externalReferences: [], vip: false, active: false };
  return {
    id,
    name: erased,
    ...blank,
    ...(mergedIntoId !== undefined && { mergedIntoId }),
    erasedAt: at,
    version: version + 1,
    createdAt,
    updatedAt: at,
  };
}

/** Takes away what the service keeps of these people elsewhere: history, absences, what they signed, answers that are kept to be given again. */
export function forgetTraces(personIds: readonly string[], accountIds: readonly string[]): Statement[] {
  const people = sql`any(${[...personIds]}::uuid[])`;
  const accounts = sql`any(${[...accountIds]}::uuid[])`;
  const actors = sql`any(${[...accountIds]}::text[])`;
  const absences = sql`(select id from absence where person_id = ${people})`;
  return [
    // Which fields were changed is no secret; from what to what is.
    sql`update record_history set
        changes = case when record_id = ${people} or record_id in ${absences}
          then (select coalesce(jsonb_agg(jsonb_build_object('field', c ->> 'field')), '[]') from jsonb_array_elements(changes) c) else changes end,
        actor_name = case when actor_id = ${actors} then ${erased} else actor_name end
      where record_id = ${people} or record_id in ${absences} or actor_id = ${actors}`,
    sql`update absence set comment = null, external_references = '[]', search = '', version = version + 1 where person_id = ${people}`,
    sql`delete from external_reference where kind = 'absence' and record_id in ${absences}`,
    sql`delete from awaited_manager where person_id = ${people}`,
    sql`update person_merge set changed = '[]', reason = null, merged_by = case when actor_id = ${actors} then ${erased} else merged_by end
      where kept_id = ${people} or gone_id = ${people} or actor_id = ${actors}`,
    sql`update personal_data_access set actor_name = case when actor_id = ${actors} then ${erased} else actor_name end,
        reason = case when person_id = ${people} then null else reason end where person_id = ${people} or actor_id = ${actors}`,
    sql`update token set name = ${erased} where account_id = ${accounts}`,
    sql`delete from password_reset where account_id = ${accounts}`,
    sql`delete from account_identity where account_id = ${accounts}`,
    forgetEvents(sql`bus_log`, actors),
    forgetEvents(sql`outbox`, actors),
    sql`delete from idempotency where exists (select 1 from unnest(${[...personIds, ...accountIds]}::text[]) id where position(convert_to(id, 'UTF8') in answer) > 0)`,
  ];
}

/** What the service announced of these accounts, and what they did, without who it was. Others have heard it already, and hear of the erasure. */
function forgetEvents(log: Statement, accounts: Statement): Statement {
  return sql`update ${log} set data = (
      case when key = ${accounts} then (data::jsonb - '{email,changes,address}'::text[])
        || case when data::jsonb ? 'name' then jsonb_build_object('name', ${erased}::text) else '{}' end
        || case when data::jsonb ? 'subject' then jsonb_build_object('subject', ${erased}::text) else '{}' end
        || case when data::jsonb ? 'login' then jsonb_build_object('login', 'erased-' || left(key, 13)) else '{}' end
      else data::jsonb end
      || case when data ->> 'actorId' = ${accounts} then jsonb_build_object('actorName', ${erased}::text) else '{}' end)::json
    where key = ${accounts} or data ->> 'actorId' = ${accounts}`;
}
