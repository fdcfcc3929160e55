import { AppError, type FieldViolation } from '../../platform/errors/app-error.ts';
import { pointTo } from '../domain/model/pointer.ts';
import { toTargetName } from '../domain/sheets/sheet-class.ts';
import type { SettledColumn, StoredSurvey } from './import-store.ts';
import { readTarget } from './targets.ts';

const saidByPerson = { ru: 'так сказал человек', en: 'a person said so' };

/** The columns as a person says what they are. A target that one column is given leaves the column that a guess gave it. */
export function mapColumns(survey: StoredSurvey, mapping: Readonly<Record<string, string>>): StoredSurvey {
  const wanted = new Map(
    Object.entries(mapping).map(([letter, target]) => [letter.toUpperCase(), target === '' ? '' : toTargetName(readTarget(target))]),
  );
  const letters = new Set(survey.columns.map(({ letter }) => letter));
  const violations = [...wanted.keys()].flatMap((letter): FieldViolation[] =>
    letters.has(letter) ? [] : [{ pointer: pointTo('/mapping', letter), message: `is no column of the sheet; they are ${[...letters].join(', ')}` }],
  );
  if (violations.length > 0) throw new AppError('invalid_input', 'The sheet has no such column.', { violations });
  const taken = new Set(wanted.values());
  const columns = survey.columns.map((column): SettledColumn => {
    const target = wanted.get(column.letter);
    const { target: before, confidence, ...rest } = column;
    if (target === undefined && (before === undefined || confidence === undefined || !taken.has(before))) return column;
    return { ...rest, ...(target && { target }), reason: saidByPerson };
  });
  return { ...survey, columns };
}
