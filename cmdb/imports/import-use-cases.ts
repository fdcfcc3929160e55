import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Call } from '../../platform/rpc/call.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { insertChangeSet } from '../history/change-set-store.ts';
import { beginChangeSet } from '../history/change-sets.ts';
import { retryLostRace } from '../retry-lost-race.ts';
import { openSheetFile } from '../sheets/open-sheet-file.ts';
import { readFile } from './chunk-store.ts';
import { type ImportState, type ImportStatus, readImports, type StoredSurvey, updateImport } from './import-store.ts';
import { mapColumns } from './map-columns.ts';
import { requireZone } from './settings.ts';
import { type ReadAs, readAsClass } from './sheet-classes.ts';
import { guessColumns, settleSurvey, surveyImport } from './survey-import.ts';

/** How a list is to be read, as a person says it. */
export interface ImportSettings extends Partial<Pick<ImportState, 'class' | 'source' | 'sheet' | 'headerRow' | 'zone' | 'reason'>> {
  /** Targets by the letters of columns; '' leaves one out. */
  mapping: Readonly<Record<string, string>>;
}

export interface ImportParts {
  database: Database;
  model(): Promise<CompiledModel>;
  /** There is something to carry out. */
  wake(): void;
}

const settled: readonly ImportStatus[] = ['unsettled', 'ready', 'checked'];
/** Milliseconds between two looks at how far it is. */
const glance = 50;

export function importUseCases({ database, model, wake }: ImportParts) {
  async function find(id: string): Promise<ImportState> {
    const [found] = await readImports(database, sql`id = ${id}`);
    if (!found) throw new AppError('not_found', `There is no import "${id}".`);
    return found;
  }

  /** From the first row on. */
  function beginPass(before: ImportState, status: ImportStatus, call: Call, more: Partial<ImportState> = {}): ImportState {
    const { refusal: _, finishedAt: __, ...rest } = before;
    return { ...rest, ...more, status, pass: before.pass + 1, lastRow: 0, rowsDone: 0, counts: {}, version: before.version + 1, updatedAt: call.now };
  }

  function requireClear({ survey, status }: ImportState): void {
    if (status !== 'unsettled') return;
    const violations = survey.faults.map(({ en, code }) => ({ pointer: faultPointers[code] ?? '/mapping', message: en }));
    throw new AppError('illegal_state', `This list cannot be read yet: ${violations.map(({ message }) => message).join(' ')}`, { violations });
  }

  async function readAgain(state: ImportState): Promise<Awaited<ReturnType<typeof surveyImport>>> {
    const file = await openSheetFile(readFile(database, state.id), { fileName: state.fileName });
    try {
      return await surveyImport(file, state, await model());
    } finally {
      await file.close();
    }
  }

  return {
    find,

    /** Says how a list is to be read; it is ready then, or still wants something said. */
    async settle<Answer>(
      { id, expectedVersion }: { id: string; expectedVersion: number },
      { mapping, ...wanted }: ImportSettings,
      call: Call,
      answer: (state: ImportState) => Answer,
    ): Promise<Answer> {
      const before = await find(id);
      if (!settled.includes(before.status)) throw new AppError('illegal_state', `The import is ${before.status}: how it is read is settled.`);
      if (expectedVersion !== 0 && before.version !== expectedVersion)
        throw new AppError(
          'conflict',
          `The import was changed meanwhile: it is at version ${before.version}, not ${expectedVersion}. Read it again.`,
        );
      if (wanted.zone !== undefined) requireZone(wanted.zone);
      const asked: ImportState = { ...before, ...wanted };
      // On another sheet the header stands elsewhere, unless told.
      if (wanted.sheet !== undefined && wanted.sheet !== before.sheet && wanted.headerRow === undefined) delete asked.headerRow;
      const isOther = wanted.sheet !== undefined || wanted.headerRow !== undefined;
      const read: ImportState = isOther ? { ...asked, ...(await readAgain(asked)) } : asked;
      const readAs = read.class === undefined ? undefined : readAsClass(await model(), read.class);
      // Another class needs no second look at a file that may be long.
      const guessed = wanted.class === undefined || isOther ? read.survey : guessAnew(read.survey, readAs);
      const mapped = mapColumns(guessed, mapping);
      const survey = settleSurvey(mapped, read.sheet ?? '', readAs);
      const status = survey.faults.length > 0 ? 'unsettled' : 'ready';
      const after: ImportState = { ...read, survey, status, rowsDone: 0, counts: {}, version: before.version + 1, updatedAt: call.now };
      return call.commit({ statements: [updateImport(after)] }, answer(after));
    },

    /** Begins to find out what each row would do. */
    async check<Answer>(id: string, call: Call, answer: (state: ImportState) => Answer): Promise<Answer> {
      const done = await retryLostRace(call, async () => {
        const before = await find(id);
        if (before.status === 'checking') return call.commit({}, answer(before));
        requireClear(before);
        if (!settled.includes(before.status))
          throw new AppError('illegal_state', `The import is ${before.status}: there is nothing to check any more.`);
        const after = beginPass(before, 'checking', call, { principal: call.principal });
        return call.commit({ statements: [updateImport(after)] }, answer(after));
      });
      wake();
      return done;
    },

    /** Begins to take the rows in. Asked again, it is the same application. */
    async apply<Answer>(id: string, reason: string | undefined, call: Call, answer: (state: ImportState) => Answer): Promise<Answer> {
      const done = await retryLostRace(call, async () => {
        const before = await find(id);
        if (before.status === 'applying' || before.status === 'applied') return call.commit({}, answer(before));
        requireClear(before);
        if (before.status !== 'checking' && !settled.includes(before.status))
          throw new AppError('illegal_state', `The import is ${before.status}: it cannot be applied. Upload the list again.`);
        const why = reason ?? before.reason;
        const after = beginPass(before, 'applying', call, { principal: call.principal, ...(why !== undefined && { reason: why }) });
        const set = beginChangeSet(call, { kind: 'import', title: before.fileName, ...(why !== undefined && { reason: why }) });
        return call.commit({ statements: [updateImport(after), insertChangeSet({ ...set, id })] }, answer(after));
      });
      wake();
      return done;
    },

    /** The import when it is checked or applied, or after so many seconds as it is then. */
    async waitFor(id: string, seconds: number, { deadline, signal }: Pick<Call, 'deadline' | 'signal'>): Promise<ImportState> {
      const until = Math.min(Date.now() + seconds * 1000, deadline - 1_000);
      for (;;) {
        const state = await find(id);
        const isUnderWay = state.status === 'checking' || state.status === 'applying';
        if (!isUnderWay || Date.now() >= until || signal.aborted) return state;
        await sleep(glance);
      }
    },
  };
}

function guessAnew({ classReason: _, ...survey }: StoredSurvey, readAs: ReadAs | undefined): StoredSurvey {
  return { ...survey, columns: guessColumns(survey.columns, readAs) };
}

const faultPointers: Readonly<Record<string, string>> = {
  class_wanted: '/class',
  class_abstract: '/class',
  no_such_class: '/class',
  empty_sheet: '/sheet',
  no_header: '/headerRow',
};
