import fc from 'fast-check';
import { isAppError } from '../../../platform/errors/app-error.ts';
import { type ApprovalState, expire, openStage, type Policy, reachNextStage, vote } from './approval.ts';
import type { TicketState } from './ticket.ts';

const label = (en: string) => ({ ru: en, en });
const stage = (title: string, needs: 'any' | 'all' | 'count' = 'any', count?: number) => ({
  title: label(title),
  approvers: [],
  needs,
  withoutCaller: false,
  ...(count !== undefined && { count }),
});
const policy: Policy = {
  name: 'board',
  version: 1,
  content: { title: label('Board'), stages: [stage('lead'), stage('money'), stage('board', 'all')] },
  conditions: [
    undefined,
    { text: 'ticket.impact == "high"', evaluate: (facts: { ticket: { impact: string } }) => ({ matches: facts.ticket.impact === 'high' }) } as never,
    undefined,
  ],
};
const ticket = { type: 'change', impact: 'low', items: [] } as unknown as TicketState;
const begun: ApprovalState = {
  id: 'a',
  ticketId: 't',
  policy: 'board',
  policyVersion: 1,
  approved: 'approve',
  rejected: 'reject',
  state: 'running',
  stages: [],
  version: 1,
  createdAt: 1,
  updatedAt: 1,
};
const cast = (accountId: string, decision: 'approve' | 'reject' = 'approve', comment = 'x') => ({
  accountId,
  name: accountId,
  decision,
  comment,
  at: 2,
});

describe('a round of agreement', () => {
  it('asks the stages one after the other, passes over those whose condition does not hold, and ends', () => {
    const lead = openStage(reachNextStage(begun, policy, ticket), stage('lead'), ['ann', 'bob', 'ann']);
    expect(lead.stages).toMatchObject([{ state: 'running', approvers: ['ann', 'bob'], needed: 1 }]);
    const board = reachNextStage(vote(lead, cast('bob')), policy, ticket);
    expect(board.stages.map(({ state }) => state)).toEqual(['approved', 'skipped', 'waiting']);
    expect(board.stages[1]?.explanation).toMatch(/ticket\.impact/);
    const asked = openStage(board, stage('board', 'all'), ['ann', 'eve']);
    const done = reachNextStage(vote(vote(asked, cast('ann')), cast('eve')), policy, ticket);
    expect(done.state).toBe('approved');
  });

  it('waits where there are too few to ask, and says so', () => {
    const waiting = openStage(reachNextStage(begun, policy, ticket), stage('lead', 'count', 3), ['ann', 'bob']);
    expect(waiting.stages[0]).toMatchObject({ state: 'waiting', explanation: '3 must approve, and there are 2 to ask.' });
    expect(() => vote(waiting, cast('ann'))).toThrow('Nobody is asked now');
    expect(openStage(reachNextStage(begun, policy, ticket), stage('lead', 'all'), []).stages[0]?.state).toBe('waiting');
  });

  it('takes one answer of each who is asked, and a rejection only with a word', () => {
    const asked = openStage(reachNextStage(begun, policy, ticket), stage('lead', 'all'), ['ann', 'bob']);
    expect(() => vote(asked, cast('eve'))).toThrow('It is not you who is asked.');
    expect(() => vote(vote(asked, cast('ann')), cast('ann'))).toThrow('You have answered already.');
    expect(() => vote(asked, cast('ann', 'reject', ' '))).toThrow('A rejection says why.');
    expect(vote(asked, cast('ann', 'reject')).state).toBe('rejected');
  });

  it('is decided by its time when nobody does', () => {
    const asked = openStage(reachNextStage(begun, policy, ticket), stage('lead'), ['ann']);
    expect(expire(asked, 'reject').state).toBe('rejected');
    expect(reachNextStage(expire(asked, 'approve'), policy, ticket).stages.map(({ state }) => state)).toEqual(['approved', 'skipped', 'waiting']);
  });

  it('is approved as soon as enough have, rejected as soon as enough cannot any more, and open until then, in whatever order they answer', () => {
    const decisions = fc.array(fc.constantFrom<'approve' | 'reject'>('approve', 'reject'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        decisions,
        fc.constantFrom<'any' | 'all' | 'count'>('any', 'all', 'count'),
        fc.integer({ min: 1, max: 6 }),
        (votes, needs, wanted) => {
          const count = Math.min(wanted, votes.length);
          const needed = needs === 'any' ? 1 : needs === 'all' ? votes.length : count;
          const people = votes.map((_, index) => `p${index}`);
          let now = openStage(reachNextStage(begun, policy, ticket), stage('lead', needs, needs === 'count' ? count : undefined), people);
          let [approvals, rejections] = [0, 0];
          for (const [index, decision] of votes.entries()) {
            const isDecided = approvals >= needed || votes.length - rejections < needed;
            try {
              now = vote(now, cast(people[index] ?? '', decision));
              expect(isDecided).toBe(false);
            } catch (error) {
              if (!isAppError(error)) throw error;
              expect(isDecided).toBe(true);
              continue;
            }
            if (decision === 'approve') approvals++;
            else rejections++;
            const expected = approvals >= needed ? 'approved' : votes.length - rejections < needed ? 'rejected' : 'running';
            expect(now.stages[0]?.state).toBe(expected);
            expect(now.state).toBe(expected === 'rejected' ? 'rejected' : 'running');
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
