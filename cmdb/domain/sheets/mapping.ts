import type { ColumnGuess, SheetColumn } from './guess-mapping.ts';
import type { Remark } from './remark.ts';
import { labelTarget, type SheetClass, type Target, toTargetName } from './sheet-class.ts';

/** What a person, or the guess, has settled: which columns (from 0) become what. */
export interface ColumnTarget {
  column: number;
  target: Target;
}

export function settleGuess(guesses: readonly ColumnGuess[]): ColumnTarget[] {
  return guesses.flatMap(({ column, target }) => (target ? [{ column, target }] : []));
}

/** What is wrong with a mapping as a whole; rows are not read until it is mended. `sheet` is the name to show. */
export function checkMapping(mapping: readonly ColumnTarget[], columns: readonly SheetColumn[], itemClass: SheetClass, sheet: string): Remark[] {
  const faults: Remark[] = [];
  const taken = new Map<string, string>();
  for (const { column, target } of mapping) {
    const name = toTargetName(target);
    const found = columns.find((one) => one.column === column);
    const label = labelTarget(target, itemClass);
    const place = { sheet, ...(found && { column: found.letter, header: found.header }) };
    const twin = taken.get(name);
    if (!found) {
      faults.push({
        code: 'no_such_column',
        place,
        what: { ru: `столбца с номером ${column} на листе нет.`, en: `the sheet has no column with the number ${column}.` },
        wayOut: { ru: `Столбцы: ${listLetters(columns)}.`, en: `The columns are ${listLetters(columns)}.` },
      });
      continue;
    }
    if (!label) {
      faults.push({
        code: 'no_such_attribute',
        place,
        what: { ru: `в классе «${itemClass.label.ru}» нет атрибута ${name}.`, en: `the class "${itemClass.label.en}" has no attribute ${name}.` },
        wayOut: { ru: 'Выберите атрибут этого класса.', en: 'Choose an attribute of this class.' },
      });
    } else if (twin !== undefined) {
      faults.push({
        code: 'same_target',
        place,
        what: { ru: `«${label.ru}» уже берётся из столбца ${twin}.`, en: `"${label.en}" is already taken from column ${twin}.` },
        wayOut: { ru: 'Оставьте один из столбцов.', en: 'Keep one of the columns.' },
      });
    }
    taken.set(name, found.letter);
  }
  return faults;
}

/** What every new item of the class needs and no column gives. It is no fault where the rows only change items that exist. */
export function tellMissing(mapping: readonly ColumnTarget[], itemClass: SheetClass, sheet: string): Remark[] {
  const taken = new Set(mapping.map(({ target }) => toTargetName(target)));
  const needed: Target[] = [
    { own: 'name' },
    ...[...itemClass.attributes].flatMap(([attribute, { required, default: preset }]) => (required && preset === undefined ? [{ attribute }] : [])),
  ];
  return needed
    .filter((target) => !taken.has(toTargetName(target)))
    .map((target) => {
      const label = labelTarget(target, itemClass) ?? { ru: '', en: '' };
      return {
        code: 'missing_column',
        place: { sheet },
        what: {
          ru: `нет столбца для «${label.ru}», без которого новой единицы не бывает.`,
          en: `no column gives "${label.en}", which every new item needs.`,
        },
        wayOut: { ru: 'Назначьте или добавьте столбец.', en: 'Choose a column for it, or add one.' },
      };
    });
}

function listLetters(columns: readonly SheetColumn[]): string {
  return (
    columns
      .slice(0, 20)
      .map(({ letter }) => letter)
      .join(', ') + (columns.length > 20 ? ' …' : '')
  );
}
