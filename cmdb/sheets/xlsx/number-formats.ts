import type { SheetLimits } from '../limits.ts';
import { readXml } from './read-xml.ts';

/** What a cell's style says of its number. */
export interface NumberStyle {
  isMoment: boolean;
  /** Digits of a format of zeros (`00000000`), which show in front of a shorter number. */
  shownDigits?: number;
}

const plain: NumberStyle = { isMoment: false };
const moment: NumberStyle = { isMoment: true };

/** ECMA-376 part 1, 18.8.30: the formats that have no code in the file; 27 to 36 and 50 to 58 are dates of East Asian versions. */
const momentIds: ReadonlySet<number> = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 47, ...range(27, 36), ...range(50, 58)]);

/** By the number that cells give (`s`). */
export async function readNumberStyles(source: AsyncIterable<Buffer>, limits: SheetLimits): Promise<readonly NumberStyle[]> {
  const codes = new Map<number, NumberStyle>();
  const styles: NumberStyle[] = [];
  let isCellStyles = false;
  await readXml(source, limits, {
    open(name, attributes) {
      if (name === 'numFmt') codes.set(Number(attributes['numFmtId']), judgeFormat(attributes['formatCode'] ?? ''));
      else if (name === 'cellXfs') isCellStyles = true;
      else if (name === 'xf' && isCellStyles) {
        const id = Number(attributes['numFmtId'] ?? 0);
        styles.push(codes.get(id) ?? (momentIds.has(id) ? moment : plain));
      }
    },
    close(name) {
      if (name === 'cellXfs') isCellStyles = false;
    },
  });
  return styles;
}

/** Whether a format shows a date or a time of day. `[h]:mm` is a duration and stays a number. */
export function judgeFormat(code: string): NumberStyle {
  const [positive = ''] = code.split(';');
  const bare = positive.replace(/"[^"]*"|\\.|_.|\*.|\[(?!h|m|s|ч|с)[^\]]*\]/giu, '');
  if (/^0{2,15}$/.test(bare)) return { isMoment: false, shownDigits: bare.length };
  if (/\[(?:h|m|s|ч|с)+\]/iu.test(bare) || /general|основной/iu.test(bare)) return plain;
  return /[dmyhsдгч]/iu.test(bare.replace(/E[+-]/gi, '')) ? moment : plain;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
