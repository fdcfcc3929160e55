import type { Lifecycle as LifecycleContent, LifecycleTimer, LifecycleTransition } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { ActorFacts, TicketFacts } from '../../../generated/opora/tickets/v1/facts.ts';
import type { TransitionObstacle } from '../../../generated/opora/tickets/v1/tickets.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import { tellReason } from '../../../platform/rules/explain-in-words.ts';
import type { Condition } from '../../../platform/rules/rule-language.ts';
import type { TicketState } from './ticket.ts';

export type Phase = LifecycleContent['statuses'][string]['phase'];

/** Whether nothing is to be done any more. */
export function isOverIn(phase: Phase): boolean {
  return phase === 'resolved' || phase === 'closed';
}

/** In what capacity somebody takes a step: as one who works on tickets, as the ticket's caller, or as a rule. */
export type Capacity = LifecycleTransition['by'][number];

/** Whoever takes a step. */
export interface Actor {
  id: string;
  capacity: Capacity;
  holds(permission: string): boolean;
}

/** A version of a lifecycle that was published, and checked before that, ready to decide by. */
export interface Lifecycle {
  readonly name: string;
  readonly version: number;
  readonly content: LifecycleContent;
  readonly guards: ReadonlyMap<string, readonly CompiledGuard[]>;
}

interface CompiledGuard {
  text: string;
  /** Absent where this program cannot read it. */
  condition?: Condition;
  message: { ru: string; en: string };
}

/** A guard that this program cannot read holds never: nobody gets past what is not understood. */
export function compileLifecycle(name: string, version: number, content: LifecycleContent, compile: (text: string) => Condition): Lifecycle {
  const compileGuard = (text: string): Pick<CompiledGuard, 'text' | 'condition'> => {
    try {
      return { text, condition: compile(text) };
    } catch (error) {
      if (!isAppError(error, 'invalid_input')) throw error;
      return { text };
    }
  };
  const guards = Object.entries(content.transitions).map(
    ([transition, { guards: written }]) => [transition, written.map(({ condition, message }) => ({ ...compileGuard(condition), message }))] as const,
  );
  return { name, version, content, guards: new Map(guards) };
}

export function phaseOf({ content }: Lifecycle, status: string): Phase {
  return (Object.hasOwn(content.statuses, status) ? content.statuses[status]?.phase : undefined) ?? 'closed';
}

export function findTransition({ content }: Lifecycle, step: string): LifecycleTransition | undefined {
  return Object.hasOwn(content.transitions, step) ? content.transitions[step] : undefined;
}

/** The steps that the actor may ask for from this status; what they require of the ticket is not looked at. */
export function stepsFrom({ content }: Lifecycle, status: string, actor: Actor): string[] {
  return Object.entries(content.transitions)
    .filter(
      ([, { from, by, permission }]) => from.includes(status) && by.includes(actor.capacity) && (permission === undefined || actor.holds(permission)),
    )
    .map(([name]) => name);
}

/** The timers that run while a ticket has the status. */
export function timersIn({ content }: Lifecycle, status: string): [name: string, timer: LifecycleTimer][] {
  return Object.entries(content.timers).filter(([, timer]) => timer.in.includes(status));
}

export interface Ask {
  ticket: TicketState;
  actor: Actor;
  /** Said with the step. */
  resolution?: string;
}

/** All that keeps the actor from taking the step now; nothing when it can be taken. The step must lead on from where the ticket stands. */
export function findObstacles(lifecycle: Lifecycle, step: string, ask: Ask): TransitionObstacle[] {
  const transition = findTransition(lifecycle, step);
  if (!transition) return [];
  const { by, permission, requires } = transition;
  const obstacles: TransitionObstacle[] = [];
  if (!by.includes(ask.actor.capacity)) {
    obstacles.push({
      kind: 'capacity',
      what: by.join(', '),
      message: { ru: `Шаг «${step}» делаете не вы.`, en: `The step "${step}" is not yours to take.` },
    });
  }
  if (permission !== undefined && !ask.actor.holds(permission)) {
    obstacles.push({
      kind: 'permission',
      what: permission,
      message: { ru: `Для шага «${step}» нужно право ${permission}.`, en: `The step "${step}" needs the permission ${permission}.` },
    });
  }
  for (const field of requires.filter((one) => !hasField(one, ask))) {
    obstacles.push({ kind: 'field', what: field, message: missing[field] });
  }
  const facts = factsOf(ask);
  for (const guard of lifecycle.guards.get(step) ?? []) obstacles.push(...findFalse(guard, facts));
  return obstacles;
}

/** The parts of a guard that are false, of those that must all hold, each with why. */
function findFalse({ text, condition, message }: CompiledGuard, facts: ReturnType<typeof factsOf>): TransitionObstacle[] {
  if (!condition) return [{ kind: 'guard', what: text, message }];
  if (condition.evaluate(facts).matches) return [];
  const { part, ru, en } = condition.explain(facts);
  const { expression, parts } = part;
  const isTrue = ({ outcome }: typeof part) => 'value' in outcome && outcome.value === true;
  const all = expression.kind === 'binary' && expression.operator === '&&' ? parts.filter((one) => !isTrue(one)) : [part];
  return all.map((one) => ({ kind: 'guard', what: one.text, message, why: all.length === 1 ? { ru, en } : tellReason(one) }));
}

const missing: Readonly<Record<LifecycleTransition['requires'][number], { ru: string; en: string }>> = {
  resolution: { ru: 'Напишите решение.', en: 'Say how it was resolved.' },
  assigneeId: { ru: 'Назначьте исполнителя.', en: 'Assign it to somebody.' },
  serviceId: { ru: 'Укажите услугу.', en: 'Name its service.' },
  description: { ru: 'Заполните описание.', en: 'Describe it.' },
  items: { ru: 'Укажите конфигурационные единицы.', en: 'Name the items that it is about.' },
  plannedWindow: { ru: 'Задайте окно работ.', en: 'Plan its window.' },
};

function hasField(field: LifecycleTransition['requires'][number], { ticket, resolution }: Ask): boolean {
  switch (field) {
    case 'resolution':
      return (resolution ?? '').trim() !== '';
    case 'items':
      return ticket.items.length > 0;
    case 'plannedWindow':
      return ticket.plannedStart !== undefined;
    case 'assigneeId':
    case 'serviceId':
    case 'description':
      return (ticket[field] ?? '').trim() !== '';
  }
}

/** What conditions may speak of a ticket. */
export function ticketFacts(ticket: TicketState) {
  const facts: TicketFacts = {
    type: ticket.type,
    status: ticket.status,
    subject: ticket.subject,
    impact: ticket.impact,
    urgency: ticket.urgency,
    priority: ticket.priority,
    hasAssignee: ticket.assigneeId !== undefined,
    hasCaller: ticket.callerId !== undefined,
    hasService: ticket.serviceId !== undefined,
    hasDescription: ticket.description !== undefined,
    hasPlannedWindow: ticket.plannedStart !== undefined,
    isRaised: ticket.raiseKey !== undefined,
    itemCount: ticket.items.length,
  };
  return { ...facts };
}

function factsOf({ ticket, actor, resolution = ticket.resolution ?? '' }: Ask) {
  const about: ActorFacts = {
    isCaller: actor.capacity !== 'rule' && actor.id === ticket.callerId,
    isAssignee: actor.capacity !== 'rule' && actor.id === ticket.assigneeId,
    isRule: actor.capacity === 'rule',
  };
  return { ticket: ticketFacts(ticket), actor: { ...about }, resolution };
}
