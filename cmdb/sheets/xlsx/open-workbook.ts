import type { SheetLimits } from '../limits.ts';
import { refuseFile } from '../refuse-file.ts';
import type { SheetFile, SheetName } from '../sheet-file.ts';
import { readNumberStyles } from './number-formats.ts';
import { openPackage, type Package, type Relation } from './read-package.ts';
import { readWorksheet } from './read-worksheet.ts';
import { readXml } from './read-xml.ts';
import { noSharedTexts, readSharedTexts, type SharedTexts } from './shared-texts.ts';

/** Opens a workbook in a file of its own. Shared texts are read with the first sheet and kept. */
export async function openWorkbook(file: string, limits: SheetLimits): Promise<SheetFile> {
  const parts = await openPackage(file, limits);
  try {
    const path = await findWorkbook(parts);
    const relations = await parts.readRelations(path);
    const { sheets, is1904 } = await readSheetList(parts, path, relations, limits);
    if (sheets.length === 0) throw refuseFile('no_data');
    const styles = await readOptional(relations, 'styles', parts, (part) => readNumberStyles(parts.readSmallPart(part), limits), []);
    let texts: Promise<SharedTexts> | undefined;
    return {
      format: 'xlsx',
      sheets: sheets.map(({ name, isHidden }) => ({ name, isHidden })),
      notices: [],
      async *readSheet(name) {
        const sheet = sheets.find((one) => one.name === name);
        if (!sheet) throw refuseFile('no_such_sheet', { ru: `«${name}».`, en: `"${name}".` });
        texts ??= readOptional(relations, 'sharedStrings', parts, (part) => readSharedTexts(parts.readPart(part), limits), noSharedTexts);
        yield* readWorksheet(parts.readPart(sheet.path), { texts: await texts, styles, is1904 }, limits);
      },
      close: async () => parts.close(),
    };
  } catch (error) {
    parts.close();
    throw error;
  }
}

async function findWorkbook(parts: Package): Promise<string> {
  const path = (await parts.readRelations('')).find(({ type }) => type === 'officeDocument')?.path;
  if (path === undefined) throw refuseFile(parts.has('mimetype') && parts.has('content.xml') ? 'open_document' : 'no_table');
  if (path.endsWith('.bin')) throw refuseFile('binary_workbook');
  return path;
}

function readOptional<T>(relations: readonly Relation[], type: string, parts: Package, read: (path: string) => Promise<T>, otherwise: T): Promise<T> {
  const path = relations.find((relation) => relation.type === type)?.path;
  return path !== undefined && parts.has(path) ? read(path) : Promise.resolve(otherwise);
}

/** Sheets of cells only, not of charts or macros. */
async function readSheetList(
  parts: Package,
  path: string,
  relations: readonly Relation[],
  limits: SheetLimits,
): Promise<{ sheets: (SheetName & { path: string })[]; is1904: boolean }> {
  const sheets: (SheetName & { path: string })[] = [];
  let [isWorkbook, is1904] = [false, false];
  await readXml(parts.readSmallPart(path), limits, {
    open(name, attributes) {
      if (name === 'workbook') isWorkbook = true;
      else if (name === 'workbookPr') is1904 = attributes['date1904'] === '1' || attributes['date1904'] === 'true';
      else if (name === 'sheet') {
        const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
        const part = relations.find((relation) => relation.id === id && relation.type === 'worksheet')?.path;
        if (part !== undefined)
          sheets.push({ name: attributes['name'] ?? '', isHidden: (attributes['state'] ?? 'visible') !== 'visible', path: part });
      }
    },
  });
  if (!isWorkbook) throw refuseFile('no_table');
  return { sheets, is1904 };
}
