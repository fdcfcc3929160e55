import { Duration } from 'luxon';
import { approvalRequested } from '../../../generated/opora/tickets/v1/events.ts';
import type { NewId } from '../../../platform/clock/clock.ts';
import type { Changes } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import { setTimers, type Timer, type Timers } from '../../../platform/timers/timers.ts';
import { type ApprovalState, currentStage, expire, openStage, type Policy } from '../domain/approval.ts';
import type { TicketState } from '../domain/ticket.ts';
import { makeEntry, type Writer } from '../history-entry.ts';
import { awaitedOf, readApprovals, updateApproval } from '../storage/approval-store.ts';
import { insertHistory } from '../storage/journal-store.ts';
import { readTickets } from '../storage/ticket-store.ts';
import { type ApprovalParts, writeApproval } from './end-approval.ts';
import { type Directory, findAccounts } from './find-accounts.ts';
import { approvalPrefix, approvalTimer } from './follow-status.ts';

export interface ApprovalRunning extends ApprovalParts {
  directory: Directory;
  within: Parts['within'];
  newId: NewId;
}

/** Milliseconds after which the directory is asked again for people when there were too few. */
const lookAgainAfter = 15 * 60_000;

/** Asks people, reminds them, and ends stages whose time is over: one round at a time, each in the commit that removes its timer. */
export function runApprovals(parts: ApprovalRunning): Timers {
  const { database, policies, within, newId } = parts;

  async function ring({ key }: Timer, now: number): Promise<Changes> {
    const [id = '', step, place, turn] = key.slice(approvalPrefix.length).split(':');
    const [approval] = await readApprovals(database, sql`a.id = ${id}::uuid and a.state = 'running'`);
    const [ticket] = approval ? await readTickets(database, sql`id = ${approval.ticketId}`) : [];
    if (!approval || !ticket) return {};
    const policy = await policies.find(approval.policy, approval.policyVersion);
    const writer: Writer = { principal: within(0).principal, now, newId: () => newId(now) };
    const current = currentStage(approval);
    if (!current) return (await writeApproval(parts, approval, ticket, policy, writer, 'No stage of it asks anybody.')).changes;
    const stage = policy.content.stages[current.place];
    if (current.place !== Number(place) || !stage) return {};
    if (step === 'open' && current.stage.state === 'waiting') return open(approval, ticket, policy, writer);
    if (current.stage.state !== 'running') return {};
    if (step === 'expire' && stage.onExpiry !== undefined) {
      return (await writeApproval(parts, expire(approval, stage.onExpiry), ticket, policy, writer, `Nobody decided in time: ${stage.onExpiry}.`))
        .changes;
    }
    if (step !== 'remind' || stage.remindAfter === undefined) return {};
    const again = { key: approvalTimer(id, 'remind', current.place, Number(turn) + 1), due: now + lengthOf(stage.remindAfter) };
    return { statements: [setTimers([again])], events: [request(approval, ticket, true)] };
  }

  async function open(approval: ApprovalState, ticket: TicketState, policy: Policy, writer: Writer): Promise<Changes> {
    const { now } = writer;
    const place = approval.stages.length - 1;
    const stage = policy.content.stages[place];
    if (!stage) return {};
    const accounts = (await Promise.all(stage.approvers.map((approver) => findAccounts(approver, ticket, parts)))).flat();
    const asked = stage.withoutCaller ? accounts.filter((account) => account !== ticket.callerId) : accounts;
    const opened: ApprovalState = { ...openStage(approval, stage, asked), version: approval.version + 1, updatedAt: now };
    const reached = opened.stages[place];
    const isOpen = reached?.state === 'running';
    const timers: Timer[] = isOpen
      ? [
          ...(stage.remindAfter === undefined ? [] : [{ key: approvalTimer(approval.id, 'remind', place), due: now + lengthOf(stage.remindAfter) }]),
          ...(stage.expiresAfter === undefined
            ? []
            : [{ key: approvalTimer(approval.id, 'expire', place), due: now + lengthOf(stage.expiresAfter) }]),
        ]
      : [{ key: approvalTimer(approval.id, 'open', place, opened.version), due: now + lookAgainAfter }];
    const why = isOpen
      ? `Asked to approve "${stage.title.en}": ${reached.approvers.length}.`
      : `"${stage.title.en}" waits: ${reached?.explanation ?? ''}`;
    return {
      statements: [
        updateApproval(opened),
        insertHistory([makeEntry(writer, ticket.id, 'approval', [], why)]),
        ...(timers.length > 0 ? [setTimers(timers)] : []),
      ],
      events: isOpen ? [request(opened, ticket, false)] : [],
    };
  }

  return {
    prefix: approvalPrefix,
    heedsEvents: false,
    batch: 1,
    async handle([due], now) {
      return due ? ring(due, now) : {};
    },
  };
}

function request(approval: ApprovalState, { id, number }: TicketState, reminder: boolean) {
  return approvalRequested({ ticketId: id, number, approvalId: approval.id, approvers: awaitedOf(approval), reminder });
}

function lengthOf(text: string): number {
  return Duration.fromISO(text).toMillis();
}
