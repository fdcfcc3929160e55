import type { AbsenceService } from '../../../generated/opora/directory/v1/absences.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { type Call, may } from '../../../platform/rpc/call.ts';
import { findDeputy } from '../domain/absences/deputies.ts';
import { findAffiliation } from '../people/affiliation.ts';
import { person } from '../people/person.ts';
import { readMoment } from '../records/read-moment.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { absence } from './absence.ts';
import { readPeriodsOfDeputies } from './absence-store.ts';

export function absenceMethods(database: Database): AbsenceService {
  const absences = recordUseCases(absence, database);
  const people = recordUseCases(person, database);

  /** Everybody declares their own absences; those of others need directory.manage. */
  async function requireMayDeclare(personId: string, { principal }: Call): Promise<void> {
    if (may(principal, 'directory.manage')) return;
    const own = principal.kind === 'account' ? await findAffiliation(database, principal.id) : undefined;
    if (own?.personId !== personId) throw new AppError('not_allowed', 'Absences of others need the permission directory.manage.');
  }

  return {
    async createAbsence(request, call) {
      await requireMayDeclare(request.personId, call);
      return absences.create(request, call);
    },
    getAbsence: ({ id }) => absences.find(id),
    listAbsences: absences.list,
    async updateAbsence(request, call) {
      const known = await absences.find(request.id).catch(() => undefined);
      await requireMayDeclare(known?.personId ?? '', call);
      return absences.update(request, call);
    },
    listAbsenceHistory: absences.history,
    async getDeputy({ id, at }, call) {
      await people.find(id);
      const moment = readMoment(at, '/at') ?? call.now;
      const periods = await readPeriodsOfDeputies(database, id, moment, moment + 1);
      return { away: periods.some(({ personId }) => personId === id), ...findDeputy(id, moment, periods) };
    },
  };
}
