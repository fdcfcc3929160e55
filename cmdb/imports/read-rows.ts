import type { Database } from '../../platform/postgres/database.ts';
import { manual } from '../domain/identify/authority.ts';
import type { CompiledModel } from '../domain/model/compile-model.ts';
import { keyOfRow } from '../domain/sheets/key-of-row.ts';
import type { ColumnTarget } from '../domain/sheets/mapping.ts';
import type { ReadingPlan, RowFate, SheetRecord } from '../domain/sheets/read-row.ts';
import type { Finding, Remark } from '../domain/sheets/remark.ts';
import { rememberRows } from '../domain/sheets/remember-rows.ts';
import { namesNoItem, nothingToTellBy, sameItem } from '../domain/sheets/row-findings.ts';
import { openSheetFile } from '../sheets/open-sheet-file.ts';
import { planReading, readFates, surveySheet } from '../sheets/read-sheet.ts';
import { readFile } from './chunk-store.ts';
import type { ImportState, Told } from './import-store.ts';
import type { RowOutcome } from './row-store.ts';
import { readAsClass } from './sheet-classes.ts';
import { tell } from './survey-import.ts';
import { mapsOwn, readTarget } from './targets.ts';

/** A row that is a record, and the key under which its source says it. */
export interface RecordRow {
  row: number;
  key: string;
  record: SheetRecord;
  notices: readonly Told[];
}

/** Rows of a list in their order: each is a record, or it is told already why it is none. */
export type RowsPage = (RecordRow | RowOutcome)[];

export interface RowReading {
  /** The next rows that are to be done; undefined when there are no more. */
  next(): Promise<RowsPage | undefined>;
  close(): Promise<void>;
}

const rowsOfPage = 500;

/** Reads the rows of an import, from the row behind those that are done. What stood before is read too: it tells which rows repeat others. */
export async function readRowsOf(database: Database, state: ImportState, model: CompiledModel): Promise<RowReading> {
  const readAs = readAsClass(model, state.class ?? '');
  const file = await openSheetFile(readFile(database, state.id), { fileName: state.fileName });
  try {
    const survey = await surveySheet(file, {
      ...(state.sheet !== undefined && { sheet: state.sheet }),
      ...(state.headerRow !== undefined && { headerRow: state.headerRow }),
    });
    const mapping = state.survey.columns.flatMap(({ column, target }): ColumnTarget[] =>
      target === undefined ? [] : [{ column, target: readTarget(target) }],
    );
    const isWhole = mapsOwn(mapping, 'name') && !mapsOwn(mapping, 'id');
    const plan = planReading(file, survey, { ...readAs, mapping, zone: state.zone, isWhole });
    const rows = readRecords(readFates(file, survey, plan), { plan, model, source: state.source });
    return {
      async next() {
        const page: RowsPage = [];
        for (let next = await rows.next(); !next.done; next = await rows.next()) {
          if (next.value.row <= state.lastRow) continue;
          page.push(next.value);
          if (page.length === rowsOfPage) break;
        }
        return page.length > 0 ? page : undefined;
      },
      async close() {
        await rows.return(undefined);
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface RecordReading {
  plan: ReadingPlan;
  model: CompiledModel;
  source: string;
}

async function* readRecords(fates: AsyncIterable<RowFate>, { plan, model, source }: RecordReading): AsyncGenerator<RecordRow | RowOutcome> {
  const firstRow = rememberRows();
  for await (const fate of fates) {
    const { row } = fate;
    const notices = fate.notices.map(tell);
    const settle = (one: RowOutcome['fate'], why: readonly Remark[], more: Partial<RowOutcome> = {}): RowOutcome => ({
      row,
      fate: one,
      ...more,
      reasons: [...why.map(tell), ...notices],
      changes: [],
      kept: [],
    });
    const place = (finding: Finding): Remark => ({ ...finding, place: { sheet: plan.sheet, row } });
    if (fate.fate === 'skipped') yield settle('skipped', [fate.why]);
    else if (fate.fate === 'refused') yield settle('rejected', fate.faults);
    else if (fate.fate === 'repeated') yield settle('repeated', [fate.why], { ofRow: fate.of });
    else {
      const { record } = fate;
      const named = record.name === undefined ? {} : { name: record.name };
      // A person's word on an item is kept under the item's id.
      const key = source === manual ? record.id : keyOfRow(record, model.classes.get(record.class));
      const of = key === undefined ? undefined : firstRow(key, row);
      if (key === undefined) yield settle('rejected', [place(source === manual ? namesNoItem : nothingToTellBy)], named);
      else if (of !== undefined) yield settle('repeated', [place(sameItem(of, key))], { ...named, key, ofRow: of });
      else yield { row, key, record, notices };
    }
  }
}
