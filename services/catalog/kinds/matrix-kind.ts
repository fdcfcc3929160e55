import type { PriorityMatrix } from '../../../generated/opora/catalog/v1/priority_matrix.ts';
import { TicketService } from '../../../generated/opora/tickets/v1/tickets.ts';
import { type DefinitionKind, definitionKind } from '../../../platform/definitions/definition.ts';
import { checkMatrix } from '../domain/check-matrix.ts';
import type { KindParts } from './lifecycle-kind.ts';

/** What impact and urgency make together. */
export function matrixKind({ client }: Pick<KindParts, 'client'>): DefinitionKind {
  const tickets = client(TicketService);
  return definitionKind<PriorityMatrix>({
    kind: 'priority-matrices',
    message: 'opora.catalog.v1.PriorityMatrix',
    check: (content) => checkMatrix(content),
    tryOn: (content, { limit, options }) => tickets.tryDefinition({ kind: 'priority-matrices', content: JSON.stringify(content), limit }, options),
  });
}
