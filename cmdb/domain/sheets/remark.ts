import type { Label } from '../model/model.ts';

/** Where in the file: the row as the spreadsheet counts it, the letter of the column and what stands in its header. */
export interface Place {
  sheet: string;
  row?: number;
  column?: string;
  header?: string;
}

/** Something to tell about a file, in both languages: what is so, and the way out when one is wanted. */
export interface Finding {
  code: string;
  what: Label;
  wayOut?: Label;
}

export interface Remark extends Finding {
  place: Place;
}

/** One line for a person: «Лист1», строка 7, столбец C «Мощность, кВт»: … */
export function describeRemark({ place, what, wayOut }: Remark, language: keyof Label): string {
  const words = language === 'ru' ? { sheet: 'лист', row: 'строка', column: 'столбец' } : { sheet: 'sheet', row: 'row', column: 'column' };
  const where = [
    `${words.sheet} «${place.sheet}»`,
    place.row === undefined ? '' : `${words.row} ${place.row}`,
    place.column === undefined ? '' : `${words.column} ${place.column}${place.header ? ` «${place.header}»` : ''}`,
  ].filter((part) => part !== '');
  return `${where.join(', ')}: ${what[language]}${wayOut ? ` ${wayOut[language]}` : ''}`;
}
