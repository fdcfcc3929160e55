import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { canHold } from '../../../platform/rules/can-hold.ts';
import type { Domain } from '../../../platform/rules/read-shape.ts';
import { compileCondition, error, type LifecycleContext, type Transition } from './findings.ts';

export interface CheckedGuards {
  findings: Finding[];
  /** Transitions that nobody can ever take. */
  impossible: ReadonlySet<string>;
}

/** Guards that mean nothing, and transitions whose guards cannot all hold where the transition begins. */
export function checkGuards(lifecycle: Lifecycle, context: LifecycleContext): CheckedGuards {
  const findings: Finding[] = [];
  const impossible = new Set<string>();
  for (const [name, transition] of Object.entries(lifecycle.transitions)) {
    const at = `/transitions/${name}/guards`;
    const guards = transition.guards.flatMap(
      ({ condition }, index) => compileCondition(condition, `${at}/${index}/condition`, context.compile, findings) ?? [],
    );
    if (guards.length === 0 || canHold(guards, narrow(lifecycle, transition, context.domains)) !== 'no') continue;
    impossible.add(name);
    const alone = guards.findIndex((guard) => canHold([guard], narrow(lifecycle, transition, context.domains)) === 'no');
    findings.push(
      error(alone < 0 ? at : `${at}/${alone}/condition`, {
        ru: `Условия перехода «${name}» не выполняются никогда: его нельзя сделать ни из одного статуса.`,
        en: `The guards of "${name}" can never hold: nobody can take it, from any of its statuses.`,
      }),
    );
  }
  return { findings, impossible };
}

/** What is known of a ticket where the transition begins: its status, its type, who acts, and the fields that it must have. */
function narrow({ ticketTypes }: Lifecycle, { from, by, requires }: Transition, domains: ReadonlyMap<string, Domain>): ReadonlyMap<string, Domain> {
  const text = (values: readonly string[]): Domain => ({ type: 'string', values });
  const known = new Map<string, Domain>([...domains, ['ticket.status', text(from)], ['ticket.type', text(ticketTypes)]]);
  const mustBe: Record<string, boolean> = {
    ...(requires.includes('assigneeId') && { 'ticket.hasAssignee': true }),
    ...(requires.includes('serviceId') && { 'ticket.hasService': true }),
    ...(requires.includes('description') && { 'ticket.hasDescription': true }),
    ...(requires.includes('plannedWindow') && { 'ticket.hasPlannedWindow': true }),
    ...(!by.includes('rule') && { 'actor.isRule': false }),
    ...(by.length === 1 && by[0] === 'rule' && { 'actor.isRule': true }),
  };
  for (const [path, value] of Object.entries(mustBe)) known.set(path, { type: 'bool', only: value });
  return known;
}
