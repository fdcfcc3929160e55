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

export function sameItem(row: number, key: string): Finding {
  return {
    code: 'repeated',
    what: {
      ru: `та же единица уже в строке ${row}: у них один ключ «${cut(key)}».`,
      en: `row ${row} is the same item already: both have the key "${cut(key)}".`,
    },
    wayOut: { ru: 'Оставьте одну из двух строк или дайте им разные номера.', en: 'Keep one of the two rows, or give them different numbers.' },
  };
}

export function noSuchItem(id: string): Finding {
  return {
    code: 'no_such_item',
    what: { ru: `единицы с номером ${cut(id)} в CMDB нет.`, en: `the CMDB has no item ${cut(id)}.` },
    wayOut: {
      ru: 'Верните номер из выгрузки или очистите ячейку: тогда единица будет найдена по своим номерам или создана.',
      en: 'Put back the id that was exported, or empty the cell: then the item is found by its numbers, or made.',
    },
  };
}

export function outOfUse(name: string): Finding {
  return {
    code: 'item_retired',
    what: { ru: `единица «${cut(name)}» выведена из использования.`, en: `the item "${cut(name)}" is out of use.` },
    wayOut: { ru: 'Верните её в CMDB, потом загрузите строку снова.', en: 'Bring it back in the CMDB, then import the row again.' },
  };
}

export const nothingToTellBy: Finding = {
  code: 'nothing_to_tell_by',
  what: {
    ru: 'в строке нет ни ключа, ни номера, ни наименования: неизвестно, о какой она единице.',
    en: 'the row has no key, no number and no name: nobody knows which item it is about.',
  },
  wayOut: { ru: 'Заполните хотя бы одно из них.', en: 'Fill in one of them.' },
};

export const namesNoItem: Finding = {
  code: 'names_no_item',
  what: {
    ru: 'слово человека (источник manual) бывает о единице, которая есть, а строка её не называет.',
    en: "a person's word (the source manual) is about an item that is there, and the row names none.",
  },
  wayOut: {
    ru: 'Выгрузите список и правьте его, не трогая столбца с номером единицы; для новых единиц назовите другой источник.',
    en: 'Export the list and edit that, with its column of item ids; for new items name another source.',
  },
};
