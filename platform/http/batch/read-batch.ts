import type { Contract } from '../../contract/contract.ts';
import { AppError, type FieldViolation } from '../../errors/app-error.ts';

export type BatchMode = 'each' | 'all';

/** One request of a batch, as its sender wrote it. */
export interface Operation {
  method: 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Relative to the collection, maybe with a query. */
  path?: string;
  body?: object;
  ifMatch?: string;
  idempotencyKey?: string;
}

export interface Batch {
  mode: BatchMode;
  operations: readonly Operation[];
}

const modes: readonly string[] = ['each', 'all'] satisfies BatchMode[];

/** The batch that a body is; `mode` may also stand in the query. Throws AppError `invalid_input` with all that is wrong with its form: then nothing is carried out. */
export function readBatch(contract: Contract, body: unknown, query: Readonly<Record<string, readonly string[]>>): Batch {
  const violations = [...contract.violations('Batch', body), ...refuseQuery(query)];
  const { mode, operations } = (violations.length === 0 ? body : { operations: [] }) as { mode?: BatchMode; operations: Operation[] };
  const asked = query['mode']?.[0] as BatchMode | undefined;
  if (mode !== undefined && asked !== undefined && mode !== asked)
    violations.push({ pointer: '/mode', message: `says ${mode}, and the query says ${asked}: give it once` });
  if (violations.length > 0) throw new AppError('invalid_input', 'This is not a batch as it has to be. Nothing was carried out.', { violations });
  return { mode: mode ?? asked ?? 'each', operations };
}

function refuseQuery(query: Readonly<Record<string, readonly string[]>>): FieldViolation[] {
  return Object.entries(query).flatMap(([name, values]) => {
    if (name !== 'mode') return [{ pointer: `/${name}`, message: `${name} is not known here: leave it out, or use one of: mode` }];
    return values.length === 1 && modes.includes(values[0] ?? '') ? [] : [{ pointer: '/mode', message: 'mode must be one of: each, all' }];
  });
}
