import type { PersonService } from '../../../generated/opora/directory/v1/people.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { person } from './person.ts';

export function personMethods(database: Database): PersonService {
  const people = recordUseCases(person, database);
  return {
    createPerson: people.create,
    getPerson: ({ id }) => people.find(id),
    listPeople: people.list,
    updatePerson: people.update,
    listPersonHistory: people.history,
  };
}
