import type { FieldChange, Ticket } from '../../../generated/opora/tickets/v1/tickets.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { checkWindow, type PlannedWindow } from './planned-window.ts';
import { checkItems, patchItems } from './ticket-items.ts';

export type TicketType = Ticket['type'];
export type Level = Ticket['impact'];
export type Priority = Ticket['priority'];

/** A ticket as it is kept: times are epoch milliseconds, everything else as in the contract. */
export interface TicketState extends PlannedWindow {
  id: string;
  number: string;
  type: TicketType;
  /** The lifecycle that it lives by, and the version of it that it stays with. */
  lifecycle: string;
  lifecycleVersion: number;
  /** The version of the priority matrix that it stays with. */
  matrixVersion: number;
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
  /** Its state is of the phase resolved or closed. */
  isOver: boolean;
  form?: string;
  resolution?: string;
  explanation?: string;
  version: number;
  createdAt: number;
  updatedAt: number;
}

export type PriorityMatrix = Readonly<Record<Level, Readonly<Record<Level, Priority>>>>;

/** What a person may change directly. */
export interface TicketPatch
  extends Partial<Pick<TicketState, 'subject' | 'description' | 'impact' | 'urgency' | 'assigneeId' | 'serviceId'>>,
    PlannedWindow {
  items?: { add: readonly string[]; remove: readonly string[] };
  /** Takes the planned window away. */
  unplanned?: boolean;
}

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

/** The next state of the ticket and what changed, or undefined when the patch changes nothing. Throws AppError `invalid_input`. */
export function applyPatch(
  ticket: TicketState,
  { items, unplanned = false, ...fields }: TicketPatch,
  matrix: PriorityMatrix,
  now: number,
): { ticket: TicketState; changes: FieldChange[] } | undefined {
  const next: TicketState = { ...ticket, ...fields, items: patchItems(ticket.items, items) };
  const violations = [...checkItems(ticket.items, items), ...checkWindow(next, fields, unplanned)];
  if (violations.length > 0) throw new AppError('invalid_input', 'The ticket cannot become so.', { violations });
  if (unplanned) {
    delete next.plannedStart;
    delete next.plannedEnd;
  }
  next.priority = matrix[next.impact][next.urgency];
  const changes = listChanges(ticket, next);
  if (changes.length === 0) return undefined;
  return { ticket: { ...next, version: ticket.version + 1, updatedAt: now, takenOver: true }, changes };
}

const tracked = [
  'subject',
  'description',
  'impact',
  'urgency',
  'priority',
  'assigneeId',
  'serviceId',
  'status',
  'resolution',
  'items',
  'plannedStart',
  'plannedEnd',
] as const;

/** Fields that differ, with their values before and after, for the history: items as their ids, moments in RFC 3339. */
export function listChanges(before: TicketState, after: TicketState): FieldChange[] {
  return tracked.flatMap((field) => {
    const [was, is] = [tell(before[field]), tell(after[field])];
    return was === is ? [] : [{ field, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }];
  });
}

function tell(value: TicketState[(typeof tracked)[number]]): string | undefined {
  if (typeof value === 'number') return new Date(value).toISOString();
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
