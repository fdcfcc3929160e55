import {
  advanceClock,
  type Clock,
  type ClockEvent,
  type ClockKind,
  clockKinds,
  elapsedAt,
  evolveClock,
  momentsFrom,
  type Pinned,
  type Terms,
} from './clock.ts';
import type { Agreement, TicketFacts } from './pick-definition.ts';
import type { WorkingTime } from './working-time.ts';

export type Phase = 'open' | 'active' | 'paused' | 'resolved' | 'closed';

/** What happened to a ticket, as far as clocks care. `version` is the ticket's. */
export type TicketFact =
  | { type: 'opened'; at: number; version: number; number: string; facts: TicketFacts }
  | { type: 'updated'; at: number; version: number; facts: Partial<TicketFacts> }
  | { type: 'moved'; at: number; version: number; phase: Phase; byPerson: boolean; facts?: Partial<TicketFacts> }
  | { type: 'answered'; at: number };

/** A ticket as its clocks know it. */
export interface FollowedTicket {
  number: string;
  version: number;
  /** Moment of the last fact: time never runs backwards in a clock, whatever the machines' clocks do. */
  at: number;
  phase: Phase;
  /** Somebody who works on tickets answered or took it up. */
  responded: boolean;
  facts: TicketFacts;
  /** The definition that holds for it, as it was when it was picked. */
  agreement?: Agreement;
  clocks: Partial<Record<ClockKind, Clock>>;
}

/** What following needs to know beyond the ticket. */
export interface Rules {
  pick(facts: TicketFacts): Agreement | undefined;
  time(calendar: Pinned): WorkingTime;
}

export interface Followed {
  ticket: FollowedTicket;
  /** What happened to its clocks, each with the clock as it was right after. */
  steps: ClockStep[];
}

export interface ClockStep {
  event: ClockEvent;
  clock: Clock;
}

/** Applies one fact; undefined when it is late, repeated or of no interest. */
export function followTicket(before: FollowedTicket | undefined, fact: TicketFact, rules: Rules): Followed | undefined {
  const ticket = applyFact(before, fact, rules);
  if (!ticket) return undefined;
  const steps: ClockStep[] = [];
  const clocks: FollowedTicket['clocks'] = {};
  for (const kind of clockKinds) {
    let clock = ticket.clocks[kind];
    const note = (happened: readonly ClockEvent[]) => {
      for (const event of happened) {
        clock = evolveClock(kind, clock, event);
        steps.push({ event, clock });
      }
    };
    if (clock) note(advanceClock(clock, ticket.at));
    note(startClock(kind, clock, ticket, rules));
    if (clock) note(shiftClock(clock, ticket, rules));
    if (clock) note(retargetClock(clock, ticket, rules));
    if (clock) note(advanceClock(clock, ticket.at));
    if (clock) clocks[kind] = clock;
  }
  return { ticket: { ...ticket, clocks }, steps };
}

function applyFact(ticket: FollowedTicket | undefined, fact: TicketFact, rules: Rules): FollowedTicket | undefined {
  if (fact.type === 'opened') {
    if (ticket) return undefined;
    const { number, version, at, facts } = fact;
    return { number, version, at, phase: 'open', responded: false, facts, ...agree(undefined, facts, rules), clocks: {} };
  }
  if (!ticket) return undefined;
  const at = Math.max(ticket.at, fact.at);
  if (fact.type === 'answered') return ticket.responded ? undefined : { ...ticket, at, responded: true };
  if (fact.version <= ticket.version) return undefined;
  const { version } = fact;
  if (fact.type === 'moved') {
    const takesUp = fact.byPerson && (fact.phase === 'active' || fact.phase === 'paused' || fact.phase === 'resolved');
    const moved = { ...ticket, version, at, phase: fact.phase, responded: ticket.responded || takesUp };
    if (Object.keys(fact.facts ?? {}).length === 0) return moved;
    return agreeAnew(moved, { ...ticket.facts, ...fact.facts }, rules);
  }
  return agreeAnew({ ...ticket, version, at }, { ...ticket.facts, ...fact.facts }, rules);
}

function agreeAnew({ agreement, ...rest }: FollowedTicket, facts: TicketFacts, rules: Rules): FollowedTicket {
  return { ...rest, facts, ...agree(agreement, facts, rules) };
}

/** The definition picked before stays pinned to its version as long as the same definition is picked. */
function agree(pinned: Agreement | undefined, facts: TicketFacts, rules: Rules): { agreement?: Agreement } {
  const picked = rules.pick(facts);
  if (!picked) return {};
  return { agreement: picked.definition.id === pinned?.definition.id ? pinned : picked };
}

function startClock(kind: ClockKind, clock: Clock | undefined, ticket: FollowedTicket, rules: Rules): ClockEvent[] {
  const terms = termsOf(kind, ticket);
  if (clock || !terms || (kind === 'response' && ticket.responded) || isOver(ticket.phase)) return [];
  return [{ type: 'started', at: ticket.at, terms, ...momentsFrom(ticket.at, terms, 0, rules.time(terms.calendar)) }];
}

/** Brings the clock into the state that the ticket wants. */
function shiftClock(clock: Clock, ticket: FollowedTicket, rules: Rules): ClockEvent[] {
  const wanted = wantedState(clock, ticket);
  if (wanted === clock.state) return [];
  const { at } = ticket;
  const time = rules.time(clock.terms.calendar);
  const elapsed = elapsedAt(clock, at, time);
  if (wanted === 'running') return [{ type: 'resumed', at, ...momentsFrom(at, clock.terms, elapsed, time, clock) }];
  return [{ type: wanted, at, elapsed }];
}

function wantedState({ kind, state }: Clock, ticket: FollowedTicket): Clock['state'] {
  const end = state === 'met' ? 'met' : 'stopped';
  if (!termsOf(kind, ticket)) return end;
  if (kind === 'response' && ticket.responded) return state === 'stopped' ? 'stopped' : 'met';
  switch (ticket.phase) {
    case 'open':
    case 'active':
      return 'running';
    case 'paused':
      return 'paused';
    case 'resolved':
      return kind === 'resolution' ? 'met' : end;
    case 'closed':
      return end;
  }
}

/** A clock that counts follows the ticket's definition; one that ended keeps the one it ended under until it counts again. */
function retargetClock(clock: Clock, ticket: FollowedTicket, rules: Rules): ClockEvent[] {
  const terms = termsOf(clock.kind, ticket);
  const counts = clock.state === 'running' || clock.state === 'paused';
  if (!terms || !counts || isSame(terms.definition, clock.terms.definition)) return [];
  const { at } = ticket;
  const elapsed = elapsedAt(clock, at, rules.time(clock.terms.calendar));
  const moments = clock.state === 'running' && momentsFrom(at, terms, elapsed, rules.time(terms.calendar), stillAnnounced(clock, terms, elapsed));
  return [{ type: 'retargeted', at, elapsed, terms, ...moments }];
}

function stillAnnounced(clock: Clock, terms: Terms, elapsed: number): Pick<Clock, 'breachedAt'> {
  return clock.breachedAt !== undefined && elapsed >= terms.target ? { breachedAt: clock.breachedAt } : {};
}

function termsOf(kind: ClockKind, { agreement }: FollowedTicket): Terms | undefined {
  const target = agreement?.targets[kind];
  if (!agreement || target === undefined) return undefined;
  const { definition, calendar, explanation } = agreement;
  return { definition, calendar, target, explanation };
}

function isOver(phase: Phase): boolean {
  return phase === 'resolved' || phase === 'closed';
}

function isSame(one: Pinned, other: Pinned): boolean {
  return one.id === other.id && one.version === other.version;
}
