import type { Absence } from '../../../../generated/opora/directory/v1/absences.ts';
import { personalDataExported } from '../../../../generated/opora/directory/v1/events.ts';
import type { ExportPersonalDataRequest, Person, PersonalData } from '../../../../generated/opora/directory/v1/people.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { sql } from '../../../../platform/postgres/sql.ts';
import type { Call } from '../../../../platform/rpc/call.ts';
import { absence } from '../../absences/absence.ts';
import { listHistory } from '../../records/history.ts';
import { readRecords } from '../../records/record-store.ts';
import { recordUseCases } from '../../records/record-use-cases.ts';
import { readAccounts } from '../../storage/account-store.ts';
import { person } from '../person.ts';
import { listAccesses, writeAccess } from './access-log.ts';

const most = 1000;

/** All that is kept of one person. That it was given is an act of its own, in the audit log and in the person's. */
export async function exportPersonalData(database: Database, { id, reason }: ExportPersonalDataRequest, call: Call): Promise<PersonalData> {
  const found = await recordUseCases(person, database).find(id);
  const doubles = await readRecords<Person>(database, person, sql`r.merged_into_id = ${id} order by r.id desc limit ${most}`);
  const accounts = await readAccounts(database, sql`where a.person_id = ${id} order by a.id desc limit ${most}`);
  const teams = await database.query<{ id: string }>(sql`select id from team where member_ids @> array[${id}::uuid] order by id desc limit ${most}`);
  const absences = await readRecords<Absence>(database, absence, sql`r.person_id = ${id} order by r.id desc limit ${most}`);
  const history = await listHistory(database, 'person', { id, limit: most });
  const accesses = await listAccesses(database, { id, limit: most });
  const answer: PersonalData = {
    person: found,
    doubles,
    accounts: accounts.map(({ login, name, email, createdAt, id: accountId }) => ({
      id: accountId,
      login,
      name,
      ...(email !== undefined && { email }),
      createdAt: new Date(createdAt).toISOString(),
    })),
    teamIds: teams.map((team) => team.id),
    absences: absences.map((one) => JSON.stringify(one)),
    history: history.items,
    accesses: accesses.items,
  };
  const act = personalDataExported({ personId: id, actorId: call.principal.id, actorName: call.principal.name });
  return call.commit({ statements: [writeAccess(call, id, 'exported', reason)], events: [act] }, answer);
}
