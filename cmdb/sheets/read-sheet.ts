import { isFilled } from '../domain/sheets/cell.ts';
import { findRepeats } from '../domain/sheets/find-repeats.ts';
import { followMerged } from '../domain/sheets/follow-merged.ts';
import type { ColumnTarget } from '../domain/sheets/mapping.ts';
import { type ReadingPlan, type RowFate, readRow } from '../domain/sheets/read-row.ts';
import type { SheetClass } from '../domain/sheets/sheet-class.ts';
import { beginSurvey, type SheetSurvey, type SurveyOptions } from '../domain/sheets/survey-sheet.ts';
import { refuseFile } from './refuse-file.ts';
import type { SheetFile } from './sheet-file.ts';

/** Reads a sheet through once to learn what its columns are; the first visible one with anything on it unless another is named. */
export async function surveySheet(file: SheetFile, options: SurveyOptions & { sheet?: string } = {}): Promise<SheetSurvey> {
  const sheet = options.sheet ?? (await findSheetWithData(file));
  const survey = beginSurvey(sheet);
  for await (const part of file.readSheet(sheet)) survey.see(part);
  return survey.finish(options);
}

async function findSheetWithData(file: SheetFile): Promise<string> {
  for (const { name, isHidden } of file.sheets) {
    if (isHidden) continue;
    for await (const part of file.readSheet(name)) if ('row' in part && part.row.cells.some(isFilled)) return name;
  }
  throw refuseFile('no_data');
}

export interface ReadingChoice {
  class: SheetClass;
  subclasses?: readonly SheetClass[];
  mapping: readonly ColumnTarget[];
  zone: string;
  isWhole: boolean;
}

/** How the rows of a surveyed sheet are to be read: what the survey found and what a person chose. The sheet must have a header. */
export function planReading(file: SheetFile, survey: SheetSurvey, choice: ReadingChoice): ReadingPlan {
  const { sheet, columns, habits, header } = survey;
  return { ...choice, sheet, columns, habits, headerEnd: header?.last ?? 0, isNarrow: file.format === 'csv' };
}

/** The fate of each row below the header that is not blank, in their order. Nothing is kept but what finds repeats: read it twice rather than keep it. */
export async function* readFates(file: SheetFile, survey: SheetSurvey, plan: ReadingPlan): AsyncGenerator<RowFate> {
  const coversOf = followMerged(survey.merged);
  const mark = findRepeats(plan);
  for await (const part of file.readSheet(plan.sheet)) {
    if (!('row' in part) || part.row.number <= plan.headerEnd) continue;
    const fate = readRow(part.row, plan, coversOf(part.row.number));
    if (fate) yield mark(fate);
  }
}
