import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import { TicketService } from '../../../generated/opora/tickets/v1/tickets.ts';
import type { Contract } from '../../../platform/contract/contract.ts';
import { type DefinitionKind, definitionKind } from '../../../platform/definitions/definition.ts';
import { readShape } from '../../../platform/rules/read-shape.ts';
import { ruleLanguage } from '../../../platform/rules/rule-language.ts';
import type { Parts } from '../../../platform/service/define-service.ts';
import { checkLifecycle } from '../domain/check-lifecycle.ts';

export interface KindParts {
  contract: Pick<Contract, 'schema' | 'methods' | 'events'>;
  client: Parts['client'];
  within: Parts['within'];
}

/** How tickets flow: checked here, tried on the past by those who have it. */
export function lifecycleKind({ contract, client }: Omit<KindParts, 'within'>): DefinitionKind {
  const { variables, domains } = readShape(contract, 'opora.tickets.v1.LifecycleFacts');
  const permissions = new Set([...contract.methods, ...contract.events].flatMap((declared) => declared.permissions));
  const context = { compile: ruleLanguage(variables).condition, domains, permissions };
  const tickets = client(TicketService);
  return definitionKind<Lifecycle>({
    kind: 'lifecycles',
    message: 'opora.catalog.v1.Lifecycle',
    check: async (content, { readNames }) => checkLifecycle(content, { ...context, policies: await readNames('approval-policies') }),
    tryOn: (content, { limit, options }) => tickets.tryDefinition({ kind: 'lifecycles', content: JSON.stringify(content), limit }, options),
  });
}
