import type { FieldViolation } from '../../errors/app-error.ts';
import { HttpRefusal, type Problem, problemKinds } from '../problem.ts';
import type { BatchContext } from './batch-context.ts';
import type { Plan } from './plan-operations.ts';
import { type Result, toFailure } from './result.ts';

/** The problem of a batch that is one transaction, with what became of each operation. */
export type BatchProblem = Problem & { results: Result[] };

/** Statuses of what may go well once the objects are read anew; everything else wants the batch mended. */
const passing: readonly number[] = [problemKinds.conflict.status, problemKinds.precondition_failed.status];

/** Tells of every operation whether it failed or was undone because of the first that did. `failures` are errors by the operation's index, one at least. */
export function tellFailures(
  plans: readonly Plan[],
  failures: ReadonlyMap<number, unknown>,
  { instance, traceId }: Pick<BatchContext, 'instance' | 'traceId'>,
): BatchProblem {
  const [first = 0] = failures.keys();
  const undone = new HttpRefusal('undone', `Operation ${first} failed, so this one has had no effect either.`, {
    violations: [{ pointer: `/operations/${first}`, message: 'failed' }],
  });
  const told = plans.map((plan) => {
    const isFailed = failures.has(plan.index);
    return { plan, isFailed, result: toFailure(isFailed ? failures.get(plan.index) : undone, plan, traceId) };
  });
  const failed = told.filter(({ isFailed }) => isFailed);
  const kind = failed.every(({ result }) => passing.includes(result.status)) ? 'conflict' : 'invalid_input';
  const reason = failed.length === 1 ? `Operation ${first} failed` : `Operation ${first} and ${failed.length - 1} more failed`;
  return {
    type: `/problems/${kind}`,
    ...problemKinds[kind],
    detail: `${reason}, so none of the batch has had an effect. ${failed[0]?.result.problem.detail ?? ''}`.trim(),
    instance,
    ...(traceId !== undefined && { traceId }),
    errors: failed.flatMap(({ plan, result }) => pointIntoBatch(plan, result.problem)),
    results: told.map(({ result }) => result),
  };
}

function pointIntoBatch({ index, method }: Plan, { detail, errors }: Problem): FieldViolation[] {
  const operation = `/operations/${index}`;
  if (!errors) return [{ pointer: operation, message: detail }];
  const { pathFields = [], query = {} } = method?.http ?? {};
  return errors.map(({ pointer, message }) => {
    const field = pointer.split('/')[1];
    if (field === undefined) return { pointer: operation, message };
    if (field === 'expectedVersion') return { pointer: `${operation}/ifMatch`, message };
    const isInPath = pathFields.includes(field) || Object.hasOwn(query, field);
    return { pointer: isInPath ? `${operation}/path` : `${operation}/body${pointer}`, message };
  });
}
