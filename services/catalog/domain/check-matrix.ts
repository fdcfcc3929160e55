import type { PriorityMatrix } from '../../../generated/opora/catalog/v1/priority_matrix.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { warning } from './findings.ts';

const levels = ['high', 'medium', 'low'] as const;
const priorities = ['critical', 'high', 'moderate', 'low', 'planning'];

/** Cells in which more impact, or more urgency, makes a ticket less important. */
export function checkMatrix(matrix: PriorityMatrix): Finding[] {
  const rankOf = (impact: number, urgency: number) => priorities.indexOf(matrix[levels[impact] ?? 'low'][levels[urgency] ?? 'low']);
  return levels.flatMap((impact, row) =>
    levels.flatMap((urgency, column) => {
      const rank = rankOf(row, column);
      const isLess = (row > 0 && rankOf(row - 1, column) > rank) || (column > 0 && rankOf(row, column - 1) > rank);
      if (!isLess) return [];
      return warning(`/${impact}/${urgency}`, {
        ru: 'Важнее, чем при большем влиянии или большей срочности.',
        en: 'This is more important than with more impact or more urgency.',
      });
    }),
  );
}
