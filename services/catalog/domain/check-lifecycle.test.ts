import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import { loadContract } from '../../../platform/contract/load-contract.ts';
import { declareKinds } from '../../../platform/definitions/kinds.ts';
import { lifecycleKind } from '../kinds/lifecycle-kind.ts';
import { readShipped } from '../read-shipped.ts';

const contract = loadContract();
const kinds = declareKinds([lifecycleKind({ contract, client: () => ({}) as never })], contract, async () => new Set(['change-board']));
const label = (text: string) => ({ ru: text, en: text });
const guard = (condition: string) => ({ condition, message: label('No.') });
type Content = Lifecycle;
const transition = (from: string[], to: string, more: object = {}) => ({
  from,
  to,
  name: label(to),
  by: ['worker', 'rule'],
  requires: [],
  guards: [],
  actions: [],
  ...more,
});

/** A sound lifecycle that each case spoils in one place. */
const sound = () => ({
  title: label('Incident'),
  ticketTypes: ['incident'],
  initial: 'new',
  statuses: {
    new: { phase: 'open', name: label('New') },
    work: { phase: 'active', name: label('Work') },
    done: { phase: 'resolved', name: label('Done') },
    closed: { phase: 'closed', name: label('Closed') },
  } as Record<string, object>,
  transitions: {
    start: transition(['new'], 'work', { guards: [guard('ticket.hasAssignee')] }),
    finish: transition(['work'], 'done'),
    reopen: transition(['done'], 'work'),
    close: transition(['done'], 'closed'),
  } as Record<string, ReturnType<typeof transition>>,
  timers: { close: { in: ['done'], after: 'P5D', since: 'silence', take: 'close' } } as Record<string, object>,
});
type Sound = ReturnType<typeof sound>;

async function find(spoil: (content: Sound) => unknown): Promise<string[]> {
  const content = sound();
  spoil(content);
  // Spoilt on purpose, so no content by its type.
  const findings = await kinds.check({ kind: 'lifecycles', name: 'x' }, content as unknown as Content);
  return findings.map(({ severity, pointer }) => `${severity} ${pointer}`);
}

describe('the check of a lifecycle', () => {
  it('finds nothing in a sound one, nor in any that comes with the program', async () => {
    expect(await find(() => undefined)).toEqual([]);
    for (const { content, ...definition } of (await readShipped()).filter(({ kind }) => kind === 'lifecycles'))
      expect([definition.name, await kinds.check(definition, content)]).toEqual([definition.name, []]);
  });

  const defects: [string, (content: Sound) => unknown, string[]][] = [
    ['what does not fit the schema', (c) => delete (c as Partial<Sound>).initial, ['error /initial']],
    ['a phase that there is not', (c) => (c.statuses['work'] = { phase: 'busy', name: label('x') }), ['error /statuses/work/phase']],
    [
      'a time that is none',
      (c) => (c.timers['close'] = { in: ['done'], after: '5 days', since: 'silence', take: 'close' }),
      ['error /timers/close/after'],
    ],
    [
      'an initial status that there is not',
      (c) => (c.initial = 'nwe'),
      ['error /initial', 'error /statuses/new', 'error /statuses/work', 'error /statuses/done', 'error /statuses/closed'],
    ],
    ['a transition from nowhere', (c) => c.transitions['finish']?.from.push('wrok'), ['error /transitions/finish/from/1']],
    ['a transition to nowhere', (c) => (c.transitions['reopen'] = transition(['done'], 'wrok')), ['error /transitions/reopen/to']],
    [
      'a name that is inherited and not there',
      (c) => (c.transitions['reopen'] = transition(['done'], 'constructor')),
      ['error /transitions/reopen/to'],
    ],
    ['a name with capital letters', (c) => (c.transitions['Start It'] = transition(['new'], 'work')), ['error /transitions/Start It']],
    [
      'a permission that there is not',
      (c) => (c.transitions['close'] = transition(['done'], 'closed', { by: ['worker', 'rule'], permission: 'tickets.clsoe' })),
      ['error /transitions/close/permission', 'error /timers/close/take'],
    ],
    [
      'a field set to what it cannot be',
      (c) => (c.transitions['finish'] = transition(['work'], 'done', { actions: [{ action: 'set', field: 'impact', value: 'huge' }] })),
      ['error /transitions/finish/actions/0'],
    ],
    [
      'a field cleared that every ticket has',
      (c) => (c.transitions['finish'] = transition(['work'], 'done', { actions: [{ action: 'clear', field: 'urgency' }] })),
      ['error /transitions/finish/actions/0'],
    ],
    [
      'an unreachable status',
      (c) => (c.statuses['limbo'] = { phase: 'paused', name: label('x') }) && (c.transitions['leave'] = transition(['limbo'], 'work')),
      ['error /statuses/limbo'],
    ],
    [
      'a dead end',
      (c) => (c.statuses['limbo'] = { phase: 'paused', name: label('x') }) && (c.transitions['sink'] = transition(['work'], 'limbo')),
      ['error /statuses/limbo'],
    ],
    [
      'a circle without a way out',
      (c) => {
        c.statuses['a'] = c.statuses['b'] = { phase: 'active', name: label('x') };
        Object.assign(c.transitions, { in: transition(['work'], 'a'), on: transition(['a'], 'b'), back: transition(['b'], 'a') });
      },
      ['error /statuses/a', 'error /statuses/b'],
    ],
    [
      'a guard that does not parse',
      (c) => (c.transitions['start'] = transition(['new'], 'work', { guards: [guard('ticket.hasAssignee &&')] })),
      ['error /transitions/start/guards/0/condition'],
    ],
    [
      'a guard over an unknown name',
      (c) => (c.transitions['start'] = transition(['new'], 'work', { guards: [guard('ticket.mood == "good"')] })),
      ['error /transitions/start/guards/0/condition'],
    ],
    [
      'a guard of the wrong type',
      (c) => (c.transitions['start'] = transition(['new'], 'work', { guards: [guard('ticket.priority > 3.0')] })),
      ['error /transitions/start/guards/0/condition'],
    ],
    [
      'a guard that is no question',
      (c) => (c.transitions['start'] = transition(['new'], 'work', { guards: [guard('ticket.itemCount + 1.0')] })),
      ['error /transitions/start/guards/0/condition'],
    ],
    [
      'a guard that is constantly false',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { guards: [guard('1.0 > 2.0')] })),
      ['error /transitions/reopen/guards/0/condition', 'warning /statuses/done'],
    ],
    [
      'a guard that wants two values at once',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { guards: [guard('ticket.impact == "high" && ticket.impact == "low"')] })),
      ['error /transitions/reopen/guards/0/condition', 'warning /statuses/done'],
    ],
    [
      'a guard for a value that there is not',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { guards: [guard('ticket.priority == "urgent"')] })),
      ['error /transitions/reopen/guards/0/condition', 'warning /statuses/done'],
    ],
    [
      'a guard for a status from which it does not lead',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { guards: [guard('ticket.status == "new"')] })),
      ['error /transitions/reopen/guards/0/condition', 'warning /statuses/done'],
    ],
    [
      'guards that contradict each other',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { guards: [guard('ticket.hasCaller'), guard('!ticket.hasCaller')] })),
      ['error /transitions/reopen/guards', 'warning /statuses/done'],
    ],
    [
      'a guard that contradicts what is required',
      (c) => (c.transitions['reopen'] = transition(['done'], 'work', { requires: ['assigneeId'], guards: [guard('!ticket.hasAssignee')] })),
      ['error /transitions/reopen/guards/0/condition', 'warning /statuses/done'],
    ],
    [
      'a way out that nobody can take',
      (c) => (c.transitions['finish'] = transition(['work'], 'done', { guards: [guard('false')] })),
      [
        'error /transitions/finish/guards/0/condition',
        'error /statuses/work',
        'error /statuses/done',
        'error /statuses/closed',
        'error /statuses/new',
      ],
    ],
    [
      'a timer in no status',
      (c) => (c.timers['close'] = { in: ['dnoe'], after: 'P5D', since: 'silence', take: 'close' }),
      ['error /timers/close/in/0', 'error /timers/close/take'],
    ],
    [
      'a timer that takes no transition',
      (c) => (c.timers['close'] = { in: ['done'], after: 'P5D', since: 'silence', take: 'clsoe' }),
      ['error /timers/close/take'],
    ],
    [
      'a timer into nowhere',
      (c) => (c.timers['close'] = { in: ['work'], after: 'P5D', since: 'silence', take: 'close' }),
      ['error /timers/close/take'],
    ],
    ['a timer that may not act', (c) => (c.transitions['close'] = transition(['done'], 'closed', { by: ['worker'] })), ['error /timers/close/take']],
    [
      'a timer that would have to say something',
      (c) => (c.transitions['close'] = transition(['done'], 'closed', { requires: ['resolution'] })),
      ['error /timers/close/take'],
    ],
    [
      'a timer of no length',
      (c) => (c.timers['close'] = { in: ['done'], after: 'PT0S', since: 'silence', take: 'close' }),
      ['error /timers/close/after'],
    ],
    [
      'timers that go round and round',
      (c) =>
        Object.assign(c.timers, {
          again: { in: ['done'], after: 'PT1H', since: 'entered', take: 'reopen' },
          done: { in: ['work'], after: 'PT1H', since: 'entered', take: 'finish' },
        }),
      ['error /timers/again', 'error /timers/close', 'error /timers/done'],
    ],
    [
      'an approval by no policy, or to where no rule may lead',
      (c) => (c.statuses['work'] = { phase: 'active', name: label('x'), approval: { policy: 'nobody', approved: 'close', rejected: 'finish' } }),
      ['error /statuses/work/approval/policy', 'error /statuses/work/approval/approved'],
    ],
    ['no way to reopen', (c) => delete c.transitions['reopen'], ['warning /statuses/done']],
    ['a way out of what is closed', (c) => (c.transitions['revive'] = transition(['closed'], 'work')), ['warning /statuses/closed']],
    ['tickets that begin as over', (c) => (c.initial = 'done'), ['error /initial', 'error /statuses/new']],
    ['tickets that begin as worked on', (c) => (c.initial = 'work'), ['warning /initial', 'error /statuses/new']],
  ];

  it.each(defects)('finds %s', async (_, spoil, expected) => {
    expect((await find(spoil)).sort()).toEqual(expected.toSorted());
  });
});
