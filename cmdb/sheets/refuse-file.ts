import { AppError } from '../../platform/errors/app-error.ts';
import type { Label } from '../domain/model/model.ts';
import type { Finding } from '../domain/sheets/remark.ts';

/** A file that cannot be read at all, or no further. The finding in both languages is the error's cause. */
export function refuseFile(code: keyof typeof findings, details: Partial<Label> = {}): AppError {
  const { what, wayOut } = findings[code];
  const finding: Finding = { code, what: { ru: what.ru + (details.ru ?? ''), en: what.en + (details.en ?? details.ru ?? '') }, wayOut };
  return new AppError('invalid_input', finding.what.en, { violations: [{ pointer: '/file', message: wayOut.en }], cause: finding });
}

/** What is wrong with the file, in both languages, when that is why it was refused. */
export function findRefusal(error: unknown): Finding | undefined {
  if (!(error instanceof AppError) || typeof error.cause !== 'object' || error.cause === null) return undefined;
  return 'code' in error.cause && 'what' in error.cause && 'wayOut' in error.cause ? (error.cause as Finding) : undefined;
}

const saveAsXlsx: Label = {
  ru: 'Откройте файл в Excel и сохраните его как «Книга Excel (.xlsx)».',
  en: 'Open the file in Excel and save it as "Excel Workbook (.xlsx)".',
};
const sendAgain: Label = {
  ru: 'Отправьте файл ещё раз; если не поможет, откройте его в Excel и сохраните заново.',
  en: 'Send the file again; if that does not help, open it in Excel and save it anew.',
};
const sendCsv: Label = {
  ru: 'Сохраните лист как CSV или разделите список на несколько файлов.',
  en: 'Save the sheet as CSV, or divide the list into several files.',
};

const findings = {
  empty_file: { what: { ru: 'Файл пуст.', en: 'The file is empty.' }, wayOut: { ru: 'Выберите другой файл.', en: 'Choose another file.' } },
  file_too_big: { what: { ru: 'Файл слишком велик: можно не больше ', en: 'The file is too big; the most is ' }, wayOut: sendCsv },
  old_excel: { what: { ru: 'Это файл старого Excel (.xls).', en: 'This is a file of the old Excel (.xls).' }, wayOut: saveAsXlsx },
  encrypted: {
    what: { ru: 'Файл защищён паролем на открытие.', en: 'The file is protected by a password.' },
    wayOut: {
      ru: 'Снимите пароль (Файл — Сведения — Защитить книгу) и отправьте снова.',
      en: 'Take the password off (File, Info, Protect Workbook) and send it again.',
    },
  },
  binary_workbook: { what: { ru: 'Это двоичная книга Excel (.xlsb).', en: 'This is a binary workbook of Excel (.xlsb).' }, wayOut: saveAsXlsx },
  open_document: { what: { ru: 'Это таблица OpenDocument (.ods).', en: 'This is an OpenDocument spreadsheet (.ods).' }, wayOut: saveAsXlsx },
  web_page: {
    what: { ru: 'Это веб-страница или XML, хотя и с именем таблицы.', en: 'This is a web page or XML under the name of a spreadsheet.' },
    wayOut: saveAsXlsx,
  },
  no_table: {
    what: { ru: 'Это не таблица: внутри не .xlsx и не текст.', en: 'This is no spreadsheet: neither .xlsx nor text is inside.' },
    wayOut: { ru: 'Отправьте .xlsx или .csv; архив сначала распакуйте.', en: 'Send .xlsx or .csv; unpack an archive first.' },
  },
  broken: { what: { ru: 'Файл повреждён: ', en: 'The file is broken: ' }, wayOut: sendAgain },
  too_many_parts: { what: { ru: 'В книге слишком много частей: ', en: 'The workbook has too many parts: ' }, wayOut: saveAsXlsx },
  part_too_big: { what: { ru: 'Внутри книги слишком много данных: ', en: 'There is too much inside the workbook: ' }, wayOut: sendCsv },
  packed_too_tightly: {
    what: {
      ru: 'Данные внутри книги сжаты подозрительно сильно, как в «архивной бомбе»: ',
      en: 'What is inside the workbook is packed as tightly as a zip bomb: ',
    },
    wayOut: sendCsv,
  },
  too_many_texts: {
    what: { ru: 'В книге слишком много разных текстов: больше ', en: 'The workbook has too many different texts: more than ' },
    wayOut: sendCsv,
  },
  row_too_big: { what: { ru: 'Слишком большая строка или ячейка: ', en: 'A row or cell is too big: ' }, wayOut: sendCsv },
  too_many_rows: {
    what: { ru: 'Слишком много строк: больше ', en: 'There are too many rows: more than ' },
    wayOut: { ru: 'Разделите список на несколько файлов.', en: 'Divide the list into several files.' },
  },
  too_many_columns: {
    what: { ru: 'Слишком много столбцов: заполнена ячейка ', en: 'There are too many columns: a value stands in ' },
    wayOut: {
      ru: 'Оставьте нужные столбцы; проверьте, нет ли лишнего значения далеко справа.',
      en: 'Keep the columns that are wanted; see whether a stray value stands far to the right.',
    },
  },
  too_many_merged: {
    what: { ru: 'Слишком много объединённых ячеек: больше ', en: 'There are too many merged cells: more than ' },
    wayOut: { ru: 'Разъедините ячейки.', en: 'Unmerge the cells.' },
  },
  no_such_sheet: {
    what: { ru: 'Такого листа нет: ', en: 'There is no such sheet: ' },
    wayOut: { ru: 'Выберите лист из списка.', en: 'Choose a sheet of the list.' },
  },
  no_data: {
    what: { ru: 'В книге нет видимого листа с данными.', en: 'The workbook has no visible sheet with anything on it.' },
    wayOut: { ru: 'Выберите лист по имени или другой файл.', en: 'Choose a sheet by its name, or another file.' },
  },
  open_quote: {
    what: { ru: 'Кавычка не закрыта: значение начинается в строке ', en: 'A quote is never closed: its value begins in row ' },
    wayOut: { ru: 'Закройте кавычку; кавычки внутри значения удваиваются.', en: 'Close the quote; quotes within a value are doubled.' },
  },
} as const satisfies Record<string, { what: Label; wayOut: Label }>;
