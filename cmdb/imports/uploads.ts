import type { UploadImportRequest } from '../../generated/opora/cmdb/v1/imports.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StreamCall } from '../../platform/rpc/call.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { usualLimits } from '../sheets/limits.ts';
import { openSheetFile } from '../sheets/open-sheet-file.ts';
import { findRefusal, refuseFile } from '../sheets/refuse-file.ts';
import { inChunks, keepChunk, readFile } from './chunk-store.ts';
import { forgetUpload, type ImportState, insertImport, nothingSurveyed, type Told, updateImport } from './import-store.ts';
import { requireZone } from './settings.ts';
import { readAsClass } from './sheet-classes.ts';
import { surveyImport, tellFinding } from './survey-import.ts';

export interface UploadParts {
  database: Database;
  model(): Promise<CompiledModel>;
}

/** Takes in a list. It is kept before anybody tries to understand it: what cannot be read stays, with the reason. */
export function uploading({ database, model }: UploadParts) {
  return async function upload(
    pieces: AsyncIterable<UploadImportRequest>,
    call: StreamCall,
  ): Promise<{ state: ImportState; wait: number | undefined }> {
    const source = pieces[Symbol.asyncIterator]();
    try {
      const first = await source.next();
      if (first.done) throw refuseFile('empty_file');
      const { wait, ...asked } = first.value;
      const whole = await keep(await begin(asked, call), withFirst(first.value, source));
      return { state: await understand(whole, call), wait };
    } finally {
      // What is refused before its end is not waited for any longer.
      await source.return?.();
    }
  };

  async function begin(
    { fileName = 'list', source = 'spreadsheet', zone = 'UTC', reason, ...asked }: Omit<UploadImportRequest, 'wait'>,
    call: StreamCall,
  ) {
    if (asked.class !== undefined) readAsClass(await model(), asked.class);
    const decision = call.beginDecision();
    const state: ImportState = {
      id: decision.newId(),
      status: 'receiving',
      fileName,
      bytes: 0,
      source,
      principal: call.principal,
      ...(reason !== undefined && { reason }),
      ...(asked.class !== undefined && { class: asked.class }),
      ...(asked.sheet !== undefined && { sheet: asked.sheet }),
      ...(asked.headerRow !== undefined && { headerRow: asked.headerRow }),
      zone: requireZone(zone),
      survey: nothingSurveyed,
      pass: 0,
      lastRow: 0,
      rowsDone: 0,
      rows: 0,
      counts: {},
      version: 1,
      createdAt: decision.now,
      updatedAt: decision.now,
    };
    return decision.commit({ statements: [insertImport(state)] }, state);
  }

  async function keep(state: ImportState, data: AsyncIterable<Uint8Array>): Promise<ImportState> {
    let bytes = 0;
    let place = 0;
    try {
      for await (const chunk of inChunks(data)) {
        bytes += chunk.length;
        if (bytes > usualLimits.fileBytes) throw refuseFile('file_too_big', { ru: '100 МиБ.', en: '100 MiB.' });
        await database.commit({ statements: [keepChunk(state.id, place, chunk)] });
        place += 1;
      }
      return { ...state, bytes };
    } catch (error) {
      await forget(state).catch(() => undefined);
      throw error;
    }
  }

  async function understand(state: ImportState, call: StreamCall): Promise<ImportState> {
    try {
      const file = await openSheetFile(readFile(database, state.id), { fileName: state.fileName });
      try {
        const decision = call.beginDecision();
        const surveyed = await surveyImport(file, state, await model());
        const isClear = surveyed.survey.faults.length === 0;
        const after: ImportState = {
          ...state,
          ...surveyed,
          status: isClear ? 'ready' : 'unsettled',
          version: state.version + 1,
          updatedAt: decision.now,
        };
        return await decision.commit({ statements: [updateImport(after)] }, after);
      } finally {
        await file.close();
      }
    } catch (error) {
      const finding = findRefusal(error);
      if (!finding || !(error instanceof AppError)) throw error;
      await refuse(state, tellFinding(finding), call);
      const kept = `The file is kept as import ${state.id}.`;
      throw new AppError('invalid_input', `${error.message} ${kept}`, { violations: error.violations, cause: finding });
    }
  }

  async function refuse(state: ImportState, refusal: Told, call: StreamCall): Promise<void> {
    const decision = call.beginDecision();
    const after: ImportState = { ...state, status: 'refused', refusal, version: state.version + 1, updatedAt: decision.now };
    await decision.commit({ statements: [updateImport(after)] }, undefined);
  }

  /** What did not come whole is of no use to anybody. There is no call any more in which this could be decided. */
  async function forget(state: ImportState): Promise<void> {
    await database.commit({ statements: [forgetUpload(sql`id = ${state.id}`)] });
  }
}

async function* withFirst(first: UploadImportRequest, rest: AsyncIterator<UploadImportRequest>): AsyncGenerator<Uint8Array> {
  yield first.data;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value.data;
}
