import type { Changes } from '../../../platform/postgres/database.ts';
import { setTimers } from '../../../platform/timers/timers.ts';
import { announceTransition } from '../announce.ts';
import { type ApprovalState, currentStage, type Policy, reachNextStage } from '../domain/approval.ts';
import { findObstacles, findTransition, phaseOf } from '../domain/lifecycle.ts';
import { takeStep } from '../domain/take-step.ts';
import { listChanges, type TicketState } from '../domain/ticket.ts';
import { makeEntry, type Writer } from '../history-entry.ts';
import { moveTimers } from '../lifecycles/move-timers.ts';
import { ruleOf } from '../raise-incidents.ts';
import { updateApproval } from '../storage/approval-store.ts';
import { insertHistory } from '../storage/journal-store.ts';
import { updateTickets } from '../storage/ticket-store.ts';
import type { TicketParts } from '../tickets.ts';
import { approvalTimer, followStatus, tellEnded } from './follow-status.ts';

export type ApprovalParts = Pick<TicketParts, 'database' | 'lifecycles' | 'matrices' | 'policies'>;

/**
 * What is to be written of a round that somebody, or its time, has moved on: the next stage, or its end with the step that the ticket takes. `why` is said in the history.
 * When the lifecycle does not let the step be taken now, the round is over all the same, and the history says what stood in its way.
 */
export async function writeApproval(
  parts: ApprovalParts,
  moved: ApprovalState,
  ticket: TicketState,
  policy: Policy,
  writer: Writer,
  why: string,
): Promise<{ approval: ApprovalState; changes: Changes }> {
  const next = moved.state === 'running' && !currentStage(moved) ? reachNextStage(moved, policy, ticket) : moved;
  const approval: ApprovalState = { ...next, version: next.version + 1, updatedAt: writer.now };
  const statements = [updateApproval(approval)];
  const entries = [makeEntry(writer, ticket.id, 'approval', [], why)];
  if (approval.state !== 'approved' && approval.state !== 'rejected') {
    const isReached = approval.stages.length > moved.stages.length;
    if (isReached)
      statements.push(setTimers([{ key: approvalTimer(approval.id, 'open', approval.stages.length - 1, approval.version), due: writer.now }]));
    return { approval, changes: { statements: [...statements, insertHistory(entries)] } };
  }
  const ended = tellEnded(ticket, approval.id, approval.state);
  const lifecycle = await parts.lifecycles.of(ticket);
  const step = approval.state === 'approved' ? approval.approved : approval.rejected;
  const resolution = approval.stages.at(-1)?.votes.findLast(({ decision }) => decision === 'reject')?.comment ?? approval.stages.at(-1)?.explanation;
  const ask = { ticket, actor: ruleOf(writer.principal), ...(approval.state === 'rejected' && resolution !== undefined && { resolution }) };
  const leadsOn = findTransition(lifecycle, step)?.from.includes(ticket.status) ?? false;
  const [obstacle] = leadsOn ? findObstacles(lifecycle, step, ask) : [];
  if (!leadsOn || obstacle) {
    const because = obstacle?.message.en ?? `the ticket is "${ticket.status}".`;
    entries.push(makeEntry(writer, ticket.id, 'approval', [], `It was ${approval.state}, but "${step}" was not taken: ${because}`));
    return { approval, changes: { statements: [...statements, insertHistory(entries)], events: [ended] } };
  }
  const { matrix } = await parts.matrices.find('default', ticket.matrixVersion);
  const after = takeStep(lifecycle, step, { ...ask, matrix, now: writer.now });
  const followed = await followStatus(parts, { lifecycle, before: ticket, after, byApproval: approval.id }, writer);
  entries.push(makeEntry(writer, ticket.id, 'transitioned', listChanges(ticket, after), `It was ${approval.state}.`));
  const changes = {
    statements: [
      ...statements,
      updateTickets([after]),
      insertHistory(entries),
      ...moveTimers([{ lifecycle, before: ticket.status, ticket: after }], writer.now),
      ...followed.statements,
    ],
    events: [
      ended,
      announceTransition(after, writer.principal, { transition: step, before: ticket, phase: phaseOf(lifecycle, after.status), byPerson: false }),
      ...followed.events,
    ],
  };
  return { approval, changes };
}
