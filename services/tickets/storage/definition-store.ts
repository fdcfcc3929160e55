import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import { compileLifecycle, type Lifecycle, type LifecycleDefinition } from '../domain/lifecycle.ts';
import type { Level, Priority, PriorityMatrix, TicketType } from '../domain/ticket.ts';

/** Lifecycles and the priority matrix, compiled once. */
export interface Definitions {
  matrix: PriorityMatrix;
  /** The version that new tickets of the type begin with. */
  newest(type: TicketType): Lifecycle;
  pinned(type: TicketType, version: number): Lifecycle;
}

export async function loadDefinitions(database: Database): Promise<Definitions> {
  const [lifecycles, cells] = await Promise.all([
    database.query<{ type: string; version: number; definition: LifecycleDefinition }>(
      sql`select type, version, definition from lifecycle order by version`,
    ),
    database.query<{ impact: Level; urgency: Level; priority: Priority }>(sql`select impact, urgency, priority from priority_matrix`),
  ]);
  const compiled = new Map<string, Lifecycle>();
  const newest = new Map<string, Lifecycle>();
  for (const { type, version, definition } of lifecycles) {
    const lifecycle = compileLifecycle(definition, version);
    compiled.set(`${type}/${version}`, lifecycle);
    newest.set(type, lifecycle);
  }
  const matrix: Record<string, Record<string, Priority>> = {};
  for (const { impact, urgency, priority } of cells) {
    matrix[impact] = { ...matrix[impact], [urgency]: priority };
  }
  return {
    matrix: matrix as PriorityMatrix,
    newest: (type) => found(newest.get(type), type),
    pinned: (type, version) => found(compiled.get(`${type}/${version}`), type),
  };
}

function found(lifecycle: Lifecycle | undefined, type: string): Lifecycle {
  if (!lifecycle) throw new AppError('illegal_state', `There is no lifecycle for tickets of type "${type}".`);
  return lifecycle;
}
