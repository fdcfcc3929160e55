import { BatchService, type CarryOutRequest, type CarryOutResponse } from '../../../generated/opora/batch/v1/batch.ts';
import { AppError } from '../../errors/app-error.ts';
import type { HttpRefusal } from '../problem.ts';
import type { BatchContext } from './batch-context.ts';
import { isRefused, type Plan, type PlannedOperation } from './plan-operations.ts';
import { type Result, toSuccess } from './result.ts';
import { type BatchProblem, tellFailures } from './tell-failures.ts';

export type AllOutcome = { results: Result[]; replayed: boolean } | { problem: BatchProblem };

/**
 * Has the service carry out all operations in one transaction. Throws what is not the fault of one of them: AppError `unavailable`, `invalid_input` for more
 * than one call carries.
 */
export async function carryOutAll(plans: readonly Plan[], context: BatchContext): Promise<AllOutcome> {
  const { contract, invoke, deadline, principal, idempotencyKey } = context;
  const planned = plans.flatMap((plan) => (isRefused(plan) ? [] : [plan]));
  const refused = findRefused(plans);
  const [first] = planned;
  if (refused.size > 0 || !first) return { problem: tellFailures(plans, refused, context) };

  const method = contract.method(BatchService.name, 'CarryOut');
  const request: CarryOutRequest = { service: hostOf(first), calls: planned.map((plan) => toCall(plan, context)) };
  try {
    const { answer, replayed } = await invoke(method, request, { deadline, principal, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    const { answers } = answer as CarryOutResponse;
    const results = answers.map((one, index) => {
      const { method: own } = planned[index] ?? first;
      return toSuccess(contract, own, { answer: contract.decode(own.response, one.answer), replayed: one.replayed });
    });
    return { results, replayed };
  } catch (error) {
    const failed = readFailure(error);
    if (!failed) throw error;
    return { problem: tellFailures(plans, new Map([[failed.index, failed.error]]), context) };
  }
}

/** Those that cannot be carried out, or not in one transaction with the first. */
function findRefused(plans: readonly Plan[]): Map<number, AppError | HttpRefusal> {
  const refused = new Map<number, AppError | HttpRefusal>();
  let host: string | undefined;
  for (const plan of plans) {
    if (isRefused(plan)) {
      refused.set(plan.index, plan.refusal);
      continue;
    }
    host ??= hostOf(plan);
    if (plan.method.routedBy !== undefined)
      refused.set(plan.index, new AppError('invalid_input', 'This is never a part of a transaction: take the mode each.'));
    else if (hostOf(plan) !== host)
      refused.set(plan.index, new AppError('invalid_input', 'Another service does this than what comes before it: send it in a batch of its own.'));
  }
  return refused;
}

function hostOf({ method }: PlannedOperation): string {
  return method.service.split('.')[1] ?? method.service;
}

function toCall({ method, message, operation }: PlannedOperation, { contract }: BatchContext): CarryOutRequest['calls'][number] {
  const { idempotencyKey } = operation;
  return {
    method: `${method.service}/${method.name}`,
    request: contract.encode(method.request, message),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

const callPattern = /^\/calls\/(\d+)(?:\/request(?=\/|$))?/;

/** Which call the service names, and its error as the call alone would have brought it. What is unavailable is so for all. */
function readFailure(error: unknown): { index: number; error: AppError } | undefined {
  if (!(error instanceof AppError) || error.kind === 'unavailable') return undefined;
  const index = error.violations.map(({ pointer }) => callPattern.exec(pointer)?.[1]).find((found) => found !== undefined);
  if (index === undefined) return undefined;
  const violations = error.violations
    .filter(({ pointer }) => pointer !== `/calls/${index}`)
    .map(({ pointer, message }) => ({ pointer: pointer.replace(callPattern, ''), message }));
  return { index: Number(index), error: new AppError(error.kind, error.message, { violations, cause: error }) };
}
