import fc from 'fast-check';
import { type AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { type Capacity, compileLifecycle, type LifecycleDefinition } from './lifecycle.ts';

const definition: LifecycleDefinition = {
  initial: 'new',
  states: { new: { phase: 'open' }, working: { phase: 'active' }, done: { phase: 'resolved' }, closed: { phase: 'closed' } },
  transitions: {
    start: { from: ['new'], to: 'working', by: ['worker'], guard: { condition: 'ticket.hasAssignee', message: 'Assign it first.' } },
    finish: { from: ['working'], to: 'done', by: ['worker', 'rule'], requires: ['resolution'] },
    close: { from: ['done'], to: 'closed', by: ['worker', 'caller'] },
  },
};
const lifecycle = compileLifecycle(definition, 1);
const facts = { type: 'incident', priority: 'high', hasAssignee: true };

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
  it('leads from state to state by its steps', () => {
    expect(lifecycle.take('start', 'new', { capacity: 'worker', facts })).toBe('working');
    expect(lifecycle.phaseOf('done')).toBe('resolved');
    expect(lifecycle.stepsFrom('done', 'caller')).toEqual(['close']);
    expect(lifecycle.stepsFrom('done', 'rule')).toEqual([]);
  });

  it('names the possible steps when it refuses one', () => {
    const error = refusal(() => lifecycle.take('finish', 'new', { capacity: 'worker', resolution: 'x', facts }));
    expect(error.kind).toBe('illegal_state');
    expect(error.message).toMatch(/Possible now: start/);
    expect(refusal(() => lifecycle.take('constructor', 'new', { capacity: 'worker', facts })).kind).toBe('illegal_state');
  });

  it('asks for the fields that a step needs, naming the field', () => {
    const error = refusal(() => lifecycle.take('finish', 'working', { capacity: 'worker', resolution: '  ', facts }));
    expect(error.kind).toBe('invalid_input');
    expect(error.violations).toEqual([{ pointer: '/resolution', message: expect.stringContaining('finish') }]);
  });

  it('refuses a step that is not of this capacity, or whose guard does not hold', () => {
    expect(refusal(() => lifecycle.take('start', 'new', { capacity: 'caller', facts })).kind).toBe('not_allowed');
    const error = refusal(() => lifecycle.take('start', 'new', { capacity: 'worker', facts: { ...facts, hasAssignee: false } }));
    expect([error.kind, error.message]).toEqual(['illegal_state', 'Assign it first.']);
  });

  it('has no path around a guard, a missing field or a capacity, whatever is asked in whatever order', () => {
    const ask = fc.record({
      step: fc.constantFrom('start', 'finish', 'close', 'toString', ''),
      capacity: fc.constantFrom<Capacity>('worker', 'caller', 'rule'),
      resolution: fc.constantFrom('', 'done'),
      hasAssignee: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 30 }), (asks) => {
        let state = lifecycle.initial;
        for (const { step, capacity, resolution, hasAssignee } of asks) {
          const before = state;
          try {
            state = lifecycle.take(step, state, { capacity, resolution, facts: { ...facts, hasAssignee } });
          } catch (error) {
            if (!isAppError(error)) throw error;
            continue;
          }
          const transition = definition.transitions[step];
          expect(transition?.from).toContain(before);
          expect(transition?.by).toContain(capacity);
          if (transition?.guard) expect(hasAssignee).toBe(true);
          if (transition?.requires) expect(resolution).not.toBe('');
        }
      }),
    );
  });

  it('is refused as a whole, with every mistake, when it speaks of states or words that do not exist', () => {
    const broken: LifecycleDefinition = { ...definition, initial: 'nwe', transitions: { go: { from: ['nowhere'], to: 'never', by: ['worker'] } } };
    expect(refusal(() => compileLifecycle(broken, 1)).violations.map(({ pointer }) => pointer)).toEqual([
      '/initial',
      '/transitions/go/to',
      '/transitions/go/from/0',
    ]);
    const guarded = {
      ...definition,
      transitions: { go: { from: ['new'], to: 'done', by: ['worker' as const], guard: { condition: 'ticket.x', message: '' } } },
    };
    expect(refusal(() => compileLifecycle(guarded, 1)).violations[0]?.pointer).toBe('/transitions/go/guard/condition');
  });
});
