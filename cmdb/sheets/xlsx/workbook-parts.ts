import { toLetter } from '../../domain/sheets/cell.ts';
import { encodeText } from './decode-text.ts';

export interface SheetParts {
  name: string;
  isHidden: boolean;
  hasNotes: boolean;
}

interface Note {
  column: number;
  note: string;
}

const start = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const packageNamespace = 'http://schemas.openxmlformats.org/package/2006';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const contentType = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

export const packageRelations = `${start}<Relationships xmlns="${packageNamespace}/relationships"><Relationship Id="workbook" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`;

export function contentTypes(sheets: readonly SheetParts[]): string {
  const parts = sheets.map(({ hasNotes }, index) => {
    const sheet = `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${contentType}.worksheet+xml"/>`;
    return hasNotes ? `${sheet}<Override PartName="/xl/comments${index + 1}.xml" ContentType="${contentType}.comments+xml"/>` : sheet;
  });
  return [
    `${start}<Types xmlns="${packageNamespace}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>',
    `<Override PartName="/xl/workbook.xml" ContentType="${contentType}.sheet.main+xml"/>`,
    `<Override PartName="/xl/styles.xml" ContentType="${contentType}.styles+xml"/>`,
    `${parts.join('')}</Types>`,
  ].join('');
}

export function workbook(sheets: readonly SheetParts[]): string {
  const list = sheets.map(
    ({ name, isHidden }, index) =>
      `<sheet name="${encodeText(toSheetName(name))}" sheetId="${index + 1}"${isHidden ? ' state="hidden"' : ''} r:id="sheet${index + 1}"/>`,
  );
  return `${start}<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${list.join('')}</sheets></workbook>`;
}

/** Excel takes at most 31 characters and none of these. */
function toSheetName(name: string): string {
  const allowed = name
    .replace(/[\\/?*[\]:]/g, ' ')
    .replace(/^'+|'+$/g, '')
    .trim();
  return allowed.slice(0, 31) || 'Sheet';
}

export function workbookRelations(sheets: readonly SheetParts[]): string {
  const list = sheets.map(
    (_, index) => `<Relationship Id="sheet${index + 1}" Type="${office}/worksheet" Target="worksheets/sheet${index + 1}.xml"/>`,
  );
  return `${start}<Relationships xmlns="${packageNamespace}/relationships">${list.join('')}<Relationship Id="styles" Type="${office}/styles" Target="styles.xml"/></Relationships>`;
}

/** In the order of `writtenStyles`. Formats 14 and 22 are dates as the reader's Excel shows them; 49 is text. */
export const styles = [
  `${start}<styleSheet xmlns="${main}">`,
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>',
  '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>',
  '<fills count="4"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>',
  '<fill><patternFill patternType="solid"><fgColor rgb="FFE3E9F1"/></patternFill></fill>',
  '<fill><patternFill patternType="solid"><fgColor rgb="FFFFE8B3"/></patternFill></fill></fills>',
  '<borders count="2"><border/><border><left/><right/><top/><bottom style="thin"><color rgb="FF7F8FA3"/></bottom></border></borders>',
  '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="8"><xf/>',
  '<xf fontId="1" fillId="2" borderId="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>',
  '<xf fontId="1" fillId="3" borderId="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>',
  '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>',
  '<xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" quotePrefix="1" applyNumberFormat="1"/>',
  '<xf applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>',
  '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
].join('');

export function sheetRelations(number: number): string {
  return [
    `${start}<Relationships xmlns="${packageNamespace}/relationships">`,
    `<Relationship Id="notes" Type="${office}/vmlDrawing" Target="../drawings/notes${number}.vml"/>`,
    `<Relationship Id="comments" Type="${office}/comments" Target="../comments${number}.xml"/></Relationships>`,
  ].join('');
}

export function notes(list: readonly Note[]): string {
  const all = list.map(({ column, note }) => `<comment ref="${toLetter(column)}1" authorId="0"><text><t>${encodeText(note)}</t></text></comment>`);
  return `${start}<comments xmlns="${main}"><authors><author>Opora</author></authors><commentList>${all.join('')}</commentList></comments>`;
}

/** The boxes of notes; Excel shows none without one. The shape type is the text box, 202. */
export function noteDrawing(list: readonly Note[]): string {
  const shapes = list.map(({ column, note }, index) => {
    const height = Math.min(14, 3 + Math.ceil(note.length / 36));
    return [
      `<v:shape id="note${index + 1}" type="#box" style="position:absolute;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`,
      '<v:fill color2="#ffffe1"/><v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>',
      `<x:Anchor>${column + 1}, 12, 0, 4, ${column + 4}, 12, ${height}, 4</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>0</x:Row><x:Column>${column}</x:Column>`,
      '</x:ClientData></v:shape>',
    ].join('');
  });
  return [
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">',
    '<v:shapetype id="box" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/></v:shapetype>',
    `${shapes.join('')}</xml>`,
  ].join('');
}
