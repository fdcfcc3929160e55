import type { Approver } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import type { DirectoryService } from '../../../generated/opora/directory/v1/directory.ts';
import type { PersonService } from '../../../generated/opora/directory/v1/people.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import type { Client } from '../../../platform/rpc/call.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import type { TicketState } from '../domain/ticket.ts';

/** What of the directory approvals ask. */
export interface Directory {
  accounts: Pick<Client<DirectoryService>, 'listAccounts' | 'getAccount'>;
  people: Pick<Client<PersonService>, 'getPerson'>;
}

interface FindParts {
  directory: Directory;
  within: Parts['within'];
}

/** Milliseconds that the directory is waited for. */
const patience = 5_000;
/** The most accounts that one role may ask. */
const mostOfRole = 500;

/** Accounts that an approver of a policy stands for on this ticket; none where the directory knows of nobody. */
export async function findAccounts({ kind, value }: Approver, ticket: TicketState, parts: FindParts): Promise<string[]> {
  switch (kind) {
    case 'account':
      return value === undefined ? [] : [value];
    case 'role':
      return value === undefined ? [] : listIds(parts, { role: value });
    case 'manager_of_caller':
      return findManagers(ticket.callerId, parts);
    case 'manager_of_assignee':
      return findManagers(ticket.assigneeId, parts);
  }
}

/** Accounts of the person whom the person of the account reports to. */
async function findManagers(accountId: string | undefined, parts: FindParts): Promise<string[]> {
  if (accountId === undefined) return [];
  const { directory, within } = parts;
  try {
    const { personId } = await directory.accounts.getAccount({ id: accountId }, within(patience));
    const person = personId === undefined ? undefined : await directory.people.getPerson({ id: personId }, within(patience));
    return person?.managerId === undefined ? [] : await listIds(parts, { personId: person.managerId });
  } catch (error) {
    if (isAppError(error, 'not_found') || isAppError(error, 'invalid_input')) return [];
    throw error;
  }
}

async function listIds({ directory, within }: FindParts, filter: { role?: string; personId?: string }): Promise<string[]> {
  const { items } = await directory.accounts.listAccounts({ ...filter, active: true, limit: mostOfRole }, within(patience));
  return items.map(({ id }) => id);
}
