import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import {
  contentTypes,
  noteDrawing,
  notes,
  packageRelations,
  type SheetParts,
  sheetRelations,
  styles,
  workbook,
  workbookRelations,
} from './workbook-parts.ts';
import { type WrittenSheet, writeWorksheet } from './write-worksheet.ts';

/** A workbook as a stream of bytes; a sheet and its rows are asked for when the one before is written. When they fail, or nobody reads on, all of it ends. */
export function writeWorkbook(sheets: AsyncIterable<WrittenSheet> | Iterable<WrittenSheet>): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let entry: Readable | undefined;
  const fail = (error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error)));
  zip.on('error', fail);
  // Somebody who goes away in the middle leaves a sheet that nobody reads: its rows must end too.
  output.once('close', () => entry?.destroy());

  const writeAll = async () => {
    const written: SheetParts[] = [];
    for await (const sheet of sheets) {
      const number = written.length + 1;
      entry = Readable.from(writeWorksheet(sheet));
      if (output.destroyed) entry.destroy();
      zip.addReadStream(entry, `xl/worksheets/sheet${number}.xml`);
      await finished(entry);
      const noted = sheet.columns.flatMap(({ note }, column) => (note === undefined ? [] : [{ column, note }]));
      if (noted.length > 0) {
        add(`xl/worksheets/_rels/sheet${number}.xml.rels`, sheetRelations(number));
        add(`xl/comments${number}.xml`, notes(noted));
        add(`xl/drawings/notes${number}.vml`, noteDrawing(noted));
      }
      written.push({ name: sheet.name, isHidden: sheet.isHidden ?? false, hasNotes: noted.length > 0 });
    }
    add('[Content_Types].xml', contentTypes(written));
    add('_rels/.rels', packageRelations);
    add('xl/workbook.xml', workbook(written));
    add('xl/_rels/workbook.xml.rels', workbookRelations(written));
    add('xl/styles.xml', styles);
    zip.end();
  };
  const add = (path: string, text: string) => zip.addBuffer(Buffer.from(text), path);
  writeAll().catch(fail);
  return output;
}
