import { createReadStream } from 'node:fs';
import { type Cell, toLetter } from '../../domain/sheets/cell.ts';
import type { Finding } from '../../domain/sheets/remark.ts';
import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import type { SheetFile } from '../sheet-file.ts';
import type { SpooledFile } from '../spool-file.ts';
import { type Encoding, guessEncoding } from './guess-encoding.ts';
import { guessSeparator, type Separator } from './guess-separator.ts';
import { parseCsv } from './parse-csv.ts';

export interface CsvOptions {
  encoding?: Encoding;
  separator?: Separator;
}

/** A file of text as one sheet. A row is what the file has between line ends outside quotes, so it counts as a spreadsheet that opens it would. */
export async function openCsv({ path, head }: SpooledFile, name: string, options: CsvOptions, limits: SheetLimits): Promise<SheetFile> {
  const guessed = options.encoding ? { encoding: options.encoding, isGuessed: false } : await guessEncoding(path, head);
  const start = new TextDecoder(guessed.encoding).decode(head, { stream: true });
  const { separator, isSaid } = options.separator ? { separator: options.separator, isSaid: false } : guessSeparator(start);
  return {
    format: 'csv',
    sheets: [{ name, isHidden: false }],
    notices: guessed.isGuessed ? [tellEncoding(guessed.encoding)] : [],
    async *readSheet() {
      let rows: string[][] = [];
      let number = 0;
      const parser = parseCsv(separator, {
        give: (cells) => rows.push(cells),
        mostCharacters: limits.rowBytes,
        refuse: (row, isOpenQuote) => {
          throw isOpenQuote ? refuseFile('open_quote', { ru: `${row}.` }) : refuseFile('row_too_big', { ru: `строка ${row}.`, en: `row ${row}.` });
        },
      });
      const take = function* () {
        for (const texts of rows) {
          number += 1;
          if (number > limits.rows) throw refuseFile('too_many_rows', { ru: `${limits.rows}.` });
          const cells = texts.map((text): Cell | undefined => (text === '' ? undefined : { kind: 'text', text }));
          if (cells.length > limits.columns) throw refuseFile('too_many_columns', { ru: `${toLetter(cells.length - 1)}${number}.` });
          const isSetting = isSaid && number === 1;
          if (!isSetting && cells.some((cell) => cell)) yield { row: { number, cells } };
        }
        rows = [];
      };
      const decoder = new TextDecoder(guessed.encoding);
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        parser.write(decoder.decode(chunk, { stream: true }));
        yield* take();
      }
      parser.write(decoder.decode());
      parser.end();
      yield* take();
    },
    close: async () => undefined,
  };
}

function tellEncoding(encoding: Encoding): Finding {
  return {
    code: 'encoding_guessed',
    what: { ru: `кодировка файла не указана, взята ${encoding}.`, en: `the file does not tell its encoding; ${encoding} was taken.` },
    wayOut: {
      ru: 'Если буквы не те, сохраните файл как «CSV UTF-8».',
      en: 'If the letters are wrong, save the file as "CSV UTF-8".',
    },
  };
}
