import { AppError, isAppError } from '../errors/app-error.ts';
import { violatedConstraint } from '../postgres/server-error.ts';
import type { Call } from '../rpc/call.ts';
import { mergeContent } from './compare-content.ts';
import type { DefinitionName, DraftState, Finding, TryReport } from './definition.ts';
import { deleteDraft, insertDraft, readDraft, readNewest, readVersion, updateDraft } from './definition-store.ts';
import type { DefinitionParts } from './definitions.ts';

/** What may become of a draft before it is published. */
export function draftUseCases({ database, kinds }: Pick<DefinitionParts, 'database' | 'kinds'>) {
  async function find(definition: DefinitionName): Promise<DraftState> {
    kinds.find(definition.kind);
    const draft = await readDraft(database, definition);
    if (!draft) throw new AppError('not_found', `"${definition.name}" has no draft.`);
    return draft;
  }

  async function findAt(definition: DefinitionName, expectedVersion: number): Promise<DraftState> {
    const draft = await find(definition);
    if (expectedVersion === 0 || draft.version === expectedVersion) return draft;
    throw new AppError(
      'conflict',
      `The draft of "${draft.name}" was changed meanwhile by ${draft.updatedBy}: it is at version ${draft.version}, not ${expectedVersion}. Read it again.`,
    );
  }

  const contentOf = async (definition: DefinitionName, content: unknown) => content ?? (await find(definition)).content;

  return {
    find,
    findAt,

    async create<Answer>(
      wanted: DefinitionName & { content?: unknown },
      call: Call,
      answer: (draft: DraftState) => Promise<Answer>,
    ): Promise<Answer> {
      const { kind, name } = wanted;
      kinds.find(kind);
      const [newest, other] = await Promise.all([readVersion(database, wanted), readDraft(database, wanted)]);
      const taken = (by: string) =>
        new AppError('conflict', `"${name}" has a draft already, which ${by} changed last: go on with that one, or give it up.`);
      if (other) throw taken(other.updatedBy);
      const content = wanted.content ?? newest?.content;
      if (content === undefined) {
        throw new AppError('invalid_input', `There is no "${name}" yet to begin from.`, {
          violations: [{ pointer: '/content', message: 'is missing: a new definition needs one' }],
        });
      }
      const base = newest?.version ?? 0;
      const draft: DraftState = { kind, name, base, content, version: 1, createdAt: call.now, updatedAt: call.now, updatedBy: call.principal.name };
      try {
        return await call.commit({ statements: [insertDraft(draft)] }, await answer(draft));
      } catch (error) {
        const isLostRace = isAppError(error, 'conflict') && violatedConstraint(error) !== 'idempotency_pkey';
        const first = isLostRace ? await readDraft(database, wanted) : undefined;
        throw first ? taken(first.updatedBy) : error;
      }
    },

    async update<Answer>(
      wanted: DefinitionName & { expectedVersion: number; content: unknown },
      call: Call,
      answer: (draft: DraftState) => Promise<Answer>,
    ): Promise<Answer> {
      const before = await findAt(wanted, wanted.expectedVersion);
      const draft = changed(before, { content: wanted.content }, call);
      return call.commit({ statements: [updateDraft(draft)] }, await answer(draft));
    },

    async discard<Answer>(definition: DefinitionName, call: Call, answer: Answer): Promise<Answer> {
      kinds.find(definition.kind);
      const draft = await readDraft(database, definition);
      return call.commit(draft ? { statements: [deleteDraft(draft)] } : {}, answer);
    },

    /** Bases it on what holds. Refuses with every place that both changed differently: AppError `conflict`. */
    async rebase<Answer>(
      wanted: DefinitionName & { expectedVersion: number },
      call: Call,
      answer: (draft: DraftState) => Promise<Answer>,
    ): Promise<Answer> {
      const before = await findAt(wanted, wanted.expectedVersion);
      const [base, newest] = await Promise.all([readVersion(database, wanted, before.base), readVersion(database, wanted)]);
      if (!newest || newest.version === before.base) return call.commit({}, await answer(before));
      const { content, conflicts } = mergeContent(base?.content, before.content, newest.content);
      if (conflicts.length > 0) {
        throw new AppError(
          'conflict',
          `Version ${newest.version}, by ${newest.actorName}, and the draft say different things in ${conflicts.length} places. Write there what version ${newest.version} says, then rebase again.`,
          { violations: conflicts.map((pointer) => ({ pointer: `/content${pointer}`, message: `was changed in version ${newest.version} too` })) },
        );
      }
      const draft = changed(before, { content, base: newest.version }, call);
      return call.commit({ statements: [updateDraft(draft)] }, await answer(draft));
    },

    /** Whether another version than its base holds. */
    isOutdated: async (draft: DraftState) => (await readNewest(database, draft)) !== draft.base,

    check: async (definition: DefinitionName, content?: unknown): Promise<readonly Finding[]> =>
      kinds.check(definition, await contentOf(definition, content)),

    async tryOn(definition: DefinitionName, content: unknown, limit: number, call: Call): Promise<TryReport> {
      const { tryOn } = kinds.find(definition.kind);
      if (!tryOn) throw new AppError('illegal_state', `There is no past to try ${definition.kind} on.`);
      const wanted = await contentOf(definition, content);
      await kinds.refuseErrors(definition, wanted);
      return tryOn(kinds.read(definition.kind, wanted), { limit, options: call.within(25_000) });
    },
  };
}

function changed(before: DraftState, to: Partial<DraftState>, call: Call): DraftState {
  return { ...before, ...to, version: before.version + 1, updatedAt: Math.max(call.now, before.updatedAt), updatedBy: call.principal.name };
}
