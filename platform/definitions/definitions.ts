import type { NewEvent } from '../bus/event.ts';
import { AppError, isAppError } from '../errors/app-error.ts';
import { decodeCursor, encodeCursor } from '../keyset/cursor.ts';
import type { Database } from '../postgres/database.ts';
import { violatedConstraint } from '../postgres/server-error.ts';
import type { Statement } from '../postgres/sql.ts';
import type { Call } from '../rpc/call.ts';
import { type ContentChange, compareContent } from './compare-content.ts';
import type { DefinitionHead, DefinitionName, VersionHead, VersionState } from './definition.ts';
import { deleteDraft, insertVersion, readHeads, readNewest, readVersion, readVersions } from './definition-store.ts';
import { draftUseCases } from './drafts.ts';
import type { Kinds } from './kinds.ts';

export interface DefinitionParts {
  database: Database;
  kinds: Kinds;
  /** The event by which the service tells of a version that holds. */
  announce(version: VersionHead): NewEvent;
}

interface Page {
  limit?: number;
  after?: string;
}

/** Reading, publishing and rolling back what people set, of any kind that the service declares. */
export function definitionUseCases(parts: DefinitionParts) {
  const { database, kinds, announce } = parts;
  const drafts = draftUseCases(parts);

  async function find(definition: DefinitionName, version?: number): Promise<VersionState> {
    kinds.find(definition.kind);
    const found = await readVersion(database, definition, version);
    const what = version === undefined ? `"${definition.name}"` : `version ${version} of "${definition.name}"`;
    if (!found) throw new AppError('not_found', `There is no ${what} among the ${definition.kind}.`);
    return found;
  }

  /** Writes the next version; who loses the race to it is told which version holds. */
  async function publish<Answer>(
    version: VersionState,
    more: readonly Statement[],
    call: Call,
    answer: (version: VersionState) => Answer,
  ): Promise<Answer> {
    try {
      return await call.commit({ statements: [insertVersion(version), ...more], events: [announce(version)] }, answer(version));
    } catch (error) {
      const isLostRace = isAppError(error, 'conflict') && violatedConstraint(error) !== 'idempotency_pkey';
      const newest = isLostRace ? await readNewest(database, version) : 0;
      throw newest >= version.version ? lost(version.name, newest) : error;
    }
  }

  const byCaller = (call: Call) => ({ publishedAt: call.now, actorId: call.principal.id, actorName: call.principal.name });

  return {
    drafts,
    find,

    async list(kind: string, { limit = 50, after }: Page): Promise<{ items: DefinitionHead[]; next?: string }> {
      kinds.find(kind);
      const [name = ''] = after === undefined ? [] : decodeCursor(after, ['string'], 'name');
      const rows = await readHeads(database, kind, name, limit + 1);
      const last = rows[limit - 1];
      return { items: rows.slice(0, limit), ...(rows.length > limit && last && { next: encodeCursor([last.name], 'name') }) };
    },

    async listVersions(definition: DefinitionName, { limit = 50, after }: Page): Promise<{ items: VersionHead[]; next?: string }> {
      await find(definition);
      const [before] = after === undefined ? [2 ** 31 - 1] : decodeCursor(after, ['number'], '-version');
      const rows = await readVersions(database, definition, before, limit + 1);
      const last = rows[limit - 1];
      return { items: rows.slice(0, limit), ...(rows.length > limit && last && { next: encodeCursor([last.version], '-version') }) };
    },

    async compare(definition: DefinitionName, from: number, to: number): Promise<ContentChange[]> {
      const [before, after] = await Promise.all([find(definition, from), find(definition, to)]);
      return compareContent(before.content, after.content);
    },

    /** Makes the draft what holds. AppError `conflict` when another version than its base does, `invalid_input` when it has errors. */
    async publish<Answer>(
      wanted: DefinitionName & { expectedVersion: number; comment?: string },
      call: Call,
      answer: (version: VersionState) => Answer,
    ): Promise<Answer> {
      const { kind, name, comment } = wanted;
      const draft = await drafts.findAt(wanted, wanted.expectedVersion);
      const newest = await readNewest(database, wanted);
      if (newest !== draft.base) throw lost(name, newest);
      await kinds.refuseErrors(wanted, draft.content);
      const version = { kind, name, version: newest + 1, content: draft.content, ...(comment !== undefined && { comment }), ...byCaller(call) };
      return publish(version, [deleteDraft(draft)], call, answer);
    },

    /** Makes an older content hold again, as a new version. Errors as of `publish`. */
    async rollBack<Answer>(
      wanted: DefinitionName & { expectedVersion: number; to: number; comment?: string },
      call: Call,
      answer: (version: VersionState) => Answer,
    ): Promise<Answer> {
      const { kind, name, expectedVersion, to, comment } = wanted;
      const [newest, older] = await Promise.all([find(wanted), find(wanted, to)]);
      if (expectedVersion !== 0 && newest.version !== expectedVersion) throw lost(name, newest.version);
      if (older.version === newest.version) throw new AppError('illegal_state', `Version ${to} of "${name}" holds already.`);
      await kinds.refuseErrors(wanted, older.content);
      const version = {
        kind,
        name,
        version: newest.version + 1,
        content: older.content,
        rolledBackTo: to,
        ...(comment !== undefined && { comment }),
        ...byCaller(call),
      };
      return publish(version, [], call, answer);
    },
  };
}

function lost(name: string, newest: number): AppError {
  const holds = newest === 0 ? 'no version holds any more' : `version ${newest} holds`;
  return new AppError('conflict', `"${name}" was published meanwhile: ${holds}. Rebase the draft, or begin from that version.`);
}
