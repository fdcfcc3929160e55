import type { PriorityMatrix } from '../domain/ticket.ts';
import type { Matrices } from '../tickets.ts';
import type { KnownDefinitions } from './know-definitions.ts';

export function knowMatrices(definitions: KnownDefinitions): Matrices {
  return definitions.of('priority-matrices', ({ version, content }) => ({ version, matrix: content as PriorityMatrix }));
}
