import { approvalEnded } from '../../../generated/opora/tickets/v1/events.ts';
import type { Changes, Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { setTimers } from '../../../platform/timers/timers.ts';
import type { Known } from '../definitions/know-definitions.ts';
import { type ApprovalState, type Policy, reachNextStage } from '../domain/approval.ts';
import type { Lifecycle } from '../domain/lifecycle.ts';
import type { TicketState } from '../domain/ticket.ts';
import { insertApproval, readApprovals, updateApproval } from '../storage/approval-store.ts';

/** Policies by which tickets ask for agreement. */
export interface Policies extends Pick<Known<Policy>, 'find' | 'newest'> {
  /** Makes ready what nobody stored: a draft. */
  compile(content: unknown): Policy;
}

export interface Move {
  /** Of the ticket after the move. */
  lifecycle: Lifecycle;
  /** Of the ticket before, where that was another one. */
  from?: Lifecycle;
  /** Absent for a new ticket. */
  before?: TicketState;
  after: TicketState;
  /** The round that took the step itself. */
  byApproval?: string;
}

export const approvalPrefix = 'approval:';

/** `step` is what is to be done with the stage at `place`; `turn` tells one timer from the next of its kind. */
export function approvalTimer(id: string, step: 'open' | 'remind' | 'expire', place: number, turn = 0): string {
  return `${approvalPrefix}${id}:${step}:${place}:${turn}`;
}

/** What a move means for agreement: a round begins where the new status asks for one, and the one that ran is withdrawn. Most moves mean nothing. */
export async function followStatus(
  { database, policies }: { database: Database; policies: Policies },
  { lifecycle, from = lifecycle, before, after, byApproval }: Move,
  writer: { now: number; newId(): string },
): Promise<Required<Pick<Changes, 'statements' | 'events'>>> {
  const { now } = writer;
  const none = { statements: [], events: [] };
  if (before?.status === after.status) return none;
  const wanted = approvalIn(lifecycle, after.status);
  const left = before && approvalIn(from, before.status) ? await readApprovals(database, sql`a.ticket_id = ${after.id} and a.state = 'running'`) : [];
  const withdrawn = left
    .filter(({ id }) => id !== byApproval)
    .map((one): ApprovalState => ({ ...one, state: 'withdrawn', version: one.version + 1, updatedAt: now }));
  const changes = {
    statements: withdrawn.map(updateApproval),
    events: withdrawn.map(({ id, state }) => tellEnded(after, id, state as 'withdrawn')),
  };
  if (!wanted) return changes;
  const policy = await policies.newest(wanted.policy);
  const begun: ApprovalState = {
    id: writer.newId(),
    ticketId: after.id,
    policy: policy.name,
    policyVersion: policy.version,
    approved: wanted.approved,
    rejected: wanted.rejected,
    state: 'running',
    stages: [],
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  // Whom a stage asks is found out soon after, not while somebody waits. Where no stage is needed, that too is told then.
  const reached = reachNextStage(begun, policy, after);
  const approval: ApprovalState = reached.state === 'approved' ? { ...reached, state: 'running' } : reached;
  return {
    statements: [
      ...changes.statements,
      insertApproval(approval),
      setTimers([{ key: approvalTimer(approval.id, 'open', approval.stages.length - 1), due: now }]),
    ],
    events: changes.events,
  };
}

export function tellEnded({ id, number, callerId }: TicketState, approvalId: string, state: 'approved' | 'rejected' | 'withdrawn') {
  return approvalEnded({ ticketId: id, number, approvalId, state, ...(callerId !== undefined && { callerId }) });
}

function approvalIn({ content }: Lifecycle, status: string) {
  return Object.hasOwn(content.statuses, status) ? content.statuses[status]?.approval : undefined;
}
