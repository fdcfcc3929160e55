import fc from 'fast-check';
import { weekdays } from './calendar.ts';
import { advanceClock, type ClockEvent, clockKinds, evolveClock, nextTimer } from './clock.ts';
import { type FollowedTicket, followTicket, type Phase, type Rules, type TicketFact } from './follow-ticket.ts';
import type { Agreement, TicketFacts } from './pick-definition.ts';
import { compileCalendar } from './working-time.ts';

const minute = 60_000;
const hour = 60 * minute;
/** Monday, 09:00 in Berlin, where people work from 09:00 to 17:00. */
const monday = Date.parse('2026-03-23T09:00+01:00');
const office = compileCalendar({
  timeZone: 'Europe/Berlin',
  hours: weekdays.slice(0, 5).map((weekday) => ({ weekday, from: '09:00', to: '17:00' })),
  holidays: [],
  exceptions: [],
});

const agreement = (id: string, targets: Agreement['targets']): Agreement => ({
  definition: { id, version: 1, name: id },
  calendar: { id: 'office', version: 1 },
  targets,
  explanation: `because of ${id}`,
});
const agreements: Record<string, Agreement> = {
  critical: agreement('critical', { response: hour, resolution: 4 * hour }),
  high: agreement('high', { response: 2 * hour, resolution: 5 * hour }),
  low: agreement('low', { response: 8 * hour, resolution: 40 * hour }),
  planning: agreement('planning', { resolution: 80 * hour }),
};
const rules: Rules = { pick: ({ priority }) => agreements[priority], time: () => office };

const facts: TicketFacts = {
  type: 'incident',
  priority: 'critical',
  impact: 'high',
  urgency: 'high',
  serviceId: '',
  origin: '',
  callerId: '',
  items: [],
};
let version = 0;
const opened = (at: number, priority = 'critical'): TicketFact => ({
  type: 'opened',
  at,
  version: ++version,
  number: 'INC-1',
  facts: { ...facts, priority },
});
const moved = (at: number, phase: Phase, byPerson = true): TicketFact => ({ type: 'moved', at, version: ++version, phase, byPerson });
const answered = (at: number): TicketFact => ({ type: 'answered', at });
const retold = (at: number, priority: string): TicketFact => ({ type: 'updated', at, version: ++version, facts: { priority } });

interface Told {
  ticket: FollowedTicket | undefined;
  history: Record<'response' | 'resolution', ClockEvent[]>;
}
/** Follows the facts; with `ticking`, timers fire between them as they do in a running service. */
function follow(told: readonly TicketFact[], ticking = false): Told {
  const history: Told['history'] = { response: [], resolution: [] };
  let ticket: FollowedTicket | undefined;
  for (const fact of told) {
    if (ticking && ticket) ticket = tick(ticket, fact.at, history);
    const step = followTicket(ticket, fact, rules);
    if (!step) continue;
    ticket = step.ticket;
    for (const { event, clock } of step.steps) history[clock.kind].push(event);
  }
  return { ticket, history };
}
function tick(ticket: FollowedTicket, until: number, history: Told['history']): FollowedTicket {
  const clocks = { ...ticket.clocks };
  for (const kind of clockKinds) {
    for (let clock = clocks[kind], timer = clock && nextTimer(clock); clock && timer && timer.due <= until; timer = nextTimer(clock)) {
      for (const event of advanceClock(clock, timer.due)) {
        history[kind].push(event);
        clock = evolveClock(kind, clock, event);
      }
      clocks[kind] = clock;
    }
  }
  return { ...ticket, clocks };
}
const types = (events: readonly ClockEvent[]) => events.map(({ type }) => type);

describe('the clocks of a ticket', () => {
  it('start when it is opened, with their warning and their deadline in working time', () => {
    const { ticket } = follow([opened(monday - 15 * hour)]);
    expect(ticket?.clocks.response).toMatchObject({ state: 'running', warnAt: monday + 45 * minute, deadline: monday + hour });
    expect(ticket?.clocks.resolution).toMatchObject({ state: 'running', warnAt: monday + 3 * hour, deadline: monday + 4 * hour });
    expect(ticket?.clocks.resolution?.terms).toMatchObject({ definition: { id: 'critical' }, explanation: 'because of critical' });
  });

  it('do not start when no definition matches', () => {
    expect(follow([opened(monday, 'unheard of')]).ticket?.clocks).toEqual({});
  });

  it('have only the kinds that the definition promises', () => {
    expect(Object.keys(follow([opened(monday, 'planning')]).ticket?.clocks ?? {})).toEqual(['resolution']);
  });

  it('stand still while the ticket is paused and go on with what is left', () => {
    const { ticket } = follow([
      opened(monday),
      moved(monday + hour, 'active'),
      moved(monday + 2 * hour, 'paused'),
      moved(monday + 24 * hour, 'active'),
    ]);
    expect(ticket?.clocks.resolution).toMatchObject({ state: 'running', elapsed: 2 * hour, deadline: monday + 26 * hour });
  });

  it('have no deadline while paused', () => {
    const { ticket } = follow([opened(monday), moved(monday + hour, 'paused')]);
    expect(ticket?.clocks.resolution?.state).toBe('paused');
    expect(ticket?.clocks.resolution).not.toHaveProperty('deadline');
    expect(nextTimer(ticket?.clocks.resolution as never)).toBeUndefined();
  });

  it('are told of a change in the order in which things happened, although it is learnt late', () => {
    const { history } = follow([opened(monday), moved(monday + 30 * hour, 'resolved')]);
    expect(history.resolution).toEqual([
      expect.objectContaining({ type: 'started', at: monday }),
      { type: 'warned', at: monday + 3 * hour },
      { type: 'breached', at: monday + 4 * hour },
      { type: 'met', at: monday + 30 * hour, elapsed: 14 * hour },
    ]);
  });

  it('are broken at the deadline itself and not a millisecond before', () => {
    const resolvedAt = (at: number) => types(follow([opened(monday), moved(at, 'resolved')]).history.resolution);
    expect(resolvedAt(monday + 4 * hour - 1)).toEqual(['started', 'warned', 'met']);
    expect(resolvedAt(monday + 4 * hour)).toEqual(['started', 'warned', 'breached', 'met']);
  });

  it('never run backwards when a machine’s clock was set back', () => {
    const { ticket } = follow([opened(monday), moved(monday + hour, 'active'), moved(monday + 30 * minute, 'paused')]);
    expect(ticket?.clocks.resolution?.elapsed).toBe(hour);
  });

  it('change nothing on a late or repeated event', () => {
    const start = opened(monday);
    const pause = moved(monday + hour, 'paused');
    const resume = moved(monday + 2 * hour, 'active');
    const once = follow([start, pause, resume]);
    expect(follow([start, start, pause, pause, resume, pause, resume, start])).toEqual(once);
  });

  it('are not begun by an event of a ticket whose opening is unknown', () => {
    expect(followTicket(undefined, moved(monday, 'active'), rules)).toBeUndefined();
  });
});

describe('the response clock', () => {
  it.each([
    ['the first public answer', answered(monday + minute)],
    ['a person who takes it up', moved(monday + minute, 'active')],
    ['a person who asks back and waits', moved(monday + minute, 'paused')],
    ['a person who resolves it at once', moved(monday + minute, 'resolved')],
  ])('is met by %s', (_, fact) => {
    const { ticket } = follow([opened(monday), { ...fact, ...('version' in fact && { version: ++version }) }]);
    expect(ticket?.clocks.response).toMatchObject({ state: 'met', endedAt: monday + minute, elapsed: minute });
  });

  it('is not met by a rule, which only stops it when the ticket is over', () => {
    expect(follow([opened(monday), moved(monday + minute, 'active', false)]).ticket?.clocks.response?.state).toBe('running');
    expect(follow([opened(monday), moved(monday + minute, 'resolved', false)]).ticket?.clocks.response?.state).toBe('stopped');
  });

  it('goes on when a rule opens the ticket again before anybody answered', () => {
    const { ticket } = follow([opened(monday), moved(monday + minute, 'resolved', false), moved(monday + hour, 'active', false)]);
    expect(ticket?.clocks.response).toMatchObject({ state: 'running', elapsed: minute, deadline: monday + 2 * hour - minute });
  });

  it('stays met whatever happens later', () => {
    const later = [moved(monday + 2, 'resolved'), moved(monday + 3, 'active'), retold(monday + 4, 'low'), moved(monday + 5, 'closed')];
    expect(types(follow([opened(monday), answered(monday + 1), ...later]).history.response)).toEqual(['started', 'met']);
  });
});

describe('the resolution clock', () => {
  it('is met when the ticket is resolved and stays so when it is then closed', () => {
    const { history } = follow([opened(monday), moved(monday + hour, 'resolved'), moved(monday + 2 * hour, 'closed')]);
    expect(types(history.resolution)).toEqual(['started', 'met']);
  });

  it('goes on where it was when the ticket is opened again: the time between does not count', () => {
    const { ticket } = follow([opened(monday), moved(monday + hour, 'resolved'), moved(monday + 3 * hour, 'active')]);
    expect(ticket?.clocks.resolution).toMatchObject({ state: 'running', elapsed: hour, deadline: monday + 6 * hour });
    expect(ticket?.clocks.resolution).not.toHaveProperty('endedAt');
  });

  it('is stopped when the ticket is closed without having been resolved', () => {
    expect(types(follow([opened(monday), moved(monday + hour, 'closed')]).history.resolution)).toEqual(['started', 'stopped']);
  });

  it('stays broken, and is announced once, when it is paused and resumed after its deadline', () => {
    const { ticket, history } = follow([
      opened(monday),
      moved(monday + 5 * hour, 'paused'),
      moved(monday + 6 * hour, 'active'),
      moved(monday + 7 * hour, 'resolved'),
    ]);
    expect(types(history.resolution)).toEqual(['started', 'warned', 'breached', 'paused', 'resumed', 'met']);
    expect(ticket?.clocks.resolution).toMatchObject({ breachedAt: monday + 4 * hour, deadline: monday + 4 * hour, elapsed: 6 * hour });
  });
});

describe('a ticket that gets another definition', () => {
  it('keeps what is used up and gets the new target', () => {
    const { ticket } = follow([opened(monday, 'low'), retold(monday + hour, 'critical')]);
    expect(ticket?.clocks.resolution).toMatchObject({ terms: { definition: { id: 'critical' } }, elapsed: hour, deadline: monday + 4 * hour });
  });

  it('is late at once when more is used up than the new target allows', () => {
    const { history } = follow([opened(monday, 'low'), retold(monday + 6 * hour, 'critical')]);
    expect(history.resolution.slice(-2)).toEqual([
      { type: 'warned', at: monday + 6 * hour },
      { type: 'breached', at: monday + 6 * hour },
    ]);
  });

  it('is no longer late when the new target is further away, and can be late again', () => {
    const { ticket, history } = follow([opened(monday), retold(monday + 5 * hour, 'low'), moved(monday + 24 * 14 * hour, 'resolved')]);
    expect(types(history.resolution)).toEqual(['started', 'warned', 'breached', 'retargeted', 'warned', 'breached', 'met']);
    expect(ticket?.clocks.resolution?.breachedAt).toBeGreaterThan(monday + 24 * hour);
  });

  it('stays late, without being announced again, when the new target is over as well', () => {
    const { ticket, history } = follow([opened(monday), retold(monday + 6 * hour, 'high')]);
    expect(types(history.resolution)).toEqual(['started', 'warned', 'breached', 'retargeted']);
    expect(ticket?.clocks.resolution).toMatchObject({ breachedAt: monday + 4 * hour, deadline: monday + 4 * hour });
  });

  it('is retargeted while paused without starting to run', () => {
    const { ticket } = follow([opened(monday), moved(monday + hour, 'paused'), retold(monday + 2 * hour, 'low')]);
    expect(ticket?.clocks.resolution).toMatchObject({ state: 'paused', elapsed: hour, terms: { target: 40 * hour } });
  });

  it('stops the clock that is promised no more and goes on with it when it is promised again', () => {
    const { ticket, history } = follow([opened(monday), retold(monday + minute, 'planning'), retold(monday + hour, 'critical')]);
    expect(types(history.response)).toEqual(['started', 'stopped', 'resumed']);
    expect(ticket?.clocks.response).toMatchObject({ elapsed: minute, deadline: monday + 2 * hour - minute });
  });

  it('starts what was not promised before at that moment', () => {
    const { ticket } = follow([opened(monday, 'unheard of'), retold(monday + hour, 'critical')]);
    expect(ticket?.clocks.resolution).toMatchObject({ startedAt: monday + hour, deadline: monday + 5 * hour });
  });

  it('does not touch a promise that was kept, until the ticket is opened again', () => {
    const kept = [opened(monday), moved(monday + hour, 'resolved'), retold(monday + 2 * hour, 'low')];
    expect(follow(kept).ticket?.clocks.resolution).toMatchObject({ state: 'met', terms: { definition: { id: 'critical' } } });
    expect(follow([...kept, moved(monday + 3 * hour, 'active')]).ticket?.clocks.resolution).toMatchObject({
      elapsed: hour,
      terms: { definition: { id: 'low' } },
    });
  });

  it('stays pinned to the version that it began with when the definition is published anew', () => {
    const published: Rules = {
      ...rules,
      pick: () => ({ ...agreement('critical', { resolution: hour }), definition: { id: 'critical', version: 2, name: 'critical' } }),
    };
    const { ticket } = follow([opened(monday)]);
    const step = followTicket(ticket, retold(monday + minute, 'critical'), published);
    expect(step?.steps).toEqual([]);
    expect(step?.ticket.agreement?.definition.version).toBe(1);
  });
});

describe('any history', () => {
  const step = fc.oneof(
    fc.record({
      type: fc.constant('moved' as const),
      phase: fc.constantFrom<Phase>('open', 'active', 'paused', 'resolved', 'closed'),
      byPerson: fc.boolean(),
    }),
    fc.record({ type: fc.constant('updated' as const), priority: fc.constantFrom('critical', 'high', 'low', 'planning', 'unheard of') }),
    fc.record({ type: fc.constant('answered' as const) }),
  );
  const gap = fc.integer({ min: 0, max: 30 * hour });
  const histories = fc.array(fc.tuple(step, gap), { maxLength: 15 }).map((steps): TicketFact[] => {
    let at = monday - 10 * hour;
    return [
      opened(at),
      ...steps.map(([fact, wait]): TicketFact => {
        at += wait;
        if (fact.type === 'moved') return moved(at, fact.phase, fact.byPerson);
        return fact.type === 'updated' ? retold(at, fact.priority) : answered(at);
      }),
    ];
  });

  it('gives the same clocks replayed at once as lived through with timers', () => {
    const muchLater = monday + 365 * 24 * hour;
    const live = (told: readonly TicketFact[], ticking: boolean) => {
      const { ticket, history } = follow(told, ticking);
      return { ticket: ticket && tick(ticket, muchLater, history), history };
    };
    fc.assert(fc.property(histories, (told) => expect(live(told, true)).toEqual(live(told, false))));
  });

  it('gives the same clocks when any of its events come again', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.nat()), (told, again) => {
        const doubled = told.flatMap((fact, index) => [
          fact,
          ...again.filter((pick) => pick % told.length <= index).map((pick) => told[pick % told.length] as TicketFact),
        ]);
        expect(follow(doubled)).toEqual(follow(told));
      }),
    );
  });

  it('is the fold of the events that the clock keeps', () => {
    fc.assert(
      fc.property(histories, (told) => {
        const { ticket, history } = follow(told);
        for (const kind of clockKinds) {
          const clock = history[kind].reduce<ReturnType<typeof evolveClock> | undefined>(
            (state, event) => evolveClock(kind, state, event),
            undefined,
          );
          expect(clock).toEqual(ticket?.clocks[kind]);
          expect(clock?.version ?? 0).toBe(history[kind].length);
        }
      }),
    );
  });

  it('gives the same deadline for a pause as for the same pause in pieces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 * hour }),
        fc.array(fc.integer({ min: 0, max: 20 * hour }), { minLength: 1, maxLength: 6 }),
        (worked, pieces) => {
          const from = monday + worked;
          const to = from + pieces.reduce((sum, piece) => sum + piece, 0);
          const inPieces: TicketFact[] = [opened(monday)];
          let at = from;
          for (const piece of pieces) {
            inPieces.push(moved(at, 'paused'), moved(at + piece, 'active'));
            at += piece;
          }
          const whole = [opened(monday), moved(from, 'paused'), moved(to, 'active')];
          const { clocks } = follow(inPieces).ticket as FollowedTicket;
          expect({ ...clocks.resolution, version: 0 }).toEqual({ ...follow(whole).ticket?.clocks.resolution, version: 0 });
        },
      ),
    );
  });

  it('sets every deadline inside working time', () => {
    fc.assert(
      fc.property(histories, (told) => {
        const before = new Set(told.map(({ at }) => at));
        for (const events of Object.values(follow(told).history)) {
          for (const event of events) {
            if (!('deadline' in event) || event.deadline === undefined || before.has(event.deadline)) continue; // late at once: due when it was decided
            expect(office.between(event.deadline - 1, event.deadline)).toBe(1);
          }
        }
      }),
    );
  });
});
