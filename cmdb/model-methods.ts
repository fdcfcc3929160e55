import type * as contract from '../generated/opora/cmdb/v1/model.ts';
import { AppError } from '../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../platform/keyset/cursor.ts';
import { compareModels } from './domain/model/compare-models.ts';
import { compileModel, type EffectiveClass, type EffectiveRelationType } from './domain/model/compile-model.ts';
import { diffModels } from './domain/model/diff-models.ts';
import type { Migration } from './domain/model/migration.ts';
import {
  readClass,
  readDefinition,
  readMigrations,
  readRelationType,
  writeAttribute,
  writeChange,
  writeDefinition,
  writeLoss,
  writeMigration,
} from './model/definition-messages.ts';
import type { DraftState, TestState } from './model/draft-store.ts';
import { draftUseCases } from './model/drafts.ts';
import { type ModelVersionHead, type ModelVersionState, readModelVersion, readModelVersions } from './model/model-store.ts';
import type { VersionedModel } from './model/models.ts';
import type { ModelParts } from './model/publish-model.ts';
import { putUseCases } from './model/put-definition.ts';

/** The methods of the model's contract, each mapped to its use case and back. */
export function modelMethods(parts: ModelParts): contract.ModelService {
  const { database, models } = parts;
  const drafts = draftUseCases(parts);
  const puts = putUseCases(parts);

  /** A draft with what it does to its base. */
  async function toDraft(draft: DraftState): Promise<contract.ModelDraft> {
    const base = await models.find(draft.base);
    const { definition, migrations } = draft;
    return {
      ...toDraftHead(draft),
      definition: writeDefinition(definition),
      migrations: migrations.map(writeMigration),
      changes: diffModels(base.definition, definition).map(writeChange),
      losses: compareModels(base, compileModel(definition)).map(writeLoss),
    };
  }

  const readDraft = ({ definition, migrations, ...rest }: { definition?: contract.ModelDefinition; migrations: contract.Migration[] }) => ({
    ...rest,
    migrations: readMigrations(migrations),
    ...(definition && { definition: readDefinition(definition) }),
  });

  return {
    async listClasses({ view = 'summary' }) {
      const model = await models.current();
      const inOrder = [...model.classes.values()].sort((one, other) => one.ancestors.length - other.ancestors.length);
      return { items: inOrder.map((one) => (view === 'full' ? toClass(one, model) : toClassHead(one, model))) };
    },
    async getClass({ name }) {
      return toClass(require(await models.current(), 'classes', name), await models.current());
    },
    putClass({ migrations, modelVersion, note, acceptInvalid, ...own }, call) {
      const options = { ...toOptions(readMigrations(migrations), modelVersion, note), acceptInvalid };
      return puts.putClass(readClass(own), options, call, (model) => toClass(require(model, 'classes', own.name), model));
    },
    async listRelationTypes() {
      const model = await models.current();
      return { items: [...model.relationTypes.values()].map((type) => toRelationType(type, model)) };
    },
    async getRelationType({ name }) {
      const model = await models.current();
      return toRelationType(require(model, 'relationTypes', name), model);
    },
    putRelationType({ modelVersion, note, ...own }, call) {
      const options = { ...toOptions([], modelVersion, note), acceptInvalid: false };
      return puts.putRelationType(readRelationType(own), options, call, (model) => toRelationType(require(model, 'relationTypes', own.name), model));
    },

    createDraft: (request, call) => drafts.create(readDraft(request), call, toDraft),
    async listDrafts(request) {
      const { items, next } = await drafts.list(request);
      return { items: items.map(toDraftHead), ...(next !== undefined && { next }) };
    },
    getDraft: async ({ id }) => toDraft(await drafts.find(id)),
    updateDraft({ id, expectedVersion, definition, ...rest }, call) {
      return drafts.update({ id, expectedVersion }, { ...readDraft(rest), definition: readDefinition(definition) }, call, toDraft);
    },
    discardDraft: ({ id }, call) => drafts.discard(id, call, {}),
    testDraft: ({ id }, call) => drafts.test(id, call, toTest),
    getDraftTest: async ({ id }) => toTest(await drafts.findTest(id)),
    publishDraft: ({ acceptInvalid, ...target }, call) => drafts.publish(target, acceptInvalid, call, toVersion),

    async listModelVersions({ limit = 50, after }) {
      const before =
        after === undefined ? 2 ** 31 - 1 : Math.trunc(Math.min(Math.max(decodeCursor(after, ['number'], '-version')[0], 0), 2 ** 31 - 1));
      const found = await readModelVersions(database, before, limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(toVersionHead), ...(found.length > limit && last && { next: encodeCursor([last.version], '-version') }) };
    },
    async getModelVersion({ version }) {
      const state = await readModelVersion(database, Number(version));
      if (!state) throw new AppError('not_found', `There is no version ${version} of the model.`);
      return toVersion(state);
    },
    async diffModelVersions({ from, to }) {
      const [before, after] = await Promise.all([models.find(Number(from)), models.find(Number(to))]);
      return { changes: diffModels(before.definition, after.definition).map(writeChange), losses: compareModels(before, after).map(writeLoss) };
    },
  };
}

function toOptions(migrations: Migration[], modelVersion: number | undefined, note: string | undefined) {
  return { migrations, ...(modelVersion !== undefined && { modelVersion }), ...(note !== undefined && { note }) };
}

function require<Kind extends 'classes' | 'relationTypes'>(model: VersionedModel, kind: Kind, name: string) {
  const found = model[kind].get(name);
  if (!found) throw new AppError('not_found', `The model has no ${kind === 'classes' ? 'class' : 'type of relation'} "${name}".`);
  return found as NonNullable<ReturnType<VersionedModel[Kind]['get']>>;
}

function toClassHead(
  { name, label, help, parent, ancestors, abstract: isAbstract }: EffectiveClass,
  { version }: VersionedModel,
): contract.ItemClass {
  return {
    name,
    label,
    ...(help && { help }),
    ...(parent !== undefined && { parent }),
    ancestors: [...ancestors],
    abstract: isAbstract,
    attributes: [],
    identifiers: [],
    states: [],
    controlled: [],
    mustRelate: false,
    modelVersion: version,
  };
}

function toClass(itemClass: EffectiveClass, model: VersionedModel): contract.ItemClass {
  const { name, attributes, identifiers, states, initialState, controlled, mustRelate } = itemClass;
  return {
    ...toClassHead(itemClass, model),
    attributes: [...attributes.values()].map((attribute) => ({
      name: attribute.name,
      declaredBy: attribute.declaredBy,
      inherited: attribute.declaredBy !== name,
      definition: writeAttribute(attribute),
    })),
    identifiers: identifiers.map(({ declaredBy, ...definition }) => ({ declaredBy, inherited: declaredBy !== name, definition })),
    states: [...states].map(([state, definition]) => ({ name: state, definition })),
    ...(initialState !== undefined && { initialState }),
    controlled: [...controlled],
    mustRelate,
  };
}

function toRelationType(type: EffectiveRelationType, { version }: VersionedModel): contract.RelationType {
  return { ...type, modelVersion: version };
}

function toDraftHead({ id, base, note, version, createdAt, updatedAt, updatedBy }: DraftState): contract.ModelDraft {
  const times = { createdAt: toTime(createdAt), updatedAt: toTime(updatedAt) };
  return { id, base, ...(note !== undefined && { note }), version, updatedBy, ...times, changes: [], losses: [], migrations: [] };
}

function toTest({ phase, draftVersion, total, checked, findings, startedAt, finishedAt }: TestState): contract.DraftTest {
  return {
    state: phase === 'done' ? 'done' : 'running',
    draftVersion,
    total,
    checked,
    ...findings,
    startedAt: toTime(startedAt),
    ...(finishedAt !== undefined && { finishedAt: toTime(finishedAt) }),
  };
}

function toVersionHead({ version, note, publishedAt, actorName, migratedAt, migratedItems }: ModelVersionHead): contract.ModelVersion {
  return {
    version,
    ...(note !== undefined && { note }),
    publishedAt: toTime(publishedAt),
    publishedBy: actorName,
    ...(migratedAt !== undefined && { migratedAt: toTime(migratedAt) }),
    migratedItems,
    migrations: [],
  };
}

function toVersion(state: ModelVersionState): contract.ModelVersion {
  return { ...toVersionHead(state), definition: writeDefinition(state.definition), migrations: state.migrations.map(writeMigration) };
}

function toTime(moment: number): string {
  return new Date(moment).toISOString();
}
