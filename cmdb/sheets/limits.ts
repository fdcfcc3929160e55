/** What a file may cost. What is over is refused with a word about the way out, before it is in memory. */
export interface SheetLimits {
  /** Bytes of the file as it comes. */
  fileBytes: number;
  /** Parts of the archive that a workbook is. */
  parts: number;
  /** Bytes of one part when unpacked. */
  partBytes: number;
  /** How many times a part of more than `smallPartBytes` may be larger than its packed form. Sheets of people are packed 5 to 40 times. */
  ratio: number;
  /** Also the most for parts that are small by nature: the list of sheets, formats. */
  smallPartBytes: number;
  /** Bytes of all shared texts of a workbook, which stay in memory while its sheets are read. */
  sharedTextBytes: number;
  /** Bytes of one row, one text or one tag. */
  rowBytes: number;
  /** As many as a spreadsheet has. */
  rows: number;
  columns: number;
  mergedRanges: number;
}

export const usualLimits: SheetLimits = {
  fileBytes: 100 * 2 ** 20,
  parts: 2_000,
  partBytes: 768 * 2 ** 20,
  ratio: 150,
  smallPartBytes: 16 * 2 ** 20,
  sharedTextBytes: 96 * 2 ** 20,
  rowBytes: 4 * 2 ** 20,
  rows: 1_048_576,
  columns: 1_000,
  mergedRanges: 50_000,
};
