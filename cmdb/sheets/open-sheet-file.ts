import { type CsvOptions, openCsv } from './csv/open-csv.ts';
import { type SheetLimits, usualLimits } from './limits.ts';
import { recogniseFormat } from './recognise-format.ts';
import type { SheetFile } from './sheet-file.ts';
import { spoolFile } from './spool-file.ts';
import { openWorkbook } from './xlsx/open-workbook.ts';

export interface OpenOptions extends CsvOptions {
  /** As the person calls it; a text file's sheet has this name. */
  fileName: string;
  limits?: Partial<SheetLimits>;
}

/**
 * Takes in a file of rows (.xlsx, .csv, .txt, by what is in it and not by its name) from a stream of bytes. Throws `refuseFile` (AppError `invalid_input` at
 * `/file`) for what cannot be read. Whoever opened it closes it.
 */
export async function openSheetFile(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { fileName, limits: special, ...csv }: OpenOptions,
): Promise<SheetFile> {
  const limits = { ...usualLimits, ...special };
  const spooled = await spoolFile(source, limits.fileBytes);
  try {
    const isWorkbook = (await recogniseFormat(spooled)) === 'zip';
    const file = isWorkbook ? await openWorkbook(spooled.path, limits) : await openCsv(spooled, toSheetName(fileName), csv, limits);
    return {
      ...file,
      async close() {
        await file.close();
        await spooled.remove();
      },
    };
  } catch (error) {
    await spooled.remove();
    throw error;
  }
}

function toSheetName(fileName: string): string {
  return fileName.replace(/^.*[\\/]/, '').replace(/\.[^.]{1,5}$/, '') || 'CSV';
}
