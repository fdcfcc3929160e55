import { AppError } from '../../../platform/errors/app-error.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { exactly, raw, type Statement, sql } from '../../../platform/postgres/sql.ts';
import { findRing } from '../domain/records/find-ring.ts';
import { columnOf, type RecordState, type Resource, type Step } from './resource.ts';

type Tree<State extends RecordState> = Pick<Resource<State>, 'kind' | 'parent' | 'noun'>;

/**
 * What must go into the commit so that the records stay a tree. Throws AppError `invalid_input` when one would stand above itself; a change of the tree at the
 * same moment makes the commit a `conflict`.
 */
export async function keepTree<State extends RecordState>(
  database: Database,
  tree: Tree<State>,
  steps: readonly Step<State>[],
): Promise<Statement[]> {
  // A new record has nobody below it.
  const { ring, statements } = await lookForRing(database, tree, steps, (step) => step.before !== undefined);
  if (ring === undefined) return statements;
  const message = `would put ${tree.noun} above itself: look at what stands below ${ring}`;
  throw new AppError('invalid_input', 'They would stand in a ring.', { violations: [{ pointer: `/${tree.parent}`, message }] });
}

/** The same for records that come many at a time, also new ones under each other: those that would close a ring keep the parent that they had, and are named. */
export async function cutRings<State extends RecordState>(
  database: Database,
  tree: Tree<State>,
  steps: Step<State>[],
): Promise<{ statements: Statement[]; cut: string[] }> {
  const cut: string[] = [];
  for (;;) {
    const { ring, statements } = await lookForRing(database, tree, steps, () => true);
    if (ring === undefined) return { statements, cut };
    cut.push(ring);
    for (const [index, { before, after }] of steps.entries()) {
      if (after.id === ring && tree.parent !== undefined) steps[index] = { before, after: withParent(after, tree.parent, before) };
    }
  }
}

async function lookForRing<State extends RecordState>(
  database: Database,
  { kind, parent }: Tree<State>,
  steps: readonly Step<State>[],
  canClose: (step: Step<State>) => boolean,
): Promise<{ ring?: string; statements: Statement[] }> {
  if (parent === undefined) return { statements: [] };
  const parentIn = (state: State | undefined) => state?.[parent] as string | undefined;
  const hung = steps.filter((step) => canClose(step) && parentIn(step.after) !== undefined && parentIn(step.before) !== parentIn(step.after));
  if (hung.length === 0) return { statements: [] };
  const column = raw(columnOf(parent));
  const above = [...new Set(hung.map(({ after }) => parentIn(after)))];
  const rows = await database.query<{ id: string | null; parent: string | null; version: number }>(
    sql`with recursive up(id, parent) as (
        select id, ${column} from ${raw(kind)} where id = any(${above}::uuid[])
        union select t.id, t.${column} from ${raw(kind)} t join up on t.id = up.parent)
      select up.id, up.parent, tree.version from tree left join up on true where tree.kind = ${kind}`,
  );
  const parentOf = new Map(rows.flatMap(({ id, parent: over }) => (id === null ? [] : [[id, over ?? undefined]])));
  for (const { after } of steps) parentOf.set(after.id, parentIn(after));
  const ring = findRing(
    parentOf,
    hung.map(({ after }) => after.id),
  );
  if (ring !== undefined) return { ring, statements: [] };
  // Only what has somebody below it can close a ring with what others do at this moment.
  if (!hung.some(({ before }) => before)) return { statements: [] };
  const version = rows[0]?.version ?? 0;
  return { statements: [exactly(1, sql`update tree set version = ${version + 1} where kind = ${kind} and version = ${version} returning 1`)] };
}

function withParent<State extends RecordState>(state: State, parent: keyof State & string, before: State | undefined): State {
  const { [parent]: _, ...rest } = state;
  const old = before?.[parent];
  // The same fields with another parent; a rest of a generic type does not say so.
  return { ...rest, ...(old !== undefined && { [parent]: old }) } as unknown as State;
}
