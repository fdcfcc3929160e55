import type { SheetPart } from '../domain/sheets/cell.ts';
import type { Finding } from '../domain/sheets/remark.ts';

export interface SheetName {
  name: string;
  isHidden: boolean;
}

/** A file of rows, whatever its format. Sheets are read as often as wanted, one part at a time; broken parts throw while they are read (see `refuseFile`). */
export interface SheetFile {
  format: 'xlsx' | 'csv';
  /** In the order of their tabs. */
  sheets: readonly SheetName[];
  /** What was guessed of the file as a whole. */
  notices: readonly Finding[];
  readSheet(name: string): AsyncIterable<SheetPart>;
  /** Lets go of the file; nothing is read after that. */
  close(): Promise<void>;
}
