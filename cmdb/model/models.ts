import { LRUCache } from 'lru-cache';
import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { readModelVersion, readNewestVersion } from './model-store.ts';

/** A model that was published. */
export interface VersionedModel extends CompiledModel {
  version: number;
}

export interface Models {
  /** The model that holds. What another process published may be unknown here for a second. */
  current(): Promise<VersionedModel>;
  /** The model that holds, as the records say now. */
  newest(): Promise<VersionedModel>;
  /** Any version. Throws AppError `not_found`. */
  find(version: number): Promise<VersionedModel>;
}

/** For those who only ask what holds. */
export type CurrentModel = () => Promise<CompiledModel>;

/**
 * What `judge` finds wrong by the model that holds. Nobody is refused by an old one: before that, the records are asked whether there is a newer model.
 */
export async function judgeByModel<Judged extends { violations: readonly FieldViolation[] }>(
  models: Pick<Models, 'current' | 'newest'>,
  judge: (model: CompiledModel) => Judged,
): Promise<Judged> {
  const model = await models.current();
  const judged = judge(model);
  if (judged.violations.length === 0) return judged;
  const newest = await models.newest();
  return newest.version === model.version ? judged : judge(newest);
}

/** How long, in milliseconds, the model is taken to hold before the records are asked for their newest version. */
export const freshFor = 1_000;

/** Compiles each version once: a version never changes, so only its number is asked for anew. */
export function openModels(database: Database): Models {
  const recent = new LRUCache<number, VersionedModel>({ max: 8 });
  let known: VersionedModel | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<VersionedModel> | undefined;

  async function find(version: number): Promise<VersionedModel> {
    const found = recent.get(version);
    if (found) return found;
    const state = await readModelVersion(database, version);
    if (!state) throw new AppError('not_found', `There is no version ${version} of the model.`);
    const compiled = compileModel(state.definition);
    const model = { ...compiled, sensitive: new Set([...compiled.sensitive, ...(state.onceSensitive ?? [])]), version };
    recent.set(version, model);
    return model;
  }

  async function ask(): Promise<VersionedModel> {
    const at = performance.now();
    const model = await find(await readNewestVersion(database));
    // A slow answer must not take the place of a newer one.
    if (!known || model.version > known.version) known = model;
    askedAt = Math.max(askedAt, at);
    return known;
  }

  return {
    find,
    newest: ask,
    async current() {
      if (known && performance.now() - askedAt < freshFor) return known;
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
  };
}
