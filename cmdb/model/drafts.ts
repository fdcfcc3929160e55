import { AppError } from '../../platform/errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../../platform/keyset/cursor.ts';
import { type Statement, sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { compileModel } from '../domain/model/compile-model.ts';
import { refuseOldBase } from '../domain/model/decide-publish.ts';
import { checkMigrations, type Migration } from '../domain/model/migration.ts';
import type { ModelDefinition } from '../domain/model/model.ts';
import { beginTest, type DraftState, deleteDraft, insertDraft, readDrafts, readTest, type TestState, updateDraft } from './draft-store.ts';
import type { ModelVersionState } from './model-store.ts';
import { type ModelParts, publishModel, tellPublished } from './publish-model.ts';
import { countScope, scopeOf, testNotBegun } from './test-inventory.ts';

/** What a person writes of a draft. */
export interface WrittenDraft {
  definition?: ModelDefinition;
  migrations: Migration[];
  note?: string;
  base?: number;
}

interface Target {
  id: string;
  expectedVersion: number;
}

export function draftUseCases(parts: ModelParts) {
  const { database, models, wake } = parts;

  async function find(id: string): Promise<DraftState> {
    const [draft] = await readDrafts(database, sql`id = ${id}`);
    if (!draft) throw new AppError('not_found', `There is no draft "${id}".`);
    return draft;
  }

  async function findAt({ id, expectedVersion }: Target): Promise<DraftState> {
    const draft = await find(id);
    if (expectedVersion === 0 || draft.version === expectedVersion) return draft;
    throw new AppError('conflict', `The draft was changed meanwhile: it is at version ${draft.version}, not ${expectedVersion}. Read it again.`);
  }

  /** Refuses what does not hold together, with all that is wrong with it. */
  async function check(base: number, definition: ModelDefinition, migrations: readonly Migration[]): Promise<void> {
    const violations = checkMigrations(migrations, { before: await models.find(base), after: compileModel(definition) });
    if (violations.length > 0) throw new AppError('invalid_input', 'Some migrations lead nowhere.', { violations });
  }

  async function commit<Answer>(statement: Statement, call: Call, answer: Answer): Promise<Answer> {
    const result = await call.commit({ statements: [statement] }, answer);
    wake();
    return result;
  }

  return {
    find,

    async list({ limit = 50, after }: { limit?: number; after?: string }): Promise<{ items: DraftState[]; next?: string }> {
      const [time, id] = after === undefined ? [] : decodeCursor(after, ['time', 'uuid'], '-updatedAt');
      const where = time === undefined ? sql`true` : sql`(updated_at, id) < (${time}::timestamptz, ${id}::uuid)`;
      const found = await readDrafts(database, sql`${where} order by updated_at desc, id desc limit ${limit + 1}::int`);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      if (found.length <= limit || !last) return { items };
      return { items, next: encodeCursor([new Date(last.updatedAt).toISOString(), last.id], '-updatedAt') };
    },

    async create<Answer>(
      { definition: written, migrations, note }: WrittenDraft,
      call: Call,
      answer: (draft: DraftState) => Promise<Answer>,
    ): Promise<Answer> {
      const current = await models.newest();
      const definition = written ?? current.definition;
      await check(current.version, definition, migrations);
      const made = { id: call.newId(), version: 1, createdAt: call.now, updatedAt: call.now, updatedBy: call.principal.name };
      const draft: DraftState = { ...made, base: current.version, definition, migrations, ...(note !== undefined && { note }) };
      return commit(insertDraft(draft), call, await answer(draft));
    },

    async update<Answer>(
      target: Target,
      { definition, migrations, note, base }: WrittenDraft & { definition: ModelDefinition },
      call: Call,
      answer: (draft: DraftState) => Promise<Answer>,
    ): Promise<Answer> {
      const { note: _, ...before } = await findAt(target);
      const wanted = base ?? before.base;
      if (base !== undefined) refuseOldBase(base, (await models.newest()).version);
      await check(wanted, definition, migrations);
      const changed = { version: before.version + 1, updatedAt: Math.max(call.now, before.updatedAt), updatedBy: call.principal.name };
      const draft: DraftState = { ...before, ...changed, base: wanted, definition, migrations, ...(note !== undefined && { note }) };
      return commit(updateDraft(draft), call, await answer(draft));
    },

    async discard<Answer>(id: string, call: Call, answer: Answer): Promise<Answer> {
      const [draft] = await readDrafts(database, sql`id = ${id}`);
      return call.commit(draft ? { statements: [deleteDraft(id, draft.version)] } : {}, answer);
    },

    /** Begins a test of the draft as it is now; one that is under way goes on. */
    async test<Answer>(id: string, call: Call, answer: (test: TestState) => Answer): Promise<Answer> {
      const [draft, current, before] = await Promise.all([find(id), models.newest(), readTest(database, id)]);
      refuseOldBase(draft.base, current.version);
      const isUnderWay = before?.draftVersion === draft.version && before.base === current.version && before.phase !== 'done';
      if (isUnderWay) return call.commit({}, answer(before));
      const scope = scopeOf({ before: current, after: compileModel(draft.definition), migrations: draft.migrations });
      const total = await countScope(database, scope);
      const about = { draftId: id, draftVersion: draft.version, base: current.version };
      const test: TestState = { ...about, ...testNotBegun, total, startedAt: call.now };
      return commit(beginTest(test), call, answer(test));
    },

    async findTest(id: string): Promise<TestState> {
      const test = await readTest(database, (await find(id)).id);
      if (!test) throw new AppError('not_found', `The draft "${id}" was not tested yet.`);
      return test;
    },

    async publish<Answer>(target: Target, acceptInvalid: boolean, call: Call, answer: (version: ModelVersionState) => Answer): Promise<Answer> {
      const [draft, current] = await Promise.all([findAt(target), models.newest()]);
      refuseOldBase(draft.base, current.version);
      const test = await readTest(database, draft.id);
      if (test?.phase !== 'done' || test.draftVersion !== draft.version || test.base !== current.version)
        throw new AppError('illegal_state', 'Test the draft as it is now, against the model that holds, to its end. Then publish it.');
      const after = compileModel(draft.definition);
      const { migrations, note } = draft;
      const published = publishModel(
        { base: draft.base, current, after, migrations, tested: test.findings, acceptInvalid, ...(note !== undefined && { note }) },
        call,
      );
      return tellPublished(
        call.commit({ statements: [...published.statements, deleteDraft(draft.id, draft.version)] }, answer(published.version)),
        parts,
      );
    },
  };
}
