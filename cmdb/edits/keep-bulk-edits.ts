import { type Statement, sql } from '../../platform/postgres/sql.ts';
import { setTimers, type Timers } from '../../platform/timers/timers.ts';
import { updateChangeSet } from '../history/change-set-store.ts';
import { findChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import type { PageContext } from '../sources/decide-items.ts';
import type { PageParts } from '../sources/take-page.ts';
import {
  type BulkEditState,
  dropBulkEditItems,
  readBulkEditItems,
  readBulkEdits,
  readClaimed,
  updateBulkEdit,
  writeDecisions,
} from './bulk-edit-store.ts';
import { bulkEditOf, bulkEditTimer, expiryOf } from './bulk-edit-timers.ts';
import { countOutcomes } from './count-outcomes.ts';
import { decideEdits } from './decide-edits.ts';
import type { Edit } from './edit.ts';

export interface BulkEditKeeping extends PageParts {
  newId(): string;
  /** Items of one commit. */
  pageSize?: number;
}

/** Pages in one turn: other timers of the service wait for no more than these. */
const pagesInTurn = 10;

/** Milliseconds for which a page is decided anew when somebody else wrote first. */
const patience = 30_000;

/** Looks at the items of bulk edits, and applies them, page by page and on after a kill. */
export function keepBulkEdits(keeping: BulkEditKeeping): Timers {
  const { database, pageSize = 500 } = keeping;

  async function goOn(id: string, now: number): Promise<Statement[]> {
    for (let page = 0; page < pagesInTurn; page++) {
      const isLast = await retryLostRace({ deadline: Date.now() + patience }, async () => {
        const [edit] = await readBulkEdits(database, sql`id = ${id}`);
        if (!edit || (edit.status !== 'previewing' && edit.status !== 'applying')) return [];
        return takePage(edit, now);
      });
      if (isLast) return isLast;
    }
    const [edit] = await readBulkEdits(database, sql`id = ${id}`);
    return edit ? [setTimers([{ key: bulkEditTimer(edit), due: now }])] : [];
  }

  /** Deals with the next items, in a commit; when there are none any more, gives what is to be written of the whole. */
  async function takePage(edit: BulkEditState, now: number): Promise<Statement[] | undefined> {
    const items = await readBulkEditItems(database, edit.id, edit.done, pageSize);
    if (items.length === 0) return finish(edit, now);
    const isApplied = edit.status === 'applying';
    const edits = items.map(({ itemId }): Edit => ({ itemId, ...toEdit(edit) }));
    const context = await contextOf(edit, now);
    const decided = await decideEdits(context, edits, async (keys) => (isApplied ? [] : readClaimed(database, edit.id, keys)));
    const decisions = decided.decisions.map((decision, index) => ({
      ...decision,
      place: items[index]?.place ?? 0,
      changedSince: isApplied && decision.version !== items[index]?.version,
    }));
    const after: BulkEditState = {
      ...edit,
      done: items.at(-1)?.place ?? edit.done,
      [isApplied ? 'applied' : 'preview']: countOutcomes(isApplied ? edit.applied : edit.preview, decisions),
      version: edit.version + 1,
      updatedAt: now,
    };
    await database.commit({
      statements: [...(isApplied ? decided.statements : []), writeDecisions(edit.id, decisions), updateBulkEdit(after)],
      events: isApplied ? decided.events : [],
      at: now,
    });
    return undefined;
  }

  async function finish(edit: BulkEditState, now: number): Promise<Statement[]> {
    const isApplied = edit.status === 'applying';
    const status = isApplied ? 'applied' : 'draft';
    const statements = [updateBulkEdit({ ...edit, status, total: edit.done, version: edit.version + 1, updatedAt: now })];
    if (!isApplied) return statements;
    const set = await findChangeSet(database, edit.id);
    const counts = { ...edit.applied };
    return [...statements, updateChangeSet({ ...set, status: 'done', counts, version: set.version + 1, updatedAt: new Date(now).toISOString() })];
  }

  async function contextOf(edit: BulkEditState, now: number): Promise<PageContext> {
    const actor = { actorId: edit.appliedById ?? edit.actorId, actorName: edit.appliedBy ?? edit.actorName };
    const author = { ...actor, changeSetId: edit.id, ...(edit.reason !== undefined && { reason: edit.reason }) };
    return { database, model: await keeping.model(), source: 'manual', author, keptIn: edit.id, now, newId: keeping.newId };
  }

  async function forget(id: string, now: number): Promise<Statement[]> {
    const [edit] = await readBulkEdits(database, sql`id = ${id} and status in ('previewing', 'draft')`);
    return edit ? [updateBulkEdit({ ...edit, status: 'expired', version: edit.version + 1, updatedAt: now }), dropBulkEditItems(id)] : [];
  }

  return {
    async handle(due, now) {
      const statements: Statement[] = [];
      for (const { key } of due) {
        const [id, expired] = [bulkEditOf(key), expiryOf(key)];
        if (id !== undefined) statements.push(...(await goOn(id, now)));
        if (expired !== undefined) statements.push(...(await forget(expired, now)));
      }
      return { statements };
    },
  };
}

function toEdit({ changes }: BulkEditState): Omit<Edit, 'itemId'> {
  const { class: itemClass, attributes, addLookups, removeLookups, retire, addRelations, removeRelations } = changes;
  return {
    patch: { ...(itemClass !== undefined && { class: itemClass }), ...(attributes !== undefined && { attributes }), addLookups, removeLookups },
    ...(retire && { state: 'retired' }),
    addRelations,
    removeRelations,
  };
}
