import type { Label } from '../model/model.ts';
import type { Finding } from './remark.ts';
import type { SheetClass } from './sheet-class.ts';
import { cut } from './value-findings.ts';

export function required(isCovered: boolean): Finding {
  return {
    code: 'required',
    what: { ru: 'обязательное значение не заполнено.', en: 'a value is required, and there is none.' },
    wayOut: isCovered
      ? { ru: 'Разъедините ячейки и заполните каждую.', en: 'Unmerge the cells and fill each of them.' }
      : { ru: 'Заполните ячейку.', en: 'Fill the cell.' },
  };
}

export function merged(first: string): Finding {
  return {
    code: 'merged',
    what: {
      ru: `ячейка объединена с ${first}: значение относится к ней, а здесь пусто.`,
      en: `the cell is merged with ${first}: the value belongs there, and here is nothing.`,
    },
  };
}

export function wrongClass(text: string, candidates: readonly SheetClass[]): Finding {
  const list = (language: keyof Label) =>
    candidates
      .slice(0, 12)
      .map(({ label }) => `«${label[language]}»`)
      .join(', ');
  return {
    code: 'wrong_class',
    what: {
      ru: `строка говорит о классе «${cut(text)}», а читается лист класса ${list('ru')}.`,
      en: `the row is of the class "${cut(text)}", and the sheet is read as ${list('en')}.`,
    },
    wayOut: {
      ru: 'Исправьте класс или загрузите такие строки отдельно, выбрав их класс.',
      en: 'Mend the class, or import such rows by themselves as their class.',
    },
  };
}

export function outside(width: number, cells: number): Finding {
  return {
    code: 'outside_header',
    what: { ru: `в строке ${cells} значений, а заголовков ${width}.`, en: `the row has ${cells} values, and there are ${width} headers.` },
    wayOut: {
      ru: 'Скорее всего, в значении есть разделитель столбцов: возьмите это значение в кавычки.',
      en: 'Most likely a value holds the separator of columns: put that value in quotes.',
    },
  };
}

export function repeated(row: number, label: Label, value: string, isSame: boolean): Finding {
  return {
    code: 'repeated',
    what: {
      ru: `«${label.ru}» ${cut(value)} уже есть в строке ${row}${isSame ? ', и строки одинаковы.' : ', а остальное различается.'}`,
      en: `"${label.en}" ${cut(value)} is in row ${row} already${isSame ? ', and the rows are the same.' : ', and the rest differs.'}`,
    },
    wayOut: isSame
      ? { ru: 'Ничего не нужно: строка ничего не добавляет.', en: 'Nothing is to do: the row adds nothing.' }
      : { ru: 'Оставьте верную из двух строк или исправьте номер.', en: 'Keep the right one of the two rows, or mend the number.' },
  };
}
