import type { Contract } from '../../contract/contract.ts';
import { type Problem, toProblem } from '../problem.ts';
import { type RestMethod, toRestAnswer } from '../rest-call.ts';
import type { Plan } from './plan-operations.ts';

/** What became of one operation, as its own answer would tell it. */
export interface Result {
  status: number;
  etag?: string;
  location?: string;
  replayed?: true;
  /** Seconds. */
  retryAfter?: number;
  body?: object;
  problem?: Problem;
}

export function toSuccess(contract: Contract, method: RestMethod, { answer, replayed }: { answer: object; replayed: boolean }): Result {
  return { ...toRestAnswer(contract, method, answer), ...(replayed && { replayed }) };
}

export function toFailure(error: unknown, { operation, instance }: Plan, traceId: string | undefined): Result & { problem: Problem } {
  const { problem, headers } = toProblem(error, {
    instance,
    ...(traceId !== undefined && { traceId }),
    conditional: operation.ifMatch !== undefined,
  });
  const retryAfter = headers['retry-after'];
  return { status: problem.status, ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }), problem };
}
