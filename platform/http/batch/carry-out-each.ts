import { createTurns } from '../../bus/turns.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CallOptions } from '../../rpc/call.ts';
import type { BatchContext } from './batch-context.ts';
import { isRefused, type Plan, type PlannedOperation } from './plan-operations.ts';
import { type Result, toFailure, toSuccess } from './result.ts';

/** As many operations of one batch are under way at the same time: a batch must not crowd out those who ask for one thing. */
const atOnce = 4;

/** Carries out every operation for itself, whatever becomes of the others; those that name the same object one after the other, in their order. */
export async function carryOutEach(plans: readonly Plan[], context: BatchContext): Promise<Result[]> {
  const turns = createTurns(atOnce);
  const lastOf = new Map<string, Promise<unknown>>();
  const results = plans.map((plan) => {
    if (isRefused(plan)) return toFailure(plan.refusal, plan, context.traceId);
    const { object } = plan;
    const work = () => turns(() => carryOut(plan, context));
    const before = object === undefined ? undefined : lastOf.get(object);
    const result = before ? before.then(work) : work();
    if (object !== undefined) lastOf.set(object, result);
    return result;
  });
  return Promise.all(results);
}

/** Never rejects: a failure is a result, and what follows in its order is carried out all the same. */
async function carryOut(plan: PlannedOperation, context: BatchContext): Promise<Result> {
  const { contract, invoke, clock, log, traceId, deadline } = context;
  try {
    if (clock.now() >= deadline) throw new AppError('unavailable', 'The time of the batch was over before this was begun. Send it again.');
    return toSuccess(contract, plan.method, await invoke(plan.method, plan.message, optionsOf(plan, context)));
  } catch (error) {
    const failure = toFailure(error, plan, traceId);
    if (failure.status === 500) log.error({ err: error }, 'an operation of a batch met a bug');
    return failure;
  }
}

/** The key of the whole gives each operation one of its own: the same batch sent again does what is left of it, and nothing twice. */
function optionsOf({ index, operation }: PlannedOperation, { clock, patience, deadline, principal, idempotencyKey }: BatchContext): CallOptions {
  const key = operation.idempotencyKey ?? (idempotencyKey === undefined ? undefined : `${idempotencyKey}#${index}`);
  return { deadline: Math.min(deadline, clock.now() + patience), principal, ...(key !== undefined && { idempotencyKey: key }) };
}
