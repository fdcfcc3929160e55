import { tidyUnit } from './units.ts';

/** A header as it is compared: its words in small letters, and what stands in brackets or after the last comma, which may be a unit. */
export interface HeaderWords {
  words: readonly string[];
  /** All words in one: `S/N` is `sn`. */
  compact: string;
  unit?: string;
}

const abbreviations: ReadonlyMap<string, string> = new Map([
  ['no', 'номер'],
  ['ном', 'номер'],
  ['number', 'номер'],
  ['num', 'номер'],
  ['инв', 'инвентарный'],
  ['inv', 'inventory'],
  ['сер', 'серийный'],
  ['ser', 'serial'],
  ['зав', 'заводской'],
  ['гос', 'государственный'],
  ['рег', 'регистрационный'],
  ['наим', 'наименование'],
  ['отв', 'ответственный'],
  ['орг', 'организация'],
  ['тел', 'телефон'],
  ['прим', 'примечание'],
  ['экспл', 'эксплуатация'],
]);

/** Without what may be its unit. */
export function toHeaderWords(header: string): HeaderWords {
  const text = tidyHeader(header);
  const [, name = text, unit] = /^(.+?)\s*[([]([^()[\]]{1,30})[)\]]\s*$/.exec(text) ?? /^(.+),\s*([^,\s][^,]{0,11})$/.exec(text) ?? [];
  return unit === undefined ? splitHeader(name) : { ...splitHeader(name), unit: tidyUnit(unit) };
}

/** All of it: in `Тип, модель` the last word is no unit. */
export function toWholeHeaderWords(header: string): HeaderWords {
  return splitHeader(tidyHeader(header));
}

function tidyHeader(header: string): string {
  return header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/\s+/g, ' ')
    .replace(/[*:]+/g, ' ')
    .replace(/(^| )(?:кол-?во|к-во)(?=$|[ ,.])/g, '$1количество')
    .trim();
}

function splitHeader(text: string): HeaderWords {
  const raw = text.match(/[\p{L}\p{N}]+\.?/gu) ?? [];
  return { words: raw.map(expand), compact: raw.join('').replaceAll('.', '') };
}

/** A word cut short keeps its dot, which says that more may follow. */
function expand(word: string): string {
  const bare = word.replace(/\.$/, '');
  return abbreviations.get(bare) ?? (word.endsWith('.') && bare.length >= 3 ? word : bare);
}

/** Whether two words are forms of one: the same, cut short, or with another ending. */
export function isSameWord(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.endsWith('.')) return other.startsWith(one.slice(0, -1));
  if (other.endsWith('.')) return one.startsWith(other.slice(0, -1));
  const stem = Math.max(5, Math.min(one.length, other.length) - 2);
  return Math.abs(one.length - other.length) <= 3 && one.length >= stem && one.slice(0, stem) === other.slice(0, stem);
}

/** How alike two texts are, 0 to 1, by the letters that must be put in, taken out, changed or swapped. */
export function compareLetters(one: string, other: string): number {
  const longest = Math.max(one.length, other.length);
  if (longest === 0 || longest > 80) return one === other ? 1 : 0;
  let twoAbove: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      let cost = Math.min((above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (isSwap) cost = Math.min(cost, (twoAbove[column - 2] ?? 0) + 1);
      line.push(cost);
    }
    twoAbove = above;
    above = line;
  }
  return 1 - (above[other.length] ?? longest) / longest;
}
