import type { AttributeDefinition } from '../model/model.ts';
import { isFilled, type MergedRange, type SheetRow, toLetter, toText } from './cell.ts';
import type { ColumnHabit } from './column-habit.ts';
import type { SheetColumn } from './guess-mapping.ts';
import type { ColumnTarget } from './mapping.ts';
import { readValue } from './read-value.ts';
import { recogniseRow } from './recognise-row.ts';
import type { Finding, Place, Remark } from './remark.ts';
import * as say from './row-findings.ts';
import type { OwnField, SheetClass } from './sheet-class.ts';

/** What a row says of an item. Attributes that are other items are as the row names them: who uses the record finds out whom it means. */
export interface SheetRecord {
  class: string;
  name?: string;
  key?: string;
  /** Of the item, as an export wrote it. */
  id?: string;
  lookups?: readonly string[];
  attributes: Readonly<Record<string, unknown>>;
}

/** What becomes of a row. `repeated` says the same item as the earlier row `of`: it adds nothing, or differs and a person must say which is right. */
export type RowFate = { row: number; notices: readonly Remark[] } & (
  | { fate: 'record'; record: SheetRecord }
  | { fate: 'refused'; faults: readonly Remark[] }
  | { fate: 'repeated'; of: number; isSame: boolean; why: Remark }
  | { fate: 'skipped'; why: Remark }
);

/** How the rows of one sheet are read. */
export interface ReadingPlan {
  sheet: string;
  class: SheetClass;
  /** Classes below it, which the column of the class may name too. */
  subclasses?: readonly SheetClass[];
  columns: readonly SheetColumn[];
  mapping: readonly ColumnTarget[];
  habits: ReadonlyMap<number, ColumnHabit>;
  /** The last row of the header. */
  headerEnd: number;
  /** IANA name of the zone in which times are meant. */
  zone: string;
  /** Whether rows make new items, which need all that is required; rows that only change items may leave it out. */
  isWhole: boolean;
  /** A cell to the right of the header is a mistake of the row: so in CSV, where one separator too many moves all values behind it. */
  isNarrow: boolean;
}

const own: Readonly<Record<OwnField, AttributeDefinition>> = {
  name: { type: 'text', label: { ru: '', en: '' }, maxLength: 500 },
  key: { type: 'text', label: { ru: '', en: '' }, maxLength: 500 },
  id: { type: 'text', label: { ru: '', en: '' } },
  class: { type: 'text', label: { ru: '', en: '' } },
  lookups: { type: 'text', label: { ru: '', en: '' }, list: true },
};

/** Reads a row; undefined when it is blank. `merged` are the ranges that cover cells of this row. All that is wrong is told at once. */
export function readRow(row: SheetRow, plan: ReadingPlan, merged: readonly MergedRange[] = []): RowFate | undefined {
  if (!row.cells.some(isFilled)) return undefined;
  const skipped = recogniseRow(row, { columns: plan.columns, headerEnd: plan.headerEnd, merged });
  if (skipped) return { row: row.number, fate: 'skipped', why: { ...skipped, place: { sheet: plan.sheet, row: row.number } }, notices: [] };

  // Values behind a separator too many are not where they belong: what else is wrong with them would mislead.
  const outside = tellOutside(row, plan);
  if (outside) return { row: row.number, fate: 'refused', faults: [outside], notices: [] };
  const faults: Remark[] = [];
  const notices: Remark[] = [];
  const attributes: [string, unknown][] = [];
  const fields: Partial<Record<OwnField, unknown>> = {};
  const tell = (to: Remark[], finding: Finding, column: number) => to.push({ ...finding, place: placeOf(row.number, column, plan) });

  const named = readClass(row, plan, faults);
  for (const { column, target } of plan.mapping) {
    // Classes may have an attribute of one name with other choices.
    const attribute = 'own' in target ? own[target.own] : (named?.attributes.get(target.attribute) ?? plan.class.attributes.get(target.attribute));
    if (!attribute) continue;
    const habit = plan.habits.get(column);
    const reading = readValue(row.cells[column], attribute, { zone: plan.zone, ...(habit && { habit }) });
    for (const notice of reading.notices ?? []) tell(notices, notice, column);
    const covering = merged.find((range) => column >= range.left && column <= range.right && (row.number > range.top || column > range.left));
    if (covering) tell(notices, say.merged(`${toLetter(covering.left)}${covering.top}`), column);
    if (reading.fault) tell(faults, reading.fault, column);
    else if (reading.value !== undefined) {
      if ('own' in target) fields[target.own] = reading.value;
      else attributes.push([target.attribute, reading.value]);
    } else if (plan.isWhole && (('own' in target && target.own === 'name') || (attribute.required && attribute.default === undefined)))
      tell(faults, say.required(covering !== undefined), column);
  }

  if (faults.length > 0) return { row: row.number, fate: 'refused', faults, notices };
  const { class: _, ...given } = fields as Omit<SheetRecord, 'attributes'>;
  return {
    row: row.number,
    fate: 'record',
    record: { ...given, class: (named ?? plan.class).name, attributes: Object.fromEntries(attributes) },
    notices,
  };
}

/** The class that the row names, or that of the whole sheet. */
function readClass(row: SheetRow, plan: ReadingPlan, faults: Remark[]): SheetClass | undefined {
  const column = plan.mapping.find(({ target }) => 'own' in target && target.own === 'class')?.column;
  const text = column === undefined ? '' : toText(row.cells[column]);
  if (column === undefined || text === '') return plan.class;
  const candidates = [plan.class, ...(plan.subclasses ?? [])];
  const named = candidates.find(({ name, label }) => isNamed(text, [name, label.ru, label.en]));
  if (!named) faults.push({ ...say.wrongClass(text, candidates), place: placeOf(row.number, column, plan) });
  return named;
}

function isNamed(text: string, names: readonly string[]): boolean {
  const fold = (word: string) => word.toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' ').trim();
  return names.some((name) => fold(name) === fold(text));
}

function tellOutside(row: SheetRow, plan: ReadingPlan): Remark | undefined {
  if (!plan.isNarrow) return undefined;
  const width = Math.max(0, ...plan.columns.filter(({ header }) => header !== '').map(({ column }) => column + 1));
  const last = row.cells.findLastIndex(isFilled);
  return last < width ? undefined : { ...say.outside(width, last + 1), place: placeOf(row.number, last, plan) };
}

export function placeOf(row: number, column: number, { sheet, columns }: Pick<ReadingPlan, 'sheet' | 'columns'>): Place {
  const header = columns.find((one) => one.column === column)?.header;
  return { sheet, row, column: toLetter(column), ...(header && { header }) };
}

/** What somebody else finds wrong with a record, by its pointers (`/name`, `/attributes/power`), told where it stands in the sheet. */
export function placeViolations(violations: readonly { pointer: string; message: string }[], row: number, plan: ReadingPlan): Remark[] {
  return violations.map(({ pointer, message }) => {
    const [, first = '', second = ''] = pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const column = plan.mapping.find(({ target }) =>
      'own' in target ? target.own === first : first === 'attributes' && target.attribute === second,
    )?.column;
    const place = column === undefined ? { sheet: plan.sheet, row } : placeOf(row, column, plan);
    return { code: 'violation', place, what: { ru: message, en: message } };
  });
}
