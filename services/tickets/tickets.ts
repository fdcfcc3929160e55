import { commentAdded } from '../../generated/opora/tickets/v1/events.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { exactly, type Statement, sql } from '../../platform/postgres/sql.ts';
import { type Call, may, type Principal } from '../../platform/rpc/call.ts';
import { announceOpened, announceTransition, announceUpdated } from './announce.ts';
import { followStatus, type Policies } from './approvals/follow-status.ts';
import type { Known } from './definitions/know-definitions.ts';
import { type Actor, phaseOf, stepsFrom } from './domain/lifecycle.ts';
import { checkWindow, type PlannedWindow } from './domain/planned-window.ts';
import { listChoices, takeStep } from './domain/take-step.ts';
import { applyPatch, type Level, listChanges, type PriorityMatrix, type TicketPatch, type TicketState, type TicketType } from './domain/ticket.ts';
import { makeEntry } from './history-entry.ts';
import { wantImpact } from './impact/keep-impact.ts';
import type { Lifecycles } from './lifecycles/know-lifecycles.ts';
import { moveTimers } from './lifecycles/move-timers.ts';
import { factsOf, type TicketRights } from './rights.ts';
import { type CommentState, hasPublicAnswer, insertComment, insertHistory } from './storage/journal-store.ts';
import { insertTickets, readTickets, updateTickets } from './storage/ticket-store.ts';

/** Priority matrices by which tickets are ranked: they take the one called `default`. */
export type Matrices = Pick<Known<{ version: number; matrix: PriorityMatrix }>, 'find' | 'newest'>;

export interface TicketParts {
  database: Database;
  lifecycles: Lifecycles;
  matrices: Matrices;
  policies: Policies;
  rights: TicketRights;
  drawNumbers(type: TicketType, count: number): Promise<string[]>;
}

/** What somebody asks to be opened; the rest is decided here. */
export interface NewTicket extends PlannedWindow {
  type: TicketType;
  subject: string;
  description?: string;
  impact?: Level;
  urgency?: Level;
  callerId?: string;
  items: readonly string[];
  serviceId?: string;
  externalReference?: { system: string; id: string };
  form?: string;
  /** Of the lifecycle that it lives by; its type unless told. */
  lifecycle?: string;
}

export interface TicketView {
  ticket: TicketState;
  /** Steps that the reader may ask for now. */
  steps: readonly string[];
  /** Fields that are not shown to the reader. */
  masked: ReadonlySet<string>;
}

export function ticketUseCases({ database, lifecycles, matrices, policies, rights, drawNumbers }: TicketParts) {
  /** As whom somebody takes steps of a ticket; undefined: as nobody. Rules have methods of their own (`raise-incidents.ts`). */
  function actorOf(principal: Principal, ticket: TicketState): Actor | undefined {
    const capacity = rights.capacity(principal, ticket);
    return capacity && { id: principal.id, capacity, holds: (permission) => may(principal, permission) };
  }

  /** The same; throws AppError `not_allowed` for nobody, and for those to whom these fields are locked. */
  function requireActor(principal: Principal, ticket: TicketState, fields: readonly string[]): Actor {
    const actor = actorOf(principal, ticket);
    if (actor?.capacity !== 'caller') rights.requireWork(principal, ticket, fields);
    return actor ?? { id: principal.id, capacity: 'caller', holds: () => false };
  }

  async function view(ticket: TicketState, principal: Principal): Promise<TicketView> {
    const actor = actorOf(principal, ticket);
    const steps = actor ? stepsFrom(await lifecycles.of(ticket), ticket.status, actor) : [];
    return { ticket, steps, masked: rights.masked(principal, ticket) };
  }

  /** One ticket that the principal may see, by id or number. */
  async function find(idOrNumber: string, principal: Principal): Promise<TicketState> {
    const where = isTicketId(idOrNumber) ? sql`id = ${idOrNumber}` : sql`number = ${idOrNumber}`;
    const [ticket] = await readTickets(database, sql`${where} and ${rights.visible(principal)}`);
    if (!ticket) throw new AppError('not_found', `There is no ticket "${idOrNumber}" that you may see.`);
    return ticket;
  }

  function requireVersion(ticket: TicketState, expectedVersion: number): void {
    if (expectedVersion === 0 || ticket.version === expectedVersion) return;
    throw new AppError(
      'conflict',
      `${ticket.number} was changed meanwhile: it is at version ${ticket.version}, not ${expectedVersion}. Read it again.`,
    );
  }

  return {
    view,

    find: async (idOrNumber: string, principal: Principal) => view(await find(idOrNumber, principal), principal),

    /** Every step from where the ticket stands, and what keeps the principal from those that are not possible. */
    async listChoices(idOrNumber: string, principal: Principal) {
      const ticket = await find(idOrNumber, principal);
      const actor = actorOf(principal, ticket);
      return actor ? listChoices(await lifecycles.of(ticket), { ticket, actor }) : [];
    },

    async create<Answer>(wanted: NewTicket, call: Call, answer: (view: TicketView) => Answer): Promise<Answer> {
      const callerId = callerFor(wanted, call.principal);
      const violations = checkWindow(wanted, wanted);
      if (violations.length > 0) throw new AppError('invalid_input', 'The ticket cannot be opened so.', { violations });
      const [lifecycle, { matrix, version: matrixVersion }] = await Promise.all([
        lifecycles.forNew(wanted.type, wanted.lifecycle),
        matrices.newest('default'),
      ]);
      const [number = ''] = await drawNumbers(wanted.type, 1);
      const impact = wanted.impact ?? 'low';
      const urgency = wanted.urgency ?? 'medium';
      const ticket: TicketState = {
        ...wanted,
        id: call.newId(),
        number,
        lifecycle: lifecycle.name,
        lifecycleVersion: lifecycle.version,
        matrixVersion,
        status: lifecycle.content.initial,
        impact,
        urgency,
        priority: matrix[impact][urgency],
        ...(callerId !== undefined && { callerId }),
        alertIds: [],
        takenOver: false,
        isOver: false,
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
      };
      const followed = await followStatus({ database, policies }, { lifecycle, after: ticket }, call);
      try {
        return await call.commit(
          {
            statements: [
              insertTickets([ticket]),
              insertHistory([makeEntry(call, ticket.id, 'created')]),
              ...(ticket.items.length > 0 ? wantImpact([ticket], call.now) : []),
              ...moveTimers([{ lifecycle, ticket }], call.now),
              ...followed.statements,
            ],
            events: [announceOpened(ticket, call.principal), ...followed.events],
          },
          answer(await view(ticket, call.principal)),
        );
      } catch (error) {
        const same =
          wanted.externalReference &&
          (await findByReference(database, wanted.externalReference, rights.visible(call.principal, ['externalReference'])));
        if (same) return answer(await view(same, call.principal));
        throw error;
      }
    },

    async update<Answer>(id: string, expectedVersion: number, patch: TicketPatch, call: Call, answer: (view: TicketView) => Answer): Promise<Answer> {
      const before = await find(id, call.principal);
      rights.requireWork(call.principal, before, fieldsOf(patch));
      requireVersion(before, expectedVersion);
      const { matrix } = await matrices.find('default', before.matrixVersion);
      const changed = applyPatch(before, patch, matrix, call.now);
      if (!changed) return call.commit({}, answer(await view(before, call.principal)));
      const lifecycle = await lifecycles.of(before);
      return call.commit(
        {
          statements: [
            updateTickets([changed.ticket]),
            insertHistory([makeEntry(call, id, 'updated', changed.changes)]),
            ...(changed.changes.some(({ field }) => field === 'items') ? wantImpact([changed.ticket], call.now) : []),
            ...moveTimers([{ lifecycle, before: before.status, ticket: before }], call.now),
          ],
          events: [announceUpdated(changed.ticket)],
        },
        answer(await view(changed.ticket, call.principal)),
      );
    },

    async transition<Answer>(
      step: { id: string; expectedVersion: number; transition: string; resolution?: string },
      call: Call,
      answer: (view: TicketView) => Answer,
    ): Promise<Answer> {
      const before = await find(step.id, call.principal);
      const actor = requireActor(call.principal, before, step.resolution === undefined ? [] : ['resolution']);
      requireVersion(before, step.expectedVersion);
      const [lifecycle, { matrix }] = await Promise.all([lifecycles.of(before), matrices.find('default', before.matrixVersion)]);
      const { transition, resolution } = step;
      const said = resolution !== undefined && { resolution };
      const moved = takeStep(lifecycle, transition, { ticket: before, actor, ...said, matrix, now: call.now });
      const after: TicketState = { ...moved, takenOver: true };
      const told = { transition, before, phase: phaseOf(lifecycle, after.status), byPerson: true };
      const followed = await followStatus({ database, policies }, { lifecycle, before, after }, call);
      return call.commit(
        {
          statements: [
            updateTickets([after]),
            insertHistory([makeEntry(call, step.id, 'transitioned', listChanges(before, after))]),
            ...moveTimers([{ lifecycle, before: before.status, ticket: after }], call.now),
            ...followed.statements,
          ],
          events: [announceTransition(after, call.principal, told), ...followed.events],
        },
        answer(await view(after, call.principal)),
      );
    },

    async comment<Answer>(
      wanted: { ticketId: string; text: string; internal: boolean },
      call: Call,
      answer: (comment: CommentState) => Answer,
    ): Promise<Answer> {
      const ticket = await find(wanted.ticketId, call.principal);
      const capacity = rights.capacity(call.principal, ticket);
      const worker = capacity === 'worker';
      if (wanted.internal && !worker) throw new AppError('not_allowed', 'Internal comments are for those who work on tickets.');
      if (!capacity) rights.requireWork(call.principal, ticket, []);
      const answers = worker && !wanted.internal && call.principal.id !== ticket.callerId;
      const answersFirst = answers && !(await hasPublicAnswer(database, ticket.id, ticket.callerId));
      const comment: CommentState = {
        ...wanted,
        id: call.newId(),
        authorId: call.principal.id,
        authorName: call.principal.name,
        createdAt: call.now,
      };
      const takesOver: Statement[] =
        worker && !ticket.takenOver ? [exactly(1, sql`update ticket set taken_over = true where id = ${ticket.id} returning 1`)] : [];
      return call.commit(
        {
          statements: [
            insertComment(comment),
            insertHistory([makeEntry(call, ticket.id, 'commented')]),
            ...takesOver,
            ...moveTimers([{ lifecycle: await lifecycles.of(ticket), before: ticket.status, ticket }], call.now),
          ],
          events: [
            commentAdded({
              ticketId: ticket.id,
              number: ticket.number,
              commentId: comment.id,
              authorId: comment.authorId,
              internal: comment.internal,
              ...(!comment.internal && ticket.callerId !== undefined && { visibleTo: ticket.callerId }),
              answersCaller: answersFirst,
              facts: factsOf(ticket),
            }),
          ],
        },
        answer(comment),
      );
    },
  };
}

function fieldsOf({ unplanned = false, ...fields }: TicketPatch): string[] {
  const given = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : field));
  return unplanned ? [...given, 'plannedStart', 'plannedEnd'] : given;
}

/** Whether it is an id and not a number. */
export function isTicketId(text: string): boolean {
  return uuidPattern.test(text);
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function callerFor(wanted: NewTicket, principal: Principal): string | undefined {
  if (may(principal, 'tickets.read')) return wanted.callerId;
  if (wanted.callerId !== undefined && wanted.callerId !== principal.id) {
    throw new AppError('not_allowed', 'You may open tickets for yourself only.', {
      violations: [{ pointer: '/callerId', message: 'Leave it out: it is you.' }],
    });
  }
  return principal.id;
}

async function findByReference(database: Database, reference: { system: string; id: string }, visible: Statement): Promise<TicketState | undefined> {
  const [ticket] = await readTickets(database, sql`external_system = ${reference.system} and external_id = ${reference.id} and ${visible}`);
  return ticket;
}
