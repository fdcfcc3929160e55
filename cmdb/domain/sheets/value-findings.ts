import type { AttributeDefinition, Label } from '../model/model.ts';
import type { Finding } from './remark.ts';

const mostChoices = 12;

export function errorCell(text: string): Finding {
  return {
    code: 'error_cell',
    what: { ru: `в ячейке ошибка ${text}.`, en: `the cell holds the error ${text}.` },
    wayOut: { ru: 'Исправьте формулу или впишите значение.', en: 'Mend the formula, or write the value in.' },
  };
}

export function formulaWithoutValue(formula: string): Finding {
  return {
    code: 'formula_without_value',
    what: { ru: `формула =${cut(formula)} без сохранённого результата.`, en: `the formula =${cut(formula)} was saved without its result.` },
    wayOut: {
      ru: 'Откройте файл в Excel и сохраните его или замените формулу значением.',
      en: 'Open the file in Excel and save it, or put the value in place of the formula.',
    },
  };
}

export const formula: Finding = {
  code: 'formula',
  what: { ru: 'в ячейке формула; взят её последний сохранённый результат.', en: 'the cell holds a formula; its last saved result was taken.' },
};

export function saysNothing(text: string): Finding {
  return { code: 'says_nothing', what: { ru: `«${text}» понято как пустая ячейка.`, en: `"${text}" was taken for an empty cell.` } };
}

export const becameDate: Finding = {
  code: 'became_date',
  what: { ru: 'ожидался текст, а в ячейке дата.', en: 'text was expected, and the cell holds a date.' },
  wayOut: {
    ru: 'Так Excel портит номера вроде 10-12: задайте столбцу формат «Текстовый» и впишите значение снова.',
    en: 'So Excel spoils numbers like 10-12: format the column as text and write the value again.',
  },
};

export function digitsLost(text: string): Finding {
  return {
    code: 'digits_lost',
    what: {
      ru: `${text} хранится числом, и цифры после пятнадцатой потеряны.`,
      en: `${text} is kept as a number, and its digits after the fifteenth are lost.`,
    },
    wayOut: {
      ru: 'Задайте столбцу формат «Текстовый» и впишите номер снова.',
      en: 'Format the column as text and write the number again.',
    },
  };
}

export function tooLong(length: number, most: number): Finding {
  return {
    code: 'too_long',
    what: { ru: `${length} знаков, а можно не больше ${most}.`, en: `${length} characters, and ${most} are the most.` },
    wayOut: { ru: 'Сократите текст.', en: 'Shorten the text.' },
  };
}

export function otherPattern(text: string, pattern: string): Finding {
  return {
    code: 'other_pattern',
    what: { ru: `«${cut(text)}» не подходит под образец ${pattern}.`, en: `"${cut(text)}" does not match ${pattern}.` },
    wayOut: { ru: 'Исправьте значение по образцу.', en: 'Mend the value so that it does.' },
  };
}

export function noNumber(text: string, unit: string | undefined): Finding {
  const unitRu = unit === undefined ? '' : ` Единицу измерения, кроме ${unit}, писать нельзя.`;
  const unitEn = unit === undefined ? '' : ` Write no unit but ${unit}.`;
  return {
    code: 'no_number',
    what: { ru: `«${cut(text)}» — не число.`, en: `"${cut(text)}" is no number.` },
    wayOut: { ru: `Впишите число: 1 234,5 или 1234.5.${unitRu}`, en: `Write a number: 1 234.5 or 1234,5.${unitEn}` },
  };
}

export function ambiguousNumber(text: string): Finding {
  return {
    code: 'ambiguous_number',
    what: {
      ru: `«${text}» можно прочесть двояко: запятая отделяет дробь или тысячи, и другие значения столбца этого не говорят.`,
      en: `"${text}" can be read in two ways: the comma divides the fraction or the thousands, and no other value of the column tells which.`,
    },
    wayOut: {
      ru: 'Впишите число без разделителя тысяч и с точкой перед дробью.',
      en: 'Write the number without thousands separators and with a point before the fraction.',
    },
  };
}

export function dateForNumber(moment: string): Finding {
  return {
    code: 'date_for_number',
    what: {
      ru: `ожидалось число, а в ячейке дата ${moment.replace('T', ' ')}.`,
      en: `a number was expected, and the cell holds the date ${moment.replace('T', ' ')}.`,
    },
    wayOut: { ru: 'Задайте столбцу числовой формат и впишите число снова.', en: 'Format the column as numbers and write the number again.' },
  };
}

export function notWhole(number: number): Finding {
  return {
    code: 'not_whole',
    what: { ru: `${number} — не целое число.`, en: `${number} is no whole number.` },
    wayOut: { ru: 'Впишите целое число.', en: 'Write a whole number.' },
  };
}

export function tooSmall(number: number, minimum: number, unit = ''): Finding {
  return {
    code: 'too_small',
    what: {
      ru: `${number} меньше наименьшего, ${minimum} ${unit}`.trimEnd().concat('.'),
      en: `${number} is less than the least, ${minimum} ${unit}`.trimEnd().concat('.'),
    },
    wayOut: { ru: 'Проверьте значение и единицу измерения.', en: 'Look at the value and its unit.' },
  };
}

export function tooBig(number: number, maximum: number, unit = ''): Finding {
  return {
    code: 'too_big',
    what: {
      ru: `${number} больше наибольшего, ${maximum} ${unit}`.trimEnd().concat('.'),
      en: `${number} is more than the most, ${maximum} ${unit}`.trimEnd().concat('.'),
    },
    wayOut: { ru: 'Проверьте значение и единицу измерения.', en: 'Look at the value and its unit.' },
  };
}

export function noYesOrNo(text: string): Finding {
  return {
    code: 'no_yes_or_no',
    what: { ru: `«${cut(text)}» — не «да» и не «нет».`, en: `"${cut(text)}" is neither "yes" nor "no".` },
    wayOut: { ru: 'Впишите да или нет (или 1, 0, true, false).', en: 'Write yes or no (or 1, 0, true, false).' },
  };
}

const howToWriteDates: Label = {
  ru: 'Впишите дату: 31.12.2025 или 2025-12-31.',
  en: 'Write a date: 2025-12-31 or 31.12.2025.',
};

export function noDate(text: string): Finding {
  return { code: 'no_date', what: { ru: `«${cut(text)}» — не дата.`, en: `"${cut(text)}" is no date.` }, wayOut: howToWriteDates };
}

export function noSuchDay(text: string): Finding {
  return {
    code: 'no_such_day',
    what: { ru: `такого дня нет: «${cut(text)}».`, en: `there is no such day: "${cut(text)}".` },
    wayOut: howToWriteDates,
  };
}

export function timeForDate(moment: string): Finding {
  return {
    code: 'time_for_date',
    what: { ru: `в ячейке время без даты: ${moment.slice(1)}.`, en: `the cell holds a time without a date: ${moment.slice(1)}.` },
    wayOut: howToWriteDates,
  };
}

export function ambiguousDate(text: string): Finding {
  return {
    code: 'ambiguous_date',
    what: {
      ru: `«${text}» можно прочесть двояко: первым стоит день или месяц, и другие даты столбца этого не говорят.`,
      en: `"${text}" can be read in two ways: the day or the month comes first, and no other date of the column tells which.`,
    },
    wayOut: howToWriteDates,
  };
}

export function shortYear(text: string, moment: string): Finding {
  return {
    code: 'short_year',
    what: { ru: `год двумя цифрами: «${text}» понято как ${moment}.`, en: `a year of two digits: "${text}" was taken for ${moment}.` },
  };
}

export function numberForDate(text: string, moment: string): Finding {
  return {
    code: 'number_for_date',
    what: {
      ru: `число ${text} понято как дата, которую Excel хранит этим числом: ${moment.replace('T', ' ')}.`,
      en: `the number ${text} was taken for the date that Excel keeps as this number: ${moment.replace('T', ' ')}.`,
    },
  };
}

export function noChoice(text: string, values: NonNullable<AttributeDefinition['values']>): Finding {
  const list = (language: keyof Label) =>
    values
      .slice(0, mostChoices)
      .map(({ label }) => `«${label[language]}»`)
      .join(', ') + (values.length > mostChoices ? ' …' : '');
  return {
    code: 'no_choice',
    what: { ru: `«${cut(text)}» нет среди возможных значений.`, en: `"${cut(text)}" is none of the possible values.` },
    wayOut: { ru: `Возможны: ${list('ru')}.`, en: `Possible are ${list('en')}.` },
  };
}

const namesOfForms: Readonly<Record<'ip' | 'mac' | 'mail' | 'link', Label & { example: string }>> = {
  ip: { ru: 'адрес IPv4 или IPv6', en: 'an IPv4 or IPv6 address', example: '10.0.0.5' },
  mac: { ru: 'MAC-адрес', en: 'a MAC address', example: '00:1b:63:84:45:e6' },
  mail: { ru: 'адрес почты', en: 'a mail address', example: 'it@example.org' },
  link: { ru: 'ссылка', en: 'a link', example: 'https://example.org/' },
};

export function otherForm(text: string, type: keyof typeof namesOfForms): Finding {
  const { ru, en, example } = namesOfForms[type];
  return {
    code: `no_${type}`,
    what: { ru: `«${cut(text)}» — не ${ru}.`, en: `"${cut(text)}" is not ${en}.` },
    wayOut: { ru: `Впишите, например, ${example}`, en: `Write, for example, ${example}` },
  };
}

export function noJson(text: string): Finding {
  return {
    code: 'no_json',
    what: { ru: `«${cut(text)}» — не JSON.`, en: `"${cut(text)}" is no JSON.` },
    wayOut: { ru: 'Впишите значение JSON, например {"a": 1}.', en: 'Write a JSON value, for example {"a": 1}.' },
  };
}

export function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
