import { AppError, type FieldViolation, isAppError } from '../../platform/errors/app-error.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { type CompiledModel, compileModel } from '../domain/model/compile-model.ts';
import { diffModels } from '../domain/model/diff-models.ts';
import type { Findings } from '../domain/model/judge-items.ts';
import { checkMigrations, type Migration } from '../domain/model/migration.ts';
import type { ClassDefinition, ModelDefinition, RelationTypeDefinition } from '../domain/model/model.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { VersionedModel } from './models.ts';
import { type ModelParts, publishModel, tellPublished } from './publish-model.ts';
import { scopeOf, testFurther, testNotBegun } from './test-inventory.ts';

export interface PutOptions {
  migrations: Migration[];
  /** The version that was read. */
  modelVersion?: number;
  note?: string;
  acceptInvalid: boolean;
}

/** Draft, test and publication in one call, for one class or one type of relation. */
export function putUseCases(parts: ModelParts) {
  const { database, models } = parts;

  /** Publishes what `change` makes of the present model. Pointers of mistakes lead into what was sent: those below `place(model)` lose that. */
  async function put<Answer>(
    change: (definition: ModelDefinition) => { definition: ModelDefinition; place: string },
    { migrations, modelVersion, note, acceptInvalid }: PutOptions,
    call: Call,
    answer: (model: VersionedModel) => Answer,
  ): Promise<Answer> {
    const decide = async () => {
      const current = await models.newest();
      if (modelVersion !== undefined && modelVersion !== current.version)
        throw new AppError(
          'conflict',
          `Version ${current.version} of the model is published by now, and you have read version ${modelVersion}. Read it again.`,
        );
      const { definition, place } = change(current.definition);
      const after = await explainFrom(place, () => compileModel(definition));
      const violations = checkMigrations(migrations, { before: current, after });
      if (violations.length > 0) throw new AppError('invalid_input', 'Some migrations lead nowhere.', { violations });
      if (migrations.length === 0 && diffModels(current.definition, definition).length === 0) return call.commit({}, answer(current));
      const tested = await test({ before: current, after, migrations }, call);
      const published = publishModel(
        { base: current.version, current, after, migrations, tested, acceptInvalid, ...(note !== undefined && { note }) },
        call,
      );
      return tellPublished(call.commit({ statements: published.statements }, answer({ ...after, version: published.version.version })), parts);
    };
    // Who names the version that they have read wants no other one.
    return modelVersion === undefined ? retryLostRace(call, decide) : decide();
  }

  /** In the time that the call has; an inventory that is too big for that is tested behind a draft. */
  async function test(judging: { before: CompiledModel; after: CompiledModel; migrations: readonly Migration[] }, call: Call): Promise<Findings> {
    const until = Date.now() + (call.deadline - Date.now()) / 2;
    const { phase, findings } = await testFurther(database, scopeOf(judging), testNotBegun, () => Date.now() > until);
    if (phase === 'done') return findings;
    throw new AppError('illegal_state', 'This concerns more items than one call can test. Make a draft, test it, and publish it.');
  }

  return {
    putClass<Answer>(own: ClassDefinition, options: PutOptions, call: Call, answer: (model: VersionedModel) => Answer): Promise<Answer> {
      return put(
        (definition) => {
          const { entries: classes, index } = replace(definition.classes, own);
          return { definition: { ...definition, classes }, place: `/classes/${index}` };
        },
        options,
        call,
        answer,
      );
    },

    putRelationType<Answer>(
      own: RelationTypeDefinition,
      options: PutOptions,
      call: Call,
      answer: (model: VersionedModel) => Answer,
    ): Promise<Answer> {
      return put(
        (definition) => {
          const { entries: relationTypes, index } = replace(definition.relationTypes, own);
          return { definition: { ...definition, relationTypes }, place: `/relationTypes/${index}` };
        },
        options,
        call,
        answer,
      );
    },
  };
}

/** In its old place, or behind all others. */
function replace<Entry extends { name: string }>(entries: readonly Entry[], own: Entry): { entries: Entry[]; index: number } {
  const found = entries.findIndex(({ name }) => name === own.name);
  const index = found === -1 ? entries.length : found;
  return { entries: [...entries.slice(0, index), own, ...entries.slice(index + 1)], index };
}

/** Mistakes in what was sent are told by their place there; others, by their place in the whole model. */
async function explainFrom<Result>(place: string, work: () => Result): Promise<Result> {
  try {
    return work();
  } catch (error) {
    if (!isAppError(error, 'invalid_input')) throw error;
    const violations = error.violations.map(({ pointer, message }): FieldViolation => {
      const isOwn = pointer === place || pointer.startsWith(`${place}/`);
      return { pointer: isOwn ? pointer.slice(place.length) : `/model${pointer}`, message };
    });
    throw new AppError('invalid_input', error.message, { violations, cause: error });
  }
}
