import type { Absence } from '../../../../generated/opora/directory/v1/absences.ts';
import type { BlacklistEntry } from '../../../../generated/opora/directory/v1/contractors.ts';
import type { Department } from '../../../../generated/opora/directory/v1/organizations.ts';
import type { Person } from '../../../../generated/opora/directory/v1/people.ts';
import type { Team } from '../../../../generated/opora/directory/v1/teams.ts';
import type { Database } from '../../../../platform/postgres/database.ts';
import { type Statement, sql } from '../../../../platform/postgres/sql.ts';
import { absence } from '../../absences/absence.ts';
import { blacklistEntry } from '../../contractors/blacklist-entry.ts';
import { department } from '../../organizations/department.ts';
import { readRecords } from '../../records/record-store.ts';
import type { RecordState, Resource } from '../../records/resource.ts';
import { team } from '../../teams/team.ts';
import { person } from '../person.ts';

/** One kind of record that names people, and how it names another instead. */
export interface Referrer<State extends RecordState> {
  resource: Resource<State>;
  /** Those that name this person. */
  where(id: string): Statement;
  rename(state: State, from: string, to: string): State;
}

const reports: Referrer<Person> = {
  resource: person,
  where: (id) => sql`r.manager_id = ${id}`,
  rename: (state, _, to) => ({ ...state, managerId: to }),
};
const departments: Referrer<Department> = {
  resource: department,
  where: (id) => sql`r.manager_id = ${id}`,
  rename: (state, _, to) => ({ ...state, managerId: to }),
};
const teams: Referrer<Team> = {
  resource: team,
  where: (id) => sql`r.member_ids @> array[${id}::uuid]`,
  /** Who was a member twice is one once, as who stays. */
  rename(state, from, to) {
    const isIn = state.members.some(({ personId }) => personId === to);
    const members = isIn
      ? state.members.filter(({ personId }) => personId !== from)
      : state.members.map((member) => (member.personId === from ? { ...member, personId: to } : member));
    return { ...state, members };
  },
};
const absences: Referrer<Absence> = {
  resource: absence,
  where: (id) => sql`(r.person_id = ${id} or r.deputy_id = ${id})`,
  rename(state, from, to) {
    const personId = state.personId === from ? to : state.personId;
    const deputyId = state.deputyId === from ? to : state.deputyId;
    const { deputyId: _, ...rest } = state;
    return { ...rest, personId, ...(deputyId !== undefined && deputyId !== personId && { deputyId }) };
  },
};
const entries: Referrer<BlacklistEntry> = {
  resource: blacklistEntry,
  where: (id) => sql`r.override_person_ids @> array[${id}::uuid] and r.override_person_ids <> '{}'`,
  rename: (state, from, to) => ({ ...state, overridePersonIds: [...new Set(state.overridePersonIds.map((id) => (id === from ? to : id)))] }),
};

/** Everything that names people, beside accounts; each is handed only states of its own kind, which the type of a list cannot say. People who report come by themselves: they are written with the two who are merged. */
export const referrers: readonly Referrer<never>[] = [departments, teams, absences, entries] as unknown as Referrer<never>[];

export async function readReports(database: Database, id: string): Promise<Person[]> {
  return readRecords<Person>(database, person, reports.where(id));
}

/** As above: each meets only its own kind. */
export const resources: readonly Resource<never>[] = [person, department, team, absence, blacklistEntry] as unknown as Resource<never>[];
