import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { Level, Priority, PriorityMatrix } from '../domain/ticket.ts';

export async function readMatrix(database: Database): Promise<PriorityMatrix> {
  const cells = await database.query<{ impact: Level; urgency: Level; priority: Priority }>(
    sql`select impact, urgency, priority from priority_matrix`,
  );
  const matrix: Record<string, Record<string, Priority>> = {};
  for (const { impact, urgency, priority } of cells) {
    matrix[impact] = { ...matrix[impact], [urgency]: priority };
  }
  return matrix as PriorityMatrix;
}
