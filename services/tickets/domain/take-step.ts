import type { TransitionChoice } from '../../../generated/opora/tickets/v1/tickets.ts';
import { AppError } from '../../../platform/errors/app-error.ts';
import { type Ask, findObstacles, findTransition, isOverIn, type Lifecycle, phaseOf, stepsFrom } from './lifecycle.ts';
import type { PriorityMatrix, TicketState } from './ticket.ts';

/**
 * The ticket after the step, one version on: its status, what the step's actions make of its fields, and the resolution that was said.
 * Throws AppError `illegal_state` (no such step from here, a guard that does not hold), `not_allowed`, `invalid_input` (a field that is missing).
 */
export function takeStep(lifecycle: Lifecycle, step: string, ask: Ask & { matrix: PriorityMatrix; now: number }): TicketState {
  const { ticket: before, actor, resolution, matrix, now } = ask;
  const transition = findTransition(lifecycle, step);
  if (!transition?.from.includes(before.status)) {
    const steps = stepsFrom(lifecycle, before.status, actor).join(', ') || 'none';
    throw new AppError('illegal_state', `A ticket that is "${before.status}" cannot take the step "${step}". Possible now: ${steps}.`);
  }
  refuseObstacles(lifecycle, step, ask);
  const after: TicketState = {
    ...before,
    status: transition.to,
    ...(resolution !== undefined && { resolution }),
    isOver: isOverIn(phaseOf(lifecycle, transition.to)),
    version: before.version + 1,
    updatedAt: now,
  };
  for (const { action, field, value } of transition.actions) {
    if (action === 'assign_to_actor') after.assigneeId = actor.id;
    else if (action === 'clear' && (field === 'assigneeId' || field === 'serviceId' || field === 'resolution')) delete after[field];
    else if (action === 'set' && field === 'resolution' && value !== undefined) after.resolution = value;
    else if (action === 'set' && (field === 'impact' || field === 'urgency')) after[field] = value as TicketState['impact'];
  }
  return {
    ...after,
    priority: after.impact === before.impact && after.urgency === before.urgency ? before.priority : matrix[after.impact][after.urgency],
  };
}

function refuseObstacles(lifecycle: Lifecycle, step: string, ask: Ask): void {
  const obstacles = findObstacles(lifecycle, step, ask);
  const notAllowed = obstacles.find(({ kind }) => kind === 'capacity' || kind === 'permission');
  if (notAllowed) throw new AppError('not_allowed', notAllowed.message.en);
  const fields = obstacles.filter(({ kind }) => kind === 'field');
  if (fields.length > 0) {
    throw new AppError('invalid_input', `The step needs ${fields.map(({ what }) => what).join(', ')}.`, {
      violations: fields.map(({ what, message }) => ({ pointer: `/${what}`, message: `${message.en} The step "${step}" needs it.` })),
    });
  }
  const [guard] = obstacles;
  if (guard) throw new AppError('illegal_state', guard.message.en);
}

/** Every step from where the ticket stands, as the actor sees it: what can be said with a step counts as said. */
export function listChoices(lifecycle: Lifecycle, ask: Ask): TransitionChoice[] {
  return Object.entries(lifecycle.content.transitions)
    .filter(([, { from }]) => from.includes(ask.ticket.status))
    .map(([transition, { to, name, requires }]) => {
      const said = requires.includes('resolution') ? { ...ask, resolution: ask.resolution ?? ask.ticket.resolution ?? '…' } : ask;
      const obstacles = findObstacles(lifecycle, transition, said);
      return {
        transition,
        to,
        phase: phaseOf(lifecycle, to),
        name,
        possible: obstacles.length === 0,
        gives: requires.filter((field) => field === 'resolution'),
        obstacles,
      };
    });
}
