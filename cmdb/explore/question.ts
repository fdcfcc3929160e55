import { AppError } from '../../platform/errors/app-error.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { checkRelationType } from '../domain/model/check-relation.ts';
import { judgeByModel, type Models } from '../model/models.ts';

const mostMilliseconds = 2_000;

/** The types of relations that are asked for, or all. Throws AppError `invalid_input`. */
export async function chooseTypes(models: Pick<Models, 'current' | 'newest'>, asked: readonly string[]): Promise<readonly string[]> {
  const { violations, known } = await judgeByModel(models, (model) => ({
    violations: asked.flatMap((name, index) => checkRelationType(model, name, `/type/${index}`)),
    known: [...model.relationTypes.keys()],
  }));
  if (violations.length > 0) throw new AppError('invalid_input', 'Not all of these are types of relations.', { violations });
  return asked.length > 0 ? [...new Set(asked)] : known;
}

/** Until when (`performance.now()`) an answer may be looked for: half of what the caller still waits; the other half is for naming what was found. */
export function until({ deadline }: Pick<Call, 'deadline'>): number {
  return performance.now() + Math.max(0, Math.min(mostMilliseconds, (deadline - Date.now()) / 2));
}
