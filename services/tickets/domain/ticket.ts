import type { FieldChange, Ticket } from '../../../generated/opora/tickets/v1/tickets.ts';

export type TicketType = Ticket['type'];
export type Level = Ticket['impact'];
export type Priority = Ticket['priority'];

/** A ticket as it is kept: times are epoch milliseconds, everything else as in the contract. */
export interface TicketState {
  id: string;
  number: string;
  type: TicketType;
  lifecycleVersion: number;
  status: string;
  subject: string;
  description?: string;
  impact: Level;
  urgency: Level;
  priority: Priority;
  callerId?: string;
  assigneeId?: string;
  items: readonly string[];
  serviceId?: string;
  externalReference?: { system: string; id: string };
  /** The alert group that raised it. */
  raiseKey?: string;
  alertIds: readonly string[];
  takenOver: boolean;
  form?: string;
  resolution?: string;
  explanation?: string;
  version: number;
  createdAt: number;
  updatedAt: number;
}

export type PriorityMatrix = Readonly<Record<Level, Readonly<Record<Level, Priority>>>>;

/** The fields that a person may change directly. */
export type TicketPatch = Partial<Pick<TicketState, 'subject' | 'description' | 'impact' | 'urgency' | 'assigneeId' | 'serviceId'>>;

const numberPrefix: Readonly<Record<TicketType, string>> = {
  request: 'REQ',
  incident: 'INC',
  problem: 'PRB',
  change: 'CHG',
  release: 'REL',
  task: 'TSK',
};

export function formatNumber(type: TicketType, serial: number): string {
  return `${numberPrefix[type]}-${String(serial).padStart(6, '0')}`;
}

/** The next state of the ticket and what changed, or undefined when the patch changes nothing. */
export function applyPatch(
  ticket: TicketState,
  patch: TicketPatch,
  matrix: PriorityMatrix,
  now: number,
): { ticket: TicketState; changes: FieldChange[] } | undefined {
  const next: TicketState = { ...ticket, ...patch };
  next.priority = matrix[next.impact][next.urgency];
  const changes = listChanges(ticket, next);
  if (changes.length === 0) return undefined;
  return { ticket: { ...next, version: ticket.version + 1, updatedAt: now, takenOver: true }, changes };
}

const tracked = ['subject', 'description', 'impact', 'urgency', 'priority', 'assigneeId', 'serviceId', 'status', 'resolution'] as const;

/** Fields that differ, with their values before and after, for the history. */
export function listChanges(before: TicketState, after: TicketState): FieldChange[] {
  return tracked
    .filter((field) => before[field] !== after[field])
    .map((field) => ({
      field,
      ...(before[field] !== undefined && { before: before[field] }),
      ...(after[field] !== undefined && { after: after[field] }),
    }));
}
