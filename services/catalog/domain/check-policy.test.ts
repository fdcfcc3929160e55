import type { ApprovalPolicy } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import { loadContract } from '../../../platform/contract/load-contract.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import { checkMatrix } from './check-matrix.ts';
import { checkPolicy } from './check-policy.ts';

const { variables, domains } = readShape(loadContract(), 'opora.tickets.v1.ApprovalFacts');
const context = { compile: ruleLanguage(variables).condition, domains, accounts: new Set(['ann', 'bob']), roles: new Set(['agent']) };
const label = { ru: 'x', en: 'x' };
type Stage = ApprovalPolicy['stages'][number];
const sound = (): Stage => ({
  title: label,
  approvers: [
    { kind: 'account', value: 'ann' },
    { kind: 'role', value: 'agent' },
  ],
  needs: 'any',
  withoutCaller: false,
});
const find = (change: Partial<Stage>) =>
  checkPolicy({ title: label, stages: [{ ...sound(), ...change }, sound()] }, context).map(({ severity, pointer }) => `${severity} ${pointer}`);

describe('the check of an approval policy', () => {
  it('finds nothing in a sound one', () => {
    expect(find({ condition: 'ticket.impact == "high"', remindAfter: 'P1D', expiresAfter: 'P2D', onExpiry: 'reject' })).toEqual([]);
  });

  it.each<[string, Partial<Stage>, string[]]>([
    [
      'an account and a role that there are not',
      {
        approvers: [
          { kind: 'account', value: 'eve' },
          { kind: 'role', value: 'gods' },
        ],
      },
      ['error /stages/0/approvers/0/value', 'error /stages/0/approvers/1/value'],
    ],
    [
      'somebody named twice',
      {
        approvers: [
          { kind: 'account', value: 'ann' },
          { kind: 'account', value: 'ann' },
        ],
      },
      ['warning /stages/0/approvers/1'],
    ],
    [
      'a manager who is named, and a role that is not',
      { approvers: [{ kind: 'manager_of_caller', value: 'ann' }, { kind: 'role' }, { kind: 'manager_of_assignee' }] },
      ['error /stages/0/approvers/0/value', 'error /stages/0/approvers/1/value'],
    ],
    ['a count that is missing', { needs: 'count' }, ['error /stages/0/count']],
    ['a count that is for nothing', { count: 2 }, ['error /stages/0/count']],
    ['more agreement than people', { needs: 'count', count: 2, approvers: [{ kind: 'account', value: 'ann' }] }, ['error /stages/0/count']],
    ['a condition over an unknown name', { condition: 'ticket.mood == "good"' }, ['error /stages/0/condition']],
    ['a condition that can never hold', { condition: 'ticket.impact == "huge"' }, ['error /stages/0/condition']],
    ['an end without a word on it', { expiresAfter: 'P1D' }, ['error /stages/0/onExpiry']],
    ['a word on an end that there is not', { onExpiry: 'reject' }, ['error /stages/0/expiresAfter']],
    ['a time of no length', { remindAfter: 'PT0S' }, ['error /stages/0/remindAfter']],
    ['a reminder after the end', { remindAfter: 'P2D', expiresAfter: 'P1D', onExpiry: 'reject' }, ['warning /stages/0/remindAfter']],
  ])('finds %s', (_, change, expected) => {
    expect(find(change)).toEqual(expected);
  });

  it('warns where everything could be approved by itself', () => {
    const stages = [{ ...sound(), condition: 'ticket.impact == "high"' }];
    expect(checkPolicy({ title: label, stages }, context).map(({ pointer }) => pointer)).toEqual(['/stages']);
  });
});

describe('the check of a priority matrix', () => {
  it('warns of a cell that is more important than one with more impact or urgency', () => {
    const row = { high: 'high', medium: 'moderate', low: 'low' } as const;
    expect(checkMatrix({ title: label, high: { ...row, high: 'critical' }, medium: row, low: row })).toEqual([]);
    const odd = checkMatrix({ title: label, high: row, medium: { ...row, low: 'critical' }, low: row });
    expect(odd.map(({ severity, pointer }) => `${severity} ${pointer}`)).toEqual(['warning /medium/low']);
  });
});
