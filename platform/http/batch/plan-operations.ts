import type { Contract } from '../../contract/contract.ts';
import { AppError } from '../../errors/app-error.ts';
import { type Principal, requirePermission } from '../../rpc/call.ts';
import { readExpectedVersion } from '../conditional.ts';
import { HttpRefusal } from '../problem.ts';
import { type RestMethod, readMessage } from '../rest-call.ts';
import type { FindMethod, FoundMethod } from './find-method.ts';
import type { Operation } from './read-batch.ts';

interface Planning {
  index: number;
  operation: Operation;
  /** Path of the request that it stands for. */
  instance: string;
}

/** An operation whose method, rights and message are good, as far as the edge can know. */
export interface PlannedOperation extends Planning {
  method: RestMethod;
  message: object;
  /** The object that its path names. */
  object?: string;
}

export interface RefusedOperation extends Planning {
  method?: RestMethod;
  refusal: AppError | HttpRefusal;
}

export type Plan = PlannedOperation | RefusedOperation;

export interface PlanParts {
  contract: Contract;
  principal: Principal;
  /** As people write it: `/api/v1/tickets`. */
  collection: string;
  findMethod: FindMethod;
}

/** Everything that can be known of operations before the first is carried out. */
export function planOperations(operations: readonly Operation[], parts: PlanParts): Plan[] {
  return operations.map((operation, index) => {
    const [path = ''] = (operation.path ?? '').split('?', 1);
    const planning: Planning = { index, operation, instance: `${parts.collection}${path}` };
    let found: FoundMethod | undefined;
    try {
      found = parts.findMethod(operation);
      return plan(planning, found, parts);
    } catch (error) {
      if (!(error instanceof AppError || error instanceof HttpRefusal)) throw error;
      return { ...planning, ...(found && { method: found.method }), refusal: error };
    }
  });
}

export function isRefused(plan: Plan): plan is RefusedOperation {
  return 'refusal' in plan;
}

function plan(planning: Planning, { method, path, query }: FoundMethod, { contract, principal }: PlanParts): PlannedOperation {
  const { operation } = planning;
  requirePermission(principal, method);
  const expectedVersion = method.needsIfMatch ? readExpectedVersion(operation.ifMatch) : undefined;
  if (operation.body !== undefined && !method.http.body) throw new HttpRefusal('malformed', `${operation.method} takes no body here: leave it out.`);
  const message = readMessage(contract, method, { path, query, body: operation.body ?? {} }, expectedVersion);
  const [firstField] = method.http.pathFields;
  const object = firstField === undefined ? undefined : path[firstField];
  return { ...planning, method, message, ...(object !== undefined && { object }) };
}
