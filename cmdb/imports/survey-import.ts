import type { CompiledModel } from '../domain/model/compile-model.ts';
import { type SheetRow, toText } from '../domain/sheets/cell.ts';
import { type ClassGuess, guessClass } from '../domain/sheets/guess-class.ts';
import { type ColumnGuess, guessMapping, type SheetColumn } from '../domain/sheets/guess-mapping.ts';
import { checkMapping, tellMissing } from '../domain/sheets/mapping.ts';
import type { Finding, Remark } from '../domain/sheets/remark.ts';
import { describeRemark } from '../domain/sheets/remark.ts';
import { toTargetName } from '../domain/sheets/sheet-class.ts';
import type { SheetSurvey } from '../domain/sheets/survey-sheet.ts';
import { surveySheet } from '../sheets/read-sheet.ts';
import type { SheetFile } from '../sheets/sheet-file.ts';
import type { ImportState, SettledColumn, StoredSurvey, Told } from './import-store.ts';
import { findRoot, listConcreteClasses, type ReadAs, readAsClass } from './sheet-classes.ts';
import { isSettled, mapsOwn, readTarget } from './targets.ts';

const columnsToTellAClass = 60;

/** What of an import reading its file through tells. */
export type Surveyed = Pick<ImportState, 'class' | 'sheet' | 'rows' | 'survey'>;

/** Reads a file through and guesses what a person has not said: class, sheet, header, and what each column is. */
export async function surveyImport(
  file: SheetFile,
  wanted: Pick<ImportState, 'class' | 'sheet' | 'headerRow' | 'fileName'>,
  model: CompiledModel,
): Promise<Surveyed> {
  const survey = await surveySheet(file, {
    ...(wanted.sheet !== undefined && { sheet: wanted.sheet }),
    ...(wanted.headerRow !== undefined && { headerRow: wanted.headerRow }),
  });
  const guessed = wanted.class === undefined ? guess(survey, wanted.fileName, model) : undefined;
  const name = wanted.class ?? guessed?.class.name;
  const readAs = name === undefined ? undefined : readAsClass(model, name);
  const columns = survey.columns.map((column) => ({
    ...column,
    samples: survey.sample.slice(0, 3).flatMap(({ cells }) => toText(cells[column.column]).slice(0, 100) || []),
  }));
  return {
    ...(name !== undefined && { class: name }),
    sheet: survey.sheet,
    rows: survey.rows,
    survey: settleSurvey(
      {
        sheets: file.sheets.map(({ name: sheet, isHidden }) => ({ name: sheet, hidden: isHidden })),
        ...(survey.header && { header: survey.header }),
        columns: guessColumns(columns, readAs),
        ...(guessed && { classReason: guessed.reason }),
        notices: [...file.notices.map(tellFinding), ...(survey.header ? survey.notices.map(tell) : [])],
        faults: survey.header ? [] : survey.notices.map(tell),
      },
      survey.sheet,
      readAs,
    ),
  };
}

/** What each column is by its header, when rows are read as that. */
export function guessColumns(columns: readonly (SheetColumn & Pick<SettledColumn, 'samples'>)[], readAs: ReadAs | undefined): SettledColumn[] {
  const bare = columns.map(({ column, letter, header }) => ({ column, letter, header }));
  const guesses: ColumnGuess[] = readAs ? guessMapping(bare, readAs.class) : bare.map((column) => ({ ...column, confidence: 0, reason: noClass }));
  return guesses.map(({ target, confidence, ...column }, index) => ({
    ...column,
    ...(target && { target: toTargetName(target), confidence }),
    samples: columns[index]?.samples ?? [],
  }));
}

/** The survey with all that a person must still settle. */
export function settleSurvey(survey: StoredSurvey, sheet: string, readAs: ReadAs | undefined): StoredSurvey {
  if (!survey.header) return survey;
  if (!readAs) return { ...survey, faults: [classWanted] };
  const mapping = survey.columns.flatMap(({ column, target }) => (target === undefined ? [] : [{ column, target: readTarget(target) }]));
  const faults = checkMapping(mapping, survey.columns, readAs.class, sheet).map(tell);
  const missing = tellMissing(mapping, readAs.class, sheet).map(tell);
  const notices = [...survey.notices.filter(({ code }) => code !== 'missing_column'), ...missing];
  if (!isSettled(mapping, readAs.class)) faults.push(nothingTellsThem);
  if (readAs.abstract && !mapsOwn(mapping, 'class') && !mapsOwn(mapping, 'id')) faults.push(classIsAbstract(readAs));
  return { ...survey, notices, faults };
}

function guess({ columns, sheet, sample }: SheetSurvey, fileName: string, model: CompiledModel): ClassGuess | undefined {
  const bare = fileName.replace(/^.*[\\/]/, '').replace(/\.[^.]{1,5}$/, '');
  const root = findRoot(model);
  if (root && namesClasses(columns, sample, model)) return { class: readAsClass(model, root.name).class, reason: eachNamesItsClass };
  return guessClass(columns.slice(0, columnsToTellAClass), [sheet, bare], listConcreteClasses(model));
}

/** Whether each row names its class, as rows of an export do. */
function namesClasses(columns: readonly SheetColumn[], sample: readonly SheetRow[], model: CompiledModel): boolean {
  const nothing = { name: '', label: { ru: '', en: '' }, attributes: new Map(), identifiers: [] };
  const column = guessMapping(columns, nothing).find(({ target }) => target && 'own' in target && target.own === 'class')?.column;
  if (column === undefined) return false;
  const words = new Set(listConcreteClasses(model).flatMap(({ name, label }) => [name, label.ru, label.en].map((word) => word.toLowerCase())));
  return sample.length > 0 && sample.every(({ cells }) => words.has(toText(cells[column]).toLowerCase()));
}

export function tell(remark: Remark): Told {
  return { code: remark.code, ru: describeRemark(remark, 'ru'), en: describeRemark(remark, 'en') };
}

export function tellFinding({ code, what, wayOut }: Finding): Told {
  const join = (language: 'ru' | 'en') => [what[language], wayOut?.[language]].filter((text) => text !== undefined).join(' ');
  return { code, ru: join('ru'), en: join('en') };
}

const eachNamesItsClass = { ru: 'каждая строка называет свой класс', en: 'each row names its class' };
const noClass = { ru: 'сначала нужен класс', en: 'the class is wanted first' };

const classWanted: Told = {
  code: 'class_wanted',
  ru: 'Непонятно, какого класса этот список. Укажите его: PATCH /api/v1/cmdb/imports/{id} {"class": "pump"}; классы перечисляет GET /api/v1/cmdb/classes.',
  en: 'It is not clear of which class this list is. Say it: PATCH /api/v1/cmdb/imports/{id} {"class": "pump"}; GET /api/v1/cmdb/classes lists the classes.',
};

function classIsAbstract({ class: { label, name } }: ReadAs): Told {
  return {
    code: 'class_abstract',
    ru: `Единиц класса «${label.ru}» (${name}) не бывает, только его подклассов. Укажите подкласс или столбец с классом строки.`,
    en: `No item is of the class "${label.en}" (${name}) itself. Say a class below it, or which column has the class of each row.`,
  };
}

const nothingTellsThem: Told = {
  code: 'nothing_to_tell_by',
  ru: 'Ни один столбец не говорит, о какой единице строка: назначьте наименование, ключ или номер (PATCH /api/v1/cmdb/imports/{id} {"mapping": {"A": "name"}}).',
  en: 'No column tells which item a row is about: say which one is its name, key or number (PATCH /api/v1/cmdb/imports/{id} {"mapping": {"A": "name"}}).',
};
