import type * as contract from '../../generated/opora/cmdb/v1/imports.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import type { Call, Principal } from '../../platform/rpc/call.ts';
import { toCanonicalText } from '../domain/attributes.ts';
import { exportItems } from '../exports/export-items.ts';
import { inPieces, mediaTypes } from '../exports/file-pieces.ts';
import { rightsReader, unmasking } from '../rights/rights.ts';
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
  const rightsFor = rightsReader(parts.model);
  const shownTo = async (call: Pick<Call, 'principal'>) => {
    const { masked } = await rightsFor(call);
    return (state: ImportState) => toImport(state, hiddenIn(state, masked, call.principal));
  };

  return {
    async uploadImport(pieces, call) {
      const { state, wait = usualWait } = await upload(pieces, call);
      const show = await shownTo(call);
      if (state.status !== 'ready') return show(state);
      await imports.check(state.id, call.beginDecision(), () => undefined);
      return show(await imports.waitFor(state.id, wait, call));
    },
    async listImports(request, call) {
      const { items, next } = await listImports(database, request);
      return { items: items.map(await shownTo(call)), ...(next !== undefined && { next }) };
    },
    getImport: async ({ id }, call) => (await shownTo(call))(await imports.find(id)),
    updateImport: async ({ id, expectedVersion, ...settings }, call) => imports.settle({ id, expectedVersion }, settings, call, await shownTo(call)),
    async checkImport({ id, wait = usualWait }, call) {
      const show = await shownTo(call);
      await imports.check(id, call, show);
      return show(await imports.waitFor(id, wait, call));
    },
    async applyImport({ id, reason, wait = usualWait }, call) {
      const show = await shownTo(call);
      await imports.apply(id, reason, call, show);
      return show(await imports.waitFor(id, wait, call));
    },
    async *downloadImport({ id }, call) {
      const state = await imports.find(id);
      requireShown(state, (await rightsFor(call)).masked, call.principal);
      const { fileName, status } = state;
      if (status === 'receiving') throw new AppError('illegal_state', 'The file is still on its way.');
      yield* inPieces(readFile(database, id), { name: fileName });
    },
    async *exportItems(request, call) {
      yield* exportItems(database, await parts.model(), request, await rightsFor(call));
    },
    async *getTemplate({ name, language = 'ru' }) {
      const itemClass = requireConcrete(await parts.model(), name);
      yield* inPieces(writeTemplate(itemClass, language), { name: `${itemClass.label[language]}.xlsx`, mediaType: mediaTypes.xlsx });
    },
    async listImportRows({ id, ...page }, call) {
      const state = await imports.find(id);
      const { masked } = await rightsFor(call);
      requireShown(state, masked, call.principal);
      const { items, next } = await listRows(database, state, page);
      return { items: items.map((row) => toRow(row, masked)), ...(next !== undefined && { next }) };
    },
  };
}

/** The columns of a list whose values somebody may not see, by their targets. Who has sent the list knows what is in it. */
function hiddenIn({ survey, principal: sender }: ImportState, masked: ReadonlySet<string>, reader: Principal): Set<string> {
  if (sender.kind === reader.kind && sender.id === reader.id) return new Set();
  return new Set(
    survey.columns.flatMap(({ target }) => (target?.startsWith(ofAttribute) && masked.has(target.slice(ofAttribute.length)) ? [target] : [])),
  );
}

const ofAttribute = 'attributes.';

function requireShown(state: ImportState, masked: ReadonlySet<string>, reader: Principal): void {
  const hidden = [...hiddenIn(state, masked, reader)].map((target) => target.slice(ofAttribute.length));
  if (hidden.length > 0)
    throw new AppError('not_allowed', `This list has sensitive columns (${hidden.join(', ')}): this needs the permission ${unmasking}.`);
}

function toImport(state: ImportState, hidden: ReadonlySet<string>): contract.Import {
  const { principal, headerRow: _, pass: __, lastRow: ___, survey, counts, createdAt, updatedAt, finishedAt, ...rest } = state;
  return {
    ...rest,
    sheets: [...survey.sheets],
    ...(survey.classReason && { classReason: survey.classReason }),
    ...(survey.header && { headerFirst: survey.header.first, headerLast: survey.header.last }),
    columns: survey.columns.map((column) => toColumn(column, hidden)),
    notices: [...survey.notices],
    faults: [...survey.faults],
    counts: { ...counts },
    actorName: principal.name,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(finishedAt !== undefined && { finishedAt: new Date(finishedAt).toISOString() }),
  };
}

function toColumn({ column: _, samples, ...column }: SettledColumn, hidden: ReadonlySet<string>): contract.ImportColumn {
  return { ...column, samples: hidden.has(column.target ?? '') ? [] : [...samples] };
}

function toRow({ reasons, changes, kept, ...row }: RowOutcome, masked: ReadonlySet<string>): contract.ImportRow {
  const show = (change: RowChange) => toChange(change, masked);
  return { ...row, reasons: [...reasons], changes: changes.map(show), kept: kept.map(show) };
}

function toChange({ before, after, ...change }: RowChange, masked: ReadonlySet<string>): contract.ImportChange {
  if (masked.has(change.attribute)) return change;
  return {
    ...change,
    ...(before !== undefined && { before: toCanonicalText(before) }),
    ...(after !== undefined && { after: toCanonicalText(after) }),
  };
}
