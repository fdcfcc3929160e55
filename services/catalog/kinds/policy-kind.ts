import type { ApprovalPolicy } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import { DirectoryService } from '../../../generated/opora/directory/v1/directory.ts';
import { TicketService } from '../../../generated/opora/tickets/v1/tickets.ts';
import { type DefinitionKind, definitionKind } from '../../../platform/definitions/definition.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import { checkPolicy } from '../domain/check-policy.ts';
import type { KindParts } from './lifecycle-kind.ts';

/** Milliseconds that the directory is waited for. */
const patience = 5_000;

/** Who must agree. Whether the people and roles that it names exist, the directory is asked. */
export function policyKind({ contract, client, within }: KindParts): DefinitionKind {
  const { variables, domains } = readShape(contract, 'opora.tickets.v1.ApprovalFacts');
  const compile = ruleLanguage(variables).condition;
  const [directory, tickets] = [client(DirectoryService), client(TicketService)];

  async function isThere(ask: Promise<unknown>): Promise<boolean> {
    try {
      await ask;
      return true;
    } catch (error) {
      if (isAppError(error, 'not_found') || isAppError(error, 'invalid_input')) return false;
      throw error;
    }
  }

  async function findThose(values: readonly string[], ask: (value: string) => Promise<unknown>): Promise<Set<string>> {
    const found = new Set<string>();
    for (const value of new Set(values)) if (await isThere(ask(value))) found.add(value);
    return found;
  }

  return definitionKind<ApprovalPolicy>({
    kind: 'approval-policies',
    message: 'opora.catalog.v1.ApprovalPolicy',
    async check(content) {
      const named = (kind: string) =>
        content.stages.flatMap(({ approvers }) => approvers.flatMap((one) => (one.kind === kind && one.value !== undefined ? [one.value] : [])));
      const accounts = await findThose(named('account'), (id) => directory.getAccount({ id }, within(patience)));
      const roles = await findThose(named('role'), (name) => directory.getRole({ name }, within(patience)));
      return checkPolicy(content, { compile, domains, accounts, roles });
    },
    tryOn: (content, { limit, options }) => tickets.tryDefinition({ kind: 'approval-policies', content: JSON.stringify(content), limit }, options),
  });
}
