import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { type ApprovalState, currentStage } from '../domain/approval.ts';

/** A round with what its reader must know of the ticket. */
export interface ApprovalView extends ApprovalState {
  ticketNumber: string;
  ticketSubject: string;
}

interface ApprovalRow {
  id: string;
  ticket_id: string;
  policy: string;
  policy_version: number;
  approved: string;
  rejected: string;
  state: ApprovalState['state'];
  stages: ApprovalState['stages'];
  version: number;
  created_at: Date;
  updated_at: Date;
  number: string;
  subject: string;
}

/** `where` speaks of the approval as `a`. */
export async function readApprovals(database: Database, where: Statement): Promise<ApprovalView[]> {
  const rows = await database.query<ApprovalRow>(
    sql`select a.id, a.ticket_id, a.policy, a.policy_version, a.approved, a.rejected, a.state, a.stages, a.version, a.created_at, a.updated_at, t.number, t.subject
      from approval a join ticket t on t.id = a.ticket_id where ${where}`,
  );
  return rows.map(({ ticket_id, policy_version, created_at, updated_at, number, subject, ...row }) => ({
    ...row,
    ticketId: ticket_id,
    policyVersion: policy_version,
    createdAt: created_at.getTime(),
    updatedAt: updated_at.getTime(),
    ticketNumber: number,
    ticketSubject: subject,
  }));
}

/** Two rounds that begin on one ticket conflict. */
export function insertApproval(approval: ApprovalState): Statement {
  const { id, ticketId, policy, policyVersion, approved, rejected, state, stages, version, createdAt, updatedAt } = approval;
  return sql`insert into approval (id, ticket_id, policy, policy_version, approved, rejected, state, stages, asked, awaited, version, created_at, updated_at)
    values (${id}, ${ticketId}, ${policy}, ${policyVersion}::int, ${approved}, ${rejected}, ${state}, ${JSON.stringify(stages)}::jsonb, ${askedOf(approval)},
      ${awaitedOf(approval)}, ${version}::int, ${new Date(createdAt)}, ${new Date(updatedAt)})`;
}

/** Writes a round if it still has the version before; otherwise the commit is a conflict. */
export function updateApproval(approval: ApprovalState): Statement {
  const { id, state, stages, version, updatedAt } = approval;
  return exactly(
    1,
    sql`update approval set state = ${state}, stages = ${JSON.stringify(stages)}::jsonb, asked = ${askedOf(approval)}, awaited = ${awaitedOf(approval)},
        version = ${version}::int, updated_at = ${new Date(updatedAt)}
      where id = ${id} and version = ${version - 1}::int returning 1`,
  );
}

function askedOf({ stages }: ApprovalState): string[] {
  return [...new Set(stages.flatMap(({ approvers }) => approvers))];
}

/** Accounts that are asked now and have not answered. */
export function awaitedOf(approval: ApprovalState): string[] {
  const stage = currentStage(approval)?.stage;
  return stage?.approvers.filter((account) => !stage.votes.some(({ accountId }) => accountId === account)) ?? [];
}
