import type { ApprovalPolicy, ApprovalStage } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import type { Approval, ReachedStage } from '../../../generated/opora/tickets/v1/approvals.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import type { Condition } from '../../../platform/rules/rule-language.ts';
import { ticketFacts } from './lifecycle.ts';
import type { TicketState } from './ticket.ts';

/** A version of a policy, ready to decide by. */
export interface Policy {
  name: string;
  version: number;
  content: ApprovalPolicy;
  /** By the stages' places; absent where a stage is asked always. */
  conditions: readonly (Condition | undefined)[];
}

export interface VoteState {
  accountId: string;
  name: string;
  decision: 'approve' | 'reject';
  comment?: string;
  /** Epoch milliseconds. */
  at: number;
}

/** A stage that was reached: `waiting` until it is known whom it asks. */
export interface StageState extends Pick<ReachedStage, 'title' | 'state' | 'explanation' | 'approvers' | 'needed'> {
  votes: readonly VoteState[];
}

/** One round of agreement on a ticket. Times are epoch milliseconds. */
export interface ApprovalState {
  id: string;
  ticketId: string;
  policy: string;
  policyVersion: number;
  approved: string;
  rejected: string;
  state: Approval['state'];
  stages: readonly StageState[];
  version: number;
  createdAt: number;
  updatedAt: number;
}

/** The stage that is under way, if one is, and its place. */
export function currentStage({ state, stages }: Pick<ApprovalState, 'state' | 'stages'>): { stage: StageState; place: number } | undefined {
  const stage = stages.at(-1);
  if (state !== 'running' || !stage || (stage.state !== 'waiting' && stage.state !== 'running')) return undefined;
  return { stage, place: stages.length - 1 };
}

/** Goes on to the next stage that the ticket needs; when there is none any more, all have agreed. */
export function reachNextStage(approval: ApprovalState, { content, conditions }: Policy, ticket: TicketState): ApprovalState {
  const facts = { ticket: ticketFacts(ticket) };
  const stages = [...approval.stages];
  for (const [place, { title }] of content.stages.entries()) {
    if (place < stages.length) continue;
    const reached = { title, approvers: [], needed: 0, votes: [] };
    const condition = conditions[place];
    if (!condition || condition.evaluate(facts).matches) return { ...approval, stages: [...stages, { ...reached, state: 'waiting' }] };
    stages.push({ ...reached, state: 'skipped', explanation: `This does not hold: ${condition.text}` });
  }
  return { ...approval, stages, state: 'approved' };
}

/** Asks these accounts. Where they are too few to decide, the stage goes on waiting and says so. */
export function openStage(approval: ApprovalState, { needs, count = 1 }: ApprovalStage, accounts: readonly string[]): ApprovalState {
  const approvers = [...new Set(accounts)];
  const needed = needs === 'all' ? approvers.length : needs === 'count' ? count : 1;
  const isEnough = approvers.length > 0 && approvers.length >= needed;
  if (!isEnough) {
    const explanation = `${Math.max(1, needed)} must approve, and there are ${approvers.length} to ask.`;
    return replaceLast(approval, (stage) => ({ ...stage, explanation }));
  }
  return replaceLast(approval, ({ explanation: _, ...stage }) => ({ ...stage, state: 'running', approvers, needed }));
}

/** The round after a vote. Throws AppError `illegal_state` when nothing is asked now, `not_allowed` for who is not asked or has answered, `invalid_input` for a rejection without a word. */
export function vote(approval: ApprovalState, cast: VoteState): ApprovalState {
  const current = currentStage(approval);
  if (current?.stage.state !== 'running')
    throw new AppError('illegal_state', 'Nobody is asked now: it is decided, withdrawn, or nobody was found to ask.');
  const { stage } = current;
  if (!stage.approvers.includes(cast.accountId)) throw new AppError('not_allowed', 'It is not you who is asked.');
  if (stage.votes.some(({ accountId }) => accountId === cast.accountId)) throw new AppError('illegal_state', 'You have answered already.');
  if (cast.decision === 'reject' && (cast.comment ?? '').trim() === '') {
    throw new AppError('invalid_input', 'A rejection says why.', {
      violations: [{ pointer: '/comment', message: 'is missing: say why it is rejected' }],
    });
  }
  const votes = [...stage.votes, cast];
  const count = (decision: VoteState['decision']) => votes.filter((one) => one.decision === decision).length;
  const state = count('approve') >= stage.needed ? 'approved' : stage.approvers.length - count('reject') < stage.needed ? 'rejected' : 'running';
  return settle(
    replaceLast(approval, (before) => ({ ...before, votes, state })),
    state,
  );
}

/** Decides the stage that is under way, for nobody did in time. */
export function expire(approval: ApprovalState, decision: VoteState['decision']): ApprovalState {
  const state = decision === 'approve' ? 'approved' : 'rejected';
  return settle(
    replaceLast(approval, (stage) => ({ ...stage, state, explanation: 'Nobody decided in time.' })),
    state,
  );
}

function settle(approval: ApprovalState, stage: StageState['state']): ApprovalState {
  return stage === 'rejected' ? { ...approval, state: 'rejected' } : approval;
}

function replaceLast(approval: ApprovalState, change: (stage: StageState) => StageState): ApprovalState {
  return { ...approval, stages: approval.stages.map((stage, place) => (place === approval.stages.length - 1 ? change(stage) : stage)) };
}
