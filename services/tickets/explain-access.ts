import type { AccessExplanation, AccessReason } from '../../generated/opora/directory/v1/access.ts';
import type { AccountRights, DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import { grantOf } from '../../platform/rights/read-grant.ts';
import type { Call, Client, Principal } from '../../platform/rpc/call.ts';
import { listParts } from '../../platform/rules/explain.ts';
import type { TicketState } from './domain/ticket.ts';
import { factsOf, type TicketRights } from './rights.ts';

export interface AccessParts {
  directory: Pick<Client<DirectoryService>, 'getAccountRights'>;
  rights: TicketRights;
}

const patience = 5_000;
const mostParts = 50;

/** Why an account may see and change a ticket, or may not: what each of its roles says of it. */
export async function explainAccess(
  { directory, rights }: AccessParts,
  ticket: TicketState,
  account: string,
  call: Call,
): Promise<AccessExplanation> {
  const known = await directory.getAccountRights({ id: account }, call.within(patience));
  const principal = toPrincipal(known);
  const facts = factsOf(ticket);
  const { object } = rights.guard;
  const seen = rights.sees(principal, ticket);
  const locked = seen ? rights.guard.judge(principal, 'tickets.work', facts) : undefined;
  const reasons = known.roles.flatMap(({ role, permissions, grants }): AccessReason[] => {
    const said = (permission: string) => permissions.includes(permission) || permissions.includes('*');
    const own = said('tickets.read_own')
      ? [{ ...tellOwn(ticket.callerId === principal.id), permission: 'tickets.read_own', role, parts: [], without: [] }]
      : [];
    const whole = [object.reads, ...object.changes].filter(said).map((permission) => ({ ...forAll, permission, role, parts: [], without: [] }));
    const some = grants.flatMap((asked): AccessReason[] => {
      const grant = grantOf(asked);
      const explanation = rights.guard.explain(principal, grant, facts);
      if (!explanation) return [];
      const { matches, part, en, ru } = explanation;
      const { permission, condition = '', without = [] } = grant;
      return [{ permission, role, holds: matches, condition, en, ru, parts: listParts(part, mostParts), without: [...without] }];
    });
    return [...whole, ...own, ...some];
  });
  return {
    accountId: known.accountId,
    name: known.name,
    maySee: known.active && seen,
    mayChange: known.active && locked !== undefined,
    masked: seen ? [...rights.masked(principal, ticket)] : [],
    locked: [...(locked ?? [])],
    reasons,
  };
}

const forAll = { holds: true, en: 'It is given for all tickets.', ru: 'Дано на все заявки.' };

function tellOwn(isOwn: boolean) {
  if (isOwn) return { holds: true, en: 'They are the caller of the ticket.', ru: 'Это заявитель.' };
  return { holds: false, en: 'They are not the caller of the ticket.', ru: 'Это не заявитель.' };
}

function toPrincipal({ accountId, name, roles, about }: AccountRights): Principal {
  return {
    kind: 'account',
    id: accountId,
    name,
    permissions: [...new Set(roles.flatMap(({ permissions }) => permissions))],
    grants: roles.flatMap(({ grants }) => grants.map(grantOf)),
    ...(about && { about }),
  };
}
