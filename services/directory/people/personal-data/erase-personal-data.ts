import { accountUpdated, personalDataErased, sessionEnded } from '../../../../generated/opora/directory/v1/events.ts';
import type { ErasePersonalDataRequest, Person } from '../../../../generated/opora/directory/v1/people.ts';
import { AppError } from '../../../../platform/errors/app-error.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../../platform/postgres/sql.ts';
import type { Call } from '../../../../platform/rpc/call.ts';
import { readRecords, writeExternalReferences, writeRecords } from '../../records/record-store.ts';
import { recordUseCases } from '../../records/record-use-cases.ts';
import { type AccountState, readAccounts } from '../../storage/account-store.ts';
import { deleteSessions, readSessions } from '../../storage/credential-store.ts';
import { person } from '../person.ts';
import { writeAccess } from './access-log.ts';
import { erased, forgetPerson, forgetTraces } from './forget-person.ts';

/**
 * Takes away, in one commit, all that is personal of a person and of the doubles that were merged into them. It may take long for somebody who did much: it looks
 * through all that they signed. What others keep of them they erase when they hear of it.
 */
export async function erasePersonalData(database: Database, { id, expectedVersion, reason }: ErasePersonalDataRequest, call: Call): Promise<Person> {
  const found = await recordUseCases(person, database).find(id);
  if (found.version !== expectedVersion) {
    throw new AppError('conflict', `It was changed meanwhile: it is at version ${found.version}, not ${expectedVersion}. Read it again.`);
  }
  if (found.erasedAt !== undefined) throw new AppError('illegal_state', 'The data of this person was erased already.');
  const all = [found, ...(await readRecords<Person>(database, person, sql`r.merged_into_id = ${id} and r.erased_at is null`))];
  const accounts = await readAccounts(database, sql`where a.person_id = any(${all.map((one) => one.id)}::uuid[])`);
  if (accounts.some((account) => account.id === call.principal.id)) {
    throw new AppError('illegal_state', 'Nobody can erase themselves: the account that does it would be gone. Ask another administrator.');
  }
  const accountIds = accounts.map((account) => account.id);
  const sessions = await readSessions(database, sql`account_id = any(${accountIds}::uuid[])`);
  const steps = all.map((before) => ({ before, after: forgetPerson(before, call.now) }));
  const [{ after: answer } = { after: found }] = steps;
  return call.commit(
    {
      statements: [
        writeRecords(person, steps),
        ...writeExternalReferences(person, steps),
        writeErasure(all, call),
        ...accounts.map((account) => forgetAccount(account, call.now)),
        ...(sessions.length > 0 ? [deleteSessions(sessions.map((session) => session.id))] : []),
        ...forgetTraces(
          all.map((one) => one.id),
          accountIds,
        ),
        writeAccess(call, id, 'erased', reason),
      ],
      events: [
        ...steps.flatMap(({ after }) => [
          person.announce(after, 'updated'),
          personalDataErased({ personId: after.id, actorId: call.principal.id, actorName: call.principal.name }),
        ]),
        ...accounts.map(announceForgotten),
        ...sessions.map((session) => sessionEnded({ accountId: session.accountId, sessionId: session.id })),
      ],
    },
    answer,
  );
}

function loginOf({ id }: AccountState): string {
  return `erased-${id.slice(0, 13)}`;
}

function forgetAccount(account: AccountState, now: number): Statement {
  return exactly(
    1,
    sql`update account set login = ${loginOf(account)}, name = ${erased}, email = null, password_hash = null, active = false,
        version = ${account.version + 1}, updated_at = ${new Date(now)}
      where id = ${account.id} and version = ${account.version} returning 1`,
  );
}

function announceForgotten(account: AccountState) {
  const { id, locale, roles, version } = account;
  return accountUpdated({ accountId: id, login: loginOf(account), name: erased, locale, roles: [...roles], active: false, version: version + 1 });
}

/** A row of history that says that it happened, and nothing of what was there. */
function writeErasure(all: readonly Person[], call: Call): Statement {
  return sql`insert into record_history (id, kind, record_id, at, action, actor_id, actor_name, changes)
    select h.id, 'person', h.record, ${new Date(call.now)}::timestamptz, 'erased', ${call.principal.id}, ${call.principal.name}, '[]'
    from json_to_recordset(${JSON.stringify(all.map((one) => ({ id: call.newId(), record: one.id })))}::json) as h(id uuid, record uuid)`;
}
