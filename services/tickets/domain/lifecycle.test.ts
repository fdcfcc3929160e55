import fc from 'fast-check';
import type { Lifecycle as LifecycleContent, LifecycleTransition } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import { type AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import { type Actor, type Capacity, compileLifecycle, phaseOf, stepsFrom } from './lifecycle.ts';
import { listChoices, takeStep } from './take-step.ts';
import type { PriorityMatrix, TicketState } from './ticket.ts';

const label = (en: string) => ({ ru: en, en });
const transition = (from: string[], to: string, by: Capacity[], more: Partial<LifecycleTransition> = {}): LifecycleTransition => ({
  from,
  to,
  by,
  name: label(to),
  requires: [],
  guards: [],
  actions: [],
  ...more,
});
const content: LifecycleContent = {
  title: label('Incident'),
  ticketTypes: ['incident'],
  initial: 'new',
  statuses: {
    new: { phase: 'open', name: label('New') },
    working: { phase: 'active', name: label('Working') },
    done: { phase: 'resolved', name: label('Done') },
    closed: { phase: 'closed', name: label('Closed') },
  },
  transitions: {
    start: transition(['new'], 'working', ['worker'], {
      guards: [{ condition: 'ticket.hasAssignee && (ticket.priority != "planning" || actor.isAssignee)', message: label('Assign it first.') }],
    }),
    take: transition(['new'], 'working', ['worker'], {
      actions: [{ action: 'assign_to_actor' }, { action: 'set', field: 'urgency', value: 'high' }],
    }),
    drop: transition(['working'], 'new', ['worker'], { actions: [{ action: 'clear', field: 'assigneeId' }] }),
    finish: transition(['working'], 'done', ['worker', 'rule'], { requires: ['resolution'] }),
    close: transition(['done'], 'closed', ['worker', 'caller'], { permission: 'tickets.close' }),
  },
  timers: {},
};
const compile = ruleLanguage({
  ticket: { fields: { hasAssignee: 'bool', priority: 'string' } },
  actor: { fields: { isAssignee: 'bool' } },
  resolution: 'string',
}).condition;
const lifecycle = compileLifecycle('incident', 3, content, compile);
const row = { high: 'high', medium: 'moderate', low: 'low' } as const;
const matrix: PriorityMatrix = { high: row, medium: row, low: row };
const ticket: TicketState = {
  id: 't',
  number: 'INC-000001',
  type: 'incident',
  lifecycle: 'incident',
  lifecycleVersion: 3,
  matrixVersion: 1,
  status: 'new',
  subject: 'Нет связи',
  impact: 'low',
  urgency: 'low',
  priority: 'low',
  items: [],
  alertIds: [],
  takenOver: false,
  isOver: false,
  version: 1,
  createdAt: 1,
  updatedAt: 1,
};
const actor = (capacity: Capacity = 'worker', permissions: string[] = ['tickets.close']): Actor => ({
  id: 'me',
  capacity,
  holds: (permission) => permissions.includes(permission),
});
const take = (step: string, from: Partial<TicketState>, more: { actor?: Actor; resolution?: string } = {}) =>
  takeStep(lifecycle, step, { ticket: { ...ticket, ...from }, actor: actor(), matrix, now: 9, ...more });

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('a lifecycle', () => {
  it('leads from status to status by its steps', () => {
    expect(take('start', { assigneeId: 'a' })).toMatchObject({ status: 'working', version: 2, updatedAt: 9, isOver: false });
    expect(take('finish', { status: 'working' }, { resolution: 'ok' })).toMatchObject({ status: 'done', resolution: 'ok', isOver: true });
    expect(phaseOf(lifecycle, 'done')).toBe('resolved');
    expect(stepsFrom(lifecycle, 'done', actor('caller'))).toEqual(['close']);
    expect(stepsFrom(lifecycle, 'done', actor('caller', []))).toEqual([]);
    expect(stepsFrom(lifecycle, 'done', actor('rule'))).toEqual([]);
  });

  it('changes the fields that a step changes, and the priority with them', () => {
    expect(take('take', {})).toMatchObject({ assigneeId: 'me', urgency: 'high', priority: 'high' });
    expect(take('drop', { status: 'working', assigneeId: 'me' })).not.toHaveProperty('assigneeId');
  });

  it('names the possible steps when it refuses one', () => {
    const error = refusal(() => take('finish', {}, { resolution: 'x' }));
    expect(error.kind).toBe('illegal_state');
    expect(error.message).toMatch(/Possible now: start, take/);
    expect(refusal(() => take('constructor', {})).kind).toBe('illegal_state');
  });

  it('asks for the fields that a step needs, naming the field', () => {
    const error = refusal(() => take('finish', { status: 'working' }, { resolution: '  ' }));
    expect(error.kind).toBe('invalid_input');
    expect(error.violations).toEqual([{ pointer: '/resolution', message: expect.stringContaining('finish') }]);
  });

  it('refuses a step that is not of this capacity, needs a permission, or whose guard does not hold', () => {
    expect(refusal(() => take('start', {}, { actor: actor('caller') })).kind).toBe('not_allowed');
    expect(refusal(() => take('close', { status: 'done' }, { actor: actor('worker', []) })).message).toMatch(/tickets\.close/);
    const error = refusal(() => take('start', {}));
    expect([error.kind, error.message]).toEqual(['illegal_state', 'Assign it first.']);
  });

  it('tells of every step from here why it cannot be taken, down to the part of the guard that is false', () => {
    const choices = listChoices(lifecycle, { ticket: { ...ticket, assigneeId: 'other', priority: 'planning' }, actor: actor() });
    expect(choices.map(({ transition: name, possible }) => [name, possible])).toEqual([
      ['start', false],
      ['take', true],
    ]);
    expect(choices[0]?.obstacles).toEqual([
      {
        kind: 'guard',
        what: 'ticket.priority != "planning" || actor.isAssignee',
        message: label('Assign it first.'),
        why: { ru: expect.any(String), en: expect.stringContaining('actor.isAssignee') },
      },
    ]);
    const [finish] = listChoices(lifecycle, { ticket: { ...ticket, status: 'working' }, actor: actor() }).filter(({ to }) => to === 'done');
    expect(finish).toMatchObject({ possible: true, gives: ['resolution'] });
  });

  it('lets nobody past a guard that this program cannot read', () => {
    const newer = {
      ...content,
      transitions: { go: transition(['new'], 'done', ['worker'], { guards: [{ condition: 'ticket.mood == "good"', message: label('No.') }] }) },
    };
    const strange = compileLifecycle('incident', 4, newer, compile);
    expect(refusal(() => takeStep(strange, 'go', { ticket, actor: actor(), matrix, now: 9 })).message).toBe('No.');
  });

  it('has no path around a guard, a missing field, a permission or a capacity, whatever is asked in whatever order', () => {
    const ask = fc.record({
      step: fc.constantFrom(...Object.keys(content.transitions), 'toString', ''),
      capacity: fc.constantFrom<Capacity>('worker', 'caller', 'rule'),
      permissions: fc.constantFrom<string[]>([], ['tickets.close']),
      resolution: fc.constantFrom('', 'done'),
      priority: fc.constantFrom<TicketState['priority']>('planning', 'high'),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 30 }), (asks) => {
        let now = ticket;
        for (const { step, capacity, permissions, resolution, priority } of asks) {
          const before = { ...now, priority };
          try {
            now = takeStep(lifecycle, step, { ticket: before, actor: actor(capacity, permissions), resolution, matrix, now: 9 });
          } catch (error) {
            if (!isAppError(error)) throw error;
            continue;
          }
          const taken = content.transitions[step];
          expect(taken?.from).toContain(before.status);
          expect(now.status).toBe(taken?.to);
          expect(taken?.by).toContain(capacity);
          if (step === 'start') expect(before.assigneeId !== undefined && (priority !== 'planning' || before.assigneeId === 'me')).toBe(true);
          if (taken?.requires.includes('resolution')) expect(resolution).not.toBe('');
          if (taken?.permission !== undefined) expect(permissions).toContain(taken.permission);
        }
      }),
      { numRuns: 200 },
    );
  });
});
