import type { Database } from '../../platform/postgres/database.ts';
import type { Statement } from '../../platform/postgres/sql.ts';
import { updateChangeSet } from '../history/change-set-store.ts';
import { findChangeSet } from '../history/change-sets.ts';
import type { SourceRun } from './run-store.ts';

/** The timer that completes a run. */
export function completionTimer(runId: string): string {
  return `complete/${runId}`;
}

/** The timer on which the grace of what a run did not name is over; `id` keeps it apart from others of its source. */
export function graceTimer(source: string, id: string): string {
  return `grace/${id}/${source}`;
}

/** The run that a timer is to complete, if it is one of those. */
export function completionOf(timer: string): string | undefined {
  return /^complete\/(.*)$/.exec(timer)?.[1];
}

export function graceOf(timer: string): string | undefined {
  return /^grace\/[^/]*\/(.*)$/s.exec(timer)?.[1];
}

/** The change set of a run is done with it. */
export async function endChangeSet(database: Database, run: SourceRun): Promise<Statement> {
  const set = await findChangeSet(database, run.id);
  return updateChangeSet({ ...set, status: 'done', counts: run.counts, version: set.version + 1, updatedAt: new Date(run.updatedAt).toISOString() });
}
