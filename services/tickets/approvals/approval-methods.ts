import type { Approval, ApprovalService } from '../../../generated/opora/tickets/v1/approvals.ts';
import { AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../../platform/keyset/cursor.ts';
import { violatedConstraint } from '../../../platform/postgres/server-error.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Call } from '../../../platform/rpc/call.ts';
import { currentStage, vote } from '../domain/approval.ts';
import { type ApprovalView, readApprovals } from '../storage/approval-store.ts';
import { readTickets } from '../storage/ticket-store.ts';
import { isTicketId, type TicketParts } from '../tickets.ts';
import { type ApprovalParts, writeApproval } from './end-approval.ts';

/** So often somebody who votes at the same moment as others decides again. */
const mostRounds = 10;

export function approvalMethods(parts: ApprovalParts & Pick<TicketParts, 'rights'>): ApprovalService {
  const { database, policies, rights } = parts;

  async function decideOnce({ id, decision, comment }: Parameters<ApprovalService['decide']>[0], call: Call): Promise<Approval> {
    const me = call.principal.id;
    const [approval] = await readApprovals(database, sql`a.id = ${id}::uuid and a.asked @> array[${me}::text]`);
    const [ticket] = approval ? await readTickets(database, sql`id = ${approval.ticketId}`) : [];
    if (!approval || !ticket) throw new AppError('not_found', `There is no approval "${id}" that you are asked for.`);
    const stage = currentStage(approval)?.stage.title.en;
    const voted = vote(approval, { accountId: me, name: call.principal.name, decision, ...(comment !== undefined && { comment }), at: call.now });
    const policy = await policies.find(approval.policy, approval.policyVersion);
    const why = `${decision === 'approve' ? 'Approved' : 'Rejected'} "${stage}"${comment === undefined ? '.' : `: ${comment}`}`;
    const written = await writeApproval(parts, voted, ticket, policy, call, why);
    return call.commit(written.changes, toApproval({ ...approval, ...written.approval }));
  }

  return {
    async listTicketApprovals({ id }, { principal }) {
      const which = isTicketId(id) ? sql`id = ${id}` : sql`number = ${id}`;
      const [ticket] = await readTickets(database, which);
      const visible = ticket !== undefined && rights.sees(principal, ticket);
      const mine = visible ? sql`true` : sql`a.asked @> array[${principal.id}::text]`;
      const approvals = ticket ? await readApprovals(database, sql`a.ticket_id = ${ticket.id} and ${mine} order by a.created_at desc limit 500`) : [];
      if (!visible && approvals.length === 0) throw new AppError('not_found', `There is no ticket "${id}" that you may see.`);
      return { items: approvals.map(toApproval) };
    },

    async listMyApprovals({ limit = 50, after }, { principal }) {
      const [time, last] = after === undefined ? [] : decodeCursor(after, ['time', 'uuid'], 'createdAt');
      const where = time === undefined ? sql`true` : sql`(a.created_at, a.id) > (${time}::timestamptz, ${last}::uuid)`;
      const found = await readApprovals(
        database,
        sql`a.state = 'running' and a.awaited @> array[${principal.id}::text] and ${where} order by a.created_at, a.id limit ${limit + 1}::int`,
      );
      const end = found[limit - 1];
      return {
        items: found.slice(0, limit).map(toApproval),
        ...(found.length > limit && end && { next: encodeCursor([new Date(end.createdAt).toISOString(), end.id], 'createdAt') }),
      };
    },

    async decide(request, call) {
      for (let round = 1; ; round++) {
        try {
          return await decideOnce(request, call);
        } catch (error) {
          const isLostRace = isAppError(error, 'conflict') && violatedConstraint(error) !== 'idempotency_pkey';
          if (!isLostRace || round === mostRounds) throw error;
        }
      }
    },
  };
}

function toApproval({ approved: _, rejected: __, stages, createdAt, updatedAt, ...approval }: ApprovalView): Approval {
  return {
    ...approval,
    stages: stages.map(({ votes, ...stage }) => ({ ...stage, votes: votes.map(({ at, ...one }) => ({ ...one, at: new Date(at).toISOString() })) })),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
