import type { Logger } from 'pino';
import { AppError, isAppError } from '../../platform/errors/app-error.ts';
import { crashPoint } from '../../platform/faults/crash-point.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { authorOf } from '../author.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { updateChangeSet } from '../history/change-set-store.ts';
import { findChangeSet } from '../history/change-sets.ts';
import { decideItems } from '../sources/decide-items.ts';
import type { pageTaker } from '../sources/take-page.ts';
import { askAboutRows, nothingDecided } from './decide-rows.ts';
import { type ImportState, isHeldAt, moveImport, type Told, updateImport } from './import-store.ts';
import type { RowsPage } from './read-rows.ts';
import { keepRows, type RowOutcome } from './row-store.ts';

export interface CarryingOut {
  database: Database;
  model(): Promise<CompiledModel>;
  takePage: ReturnType<typeof pageTaker>;
  newId(): string;
  log: Logger;
}

/** Who does it, and until when others leave it alone. */
export interface Holding {
  worker: string;
  until: number;
}

/** How long a page may try to get past others who write the same items. */
const patience = 10_000;

/**
 * Does one page of a check or of an application. What became of its rows, and that they are done, is written together with what they do, so that a page is done
 * once, whatever dies in between.
 */
export async function carryOutPage(parts: CarryingOut, state: ImportState, page: RowsPage, holding: Holding, now: number): Promise<void> {
  const { database, newId, log } = parts;
  const model = await parts.model();
  const isCheck = state.status === 'checking';
  const asked = await askAboutRows({ database, model, sheet: state.sheet ?? '', isCheck }, page);
  const lastRow = page.at(-1)?.row ?? state.lastRow;
  const note = (rows: RowOutcome[]) => [
    keepRows(state.id, state.pass, rows),
    moveImport(state, { lastRow, fates: rows.map(({ fate }) => fate), ...holding, now }),
  ];

  if (isCheck || asked.inputs.length === 0) {
    const author = authorOf(state);
    const decided = isCheck ? await decideItems({ database, model, source: state.source, author, now, newId }, asked.inputs) : nothingDecided;
    await database.commit({ statements: note(asked.outcomes(decided)) });
  } else {
    const call = callOf(state, holding, { database, newId, log, now });
    const { id: changeSetId, source, reason } = state;
    const words = { source, items: asked.inputs, relations: [], changeSetId, ...(reason !== undefined && { reason }) };
    await parts.takePage({ ...words, note: (decided) => note(asked.outcomes(decided)) }, call, () => undefined);
  }
  crashPoint('import.after-page');
}

/** All rows are done. */
export async function finish(database: Database, state: ImportState, now: number): Promise<void> {
  const after: ImportState = {
    ...state,
    status: state.status === 'checking' ? 'checked' : 'applied',
    version: state.version + 1,
    updatedAt: now,
    finishedAt: now,
  };
  const ofSet = state.status === 'applying' ? [await endChangeSet(database, state, now)] : [];
  await database.commit({ statements: [updateImport(after), ...ofSet] });
}

/** The list cannot be read any further. What an application has done stays, and can be undone like all of it. */
export async function giveUp(database: Database, state: ImportState, why: readonly Told[], now: number): Promise<void> {
  const shared = { ...state, version: state.version + 1, updatedAt: now, finishedAt: now };
  const [first] = why;
  const after: ImportState =
    state.status === 'checking'
      ? { ...shared, status: 'unsettled', survey: { ...state.survey, faults: why } }
      : { ...shared, status: 'failed', ...(first && { refusal: first }) };
  const ofSet = state.status === 'applying' ? [await endChangeSet(database, state, now)] : [];
  await database.commit({ statements: [updateImport(after), ...ofSet] });
}

async function endChangeSet(database: Database, { id, counts }: ImportState, now: number) {
  const set = await findChangeSet(database, id);
  return updateChangeSet({ ...set, status: 'done', counts: { ...counts }, version: set.version + 1, updatedAt: new Date(now).toISOString() });
}

/** Rows are taken in in the name of whoever has said so. */
function callOf(
  state: ImportState,
  { worker }: Holding,
  { database, newId, log, now }: Pick<CarryingOut, 'database' | 'newId' | 'log'> & { now: number },
): Call {
  const { principal } = state;
  const deadline = Date.now() + patience;
  return {
    principal,
    now,
    deadline,
    signal: AbortSignal.timeout(patience),
    log,
    newId,
    async commit(changes, answer) {
      try {
        await database.commit({ ...changes, at: now });
      } catch (error) {
        // To decide the page again would be in vain.
        if (isAppError(error, 'conflict') && !(await isHeldAt(database, state, worker)))
          throw new AppError('unavailable', 'Another process goes on with this list.', { cause: error });
        throw error;
      }
      return answer;
    },
    async endIfRepeated() {},
    prepare: () => {
      throw new Error('A page of an import is committed by itself.');
    },
    within: (milliseconds) => ({ principal, deadline: Math.min(deadline, Date.now() + milliseconds) }),
  };
}
