import type * as contract from '../../generated/opora/cmdb/v1/imports.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { exportItems } from '../exports/export-items.ts';
import { inPieces, mediaTypes } from '../exports/file-pieces.ts';
import { writeTemplate } from '../sheets/write-template.ts';
import { readFile } from './chunk-store.ts';
import type { ImportState, SettledColumn } from './import-store.ts';
import { type ImportParts, importUseCases } from './import-use-cases.ts';
import { listImports, listRows } from './list-imports.ts';
import type { RowChange, RowOutcome } from './row-store.ts';
import { requireConcrete } from './sheet-classes.ts';
import { uploading } from './uploads.ts';

const usualWait = 5;

/** The contract's methods, each mapped to its use case and back. */
export function importMethods(parts: ImportParts): contract.ImportService {
  const { database } = parts;
  const imports = importUseCases(parts);
  const upload = uploading(parts);

  return {
    async uploadImport(pieces, call) {
      const { state, wait = usualWait } = await upload(pieces, call);
      if (state.status !== 'ready') return toImport(state);
      await imports.check(state.id, call.beginDecision(), () => undefined);
      return toImport(await imports.waitFor(state.id, wait, call));
    },
    async listImports(request) {
      const { items, next } = await listImports(database, request);
      return { items: items.map(toImport), ...(next !== undefined && { next }) };
    },
    getImport: async ({ id }) => toImport(await imports.find(id)),
    updateImport: ({ id, expectedVersion, ...settings }, call) => imports.settle({ id, expectedVersion }, settings, call, toImport),
    async checkImport({ id, wait = usualWait }, call) {
      await imports.check(id, call, toImport);
      return toImport(await imports.waitFor(id, wait, call));
    },
    async applyImport({ id, reason, wait = usualWait }, call) {
      await imports.apply(id, reason, call, toImport);
      return toImport(await imports.waitFor(id, wait, call));
    },
    async *downloadImport({ id }) {
      const { fileName, status } = await imports.find(id);
      if (status === 'receiving') throw new AppError('illegal_state', 'The file is still on its way.');
      yield* inPieces(readFile(database, id), { name: fileName });
    },
    async *exportItems(request) {
      yield* exportItems(database, await parts.model(), request);
    },
    async *getTemplate({ name, language = 'ru' }) {
      const itemClass = requireConcrete(await parts.model(), name);
      yield* inPieces(writeTemplate(itemClass, language), { name: `${itemClass.label[language]}.xlsx`, mediaType: mediaTypes.xlsx });
    },
    async listImportRows({ id, ...page }) {
      const { items, next } = await listRows(database, await imports.find(id), page);
      return { items: items.map(toRow), ...(next !== undefined && { next }) };
    },
  };
}

function toImport(state: ImportState): contract.Import {
  const { principal, headerRow: _, pass: __, lastRow: ___, survey, counts, createdAt, updatedAt, finishedAt, ...rest } = state;
  return {
    ...rest,
    sheets: [...survey.sheets],
    ...(survey.classReason && { classReason: survey.classReason }),
    ...(survey.header && { headerFirst: survey.header.first, headerLast: survey.header.last }),
    columns: survey.columns.map(toColumn),
    notices: [...survey.notices],
    faults: [...survey.faults],
    counts: { ...counts },
    actorName: principal.name,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(finishedAt !== undefined && { finishedAt: new Date(finishedAt).toISOString() }),
  };
}

function toColumn({ column: _, samples, ...column }: SettledColumn): contract.ImportColumn {
  return { ...column, samples: [...samples] };
}

function toRow({ reasons, changes, kept, ...row }: RowOutcome): contract.ImportRow {
  return { ...row, reasons: [...reasons], changes: changes.map(toChange), kept: kept.map(toChange) };
}

function toChange({ before, after, ...change }: RowChange): contract.ImportChange {
  return {
    ...change,
    ...(before !== undefined && { before: toCanonicalText(before) }),
    ...(after !== undefined && { after: toCanonicalText(after) }),
  };
}
