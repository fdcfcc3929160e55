import type { ApprovalPolicy } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import type { Contract } from '../../../platform/contract/contract.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import type { KnownDefinitions } from '../definitions/know-definitions.ts';
import type { Policy } from '../domain/approval.ts';
import type { Policies } from './follow-status.ts';

const message = 'opora.catalog.v1.ApprovalPolicy';

export function knowPolicies(definitions: KnownDefinitions, contract: Pick<Contract, 'schema' | 'encode' | 'decode'>): Policies {
  const compileCondition = ruleLanguage(readShape(contract, 'opora.tickets.v1.ApprovalFacts').variables).condition;
  const compile = (written: unknown, name = 'draft', version = 0): Policy => {
    const content = contract.decode(message, contract.encode(message, written as object)) as ApprovalPolicy;
    return {
      name,
      version,
      content,
      conditions: content.stages.map(({ condition }) => (condition === undefined ? undefined : compileCondition(condition))),
    };
  };
  return { ...definitions.of('approval-policies', ({ name, version, content }) => compile(content, name, version)), compile };
}
