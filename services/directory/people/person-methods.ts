import type { Person, PersonService } from '../../../generated/opora/directory/v1/people.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { importPeople } from './import/import-people.ts';
import { mergeUseCases } from './merge/merge-people.ts';
import { person } from './person.ts';
import { isToBeLogged, listAccesses, writeAccess } from './personal-data/access-log.ts';
import { erasePersonalData } from './personal-data/erase-personal-data.ts';
import { exportPersonalData } from './personal-data/export-personal-data.ts';

export function personMethods(database: Database): PersonService {
  const people = recordUseCases(person, database);
  const merges = mergeUseCases(database);

  /** Whoever looks into somebody's data is known before they see it. */
  async function logAccess(personId: string, action: 'read' | 'history', call: Call): Promise<void> {
    if (await isToBeLogged(database, call.principal, personId)) await database.commit({ statements: [writeAccess(call, personId, action)] });
  }

  return {
    createPerson: people.create,
    async getPerson({ id }, call) {
      const found = await people.find(id);
      await logAccess(id, 'read', call);
      return found;
    },
    listPeople: people.list,
    async updatePerson(request, call) {
      requireChangeable(await people.find(request.id));
      return people.update(request, call);
    },
    async listPersonHistory(request, call) {
      await people.find(request.id);
      await logAccess(request.id, 'history', call);
      return people.history(request);
    },
    importPeople: (records, call) => importPeople(database, records, call),
    mergePeople: merges.merge,
    getMerge: merges.get,
    undoMerge: merges.undo,
    exportPersonalData: (request, call) => exportPersonalData(database, request, call),
    erasePersonalData: (request, call) => erasePersonalData(database, request, call),
    async listPersonalDataAccesses(request) {
      await people.find(request.id);
      return listAccesses(database, request);
    },
  };
}

function requireChangeable({ mergedIntoId, erasedAt }: Person): void {
  if (erasedAt !== undefined) throw new AppError('illegal_state', 'The data of this person was erased: there is nothing to change.');
  if (mergedIntoId !== undefined) throw new AppError('illegal_state', `This was a double of ${mergedIntoId}: change that one.`);
}
