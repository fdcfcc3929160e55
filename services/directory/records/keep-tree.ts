import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, raw, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { findRing } from '../domain/records/find-ring.ts';
import { columnOf, type RecordState, type Resource, type Step } from './resource.ts';

/**
 * What must go into the commit so that the records stay a tree: nothing when none of them is hung elsewhere (a new one has nobody below it). Throws
 * AppError `invalid_input` when one would stand above itself; a change of the tree at the same moment makes the commit a `conflict`.
 */
export async function keepTree<State extends RecordState>(
  database: Database,
  { kind, parent, noun }: Pick<Resource<State>, 'kind' | 'parent' | 'noun'>,
  steps: readonly Step<State>[],
): Promise<Statement[]> {
  if (parent === undefined) return [];
  const parentIn = (state: State | undefined) => state?.[parent] as string | undefined;
  const hung = steps.filter(({ before, after }) => before && parentIn(after) !== undefined && parentIn(before) !== parentIn(after));
  if (hung.length === 0) return [];
  const column = raw(columnOf(parent));
  const above = hung.map(({ after }) => parentIn(after));
  const rows = await database.query<{ id: string; parent: string | null; version: number }>(
    sql`with recursive up(id, parent) as (
        select id, ${column} from ${raw(kind)} where id = any(${above}::uuid[])
        union select t.id, t.${column} from ${raw(kind)} t join up on t.id = up.parent)
      select up.id, up.parent, tree.version from tree left join up on true where tree.kind = ${kind}`,
  );
  const parentOf = new Map(rows.map(({ id, parent: over }) => [id, over ?? undefined]));
  for (const { after } of steps) parentOf.set(after.id, parentIn(after));
  const ring = findRing(
    parentOf,
    hung.map(({ after }) => after.id),
  );
  if (ring !== undefined) {
    const message = `would put ${noun} above itself: ${ring} is among those below`;
    throw new AppError('invalid_input', 'They would stand in a ring.', { violations: [{ pointer: `/${parent}`, message }] });
  }
  const version = rows[0]?.version ?? 0;
  return [exactly(1, sql`update tree set version = ${version + 1} where kind = ${kind} and version = ${version} returning 1`)];
}
