import { isSameUnit } from './units.ts';

/** What the numbers of a column, all together, say of a comma; undefined when none of them tells. */
export type CommaHabit = 'decimal' | 'thousands' | 'mixed' | undefined;

export type NumberReading = { number: number } | { why: 'no_number' | 'ambiguous' };

const grouped = /^\d{1,3}(?: \d{3})+$/;

/** A number as people write it: `1 234,50`, `1,234.50`, `1'234.5`, `−5`, `7,5 кВт` when that is the unit. */
export function readNumber(text: string, comma: CommaHabit, unit?: string): NumberReading {
  const { sign, body } = splitNumber(text, unit);
  if (!/^\d[\d.,]*$|^[.,]\d+$/.test(body)) return { why: 'no_number' };
  const plain = unifySeparators(body, comma);
  if (plain === 'ambiguous') return { why: 'ambiguous' };
  return plain === undefined ? { why: 'no_number' } : { number: sign * Number(plain) };
}

/** Whether this text tells what a comma means in its column. */
export function tellComma(text: string): 'decimal' | 'thousands' | undefined {
  const { body } = splitNumber(text);
  if (!/^\d[\d.,]*$/.test(body)) return undefined;
  const commas = body.split(',').length - 1;
  const dots = body.split('.').length - 1;
  if (commas === 1 && dots > 0) return body.lastIndexOf(',') > body.lastIndexOf('.') ? 'decimal' : 'thousands';
  if (commas > 1) return /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(body) ? 'thousands' : undefined;
  return commas === 1 && !isAmbiguous(body) ? 'decimal' : undefined;
}

function splitNumber(text: string, unit?: string): { sign: 1 | -1; body: string } {
  let body = text.normalize('NFKC').replace(/\s+/g, ' ').replace(/[−–]/g, '-').trim();
  const [, number, behind] = (unit !== undefined && /^([-+]?[\d\s.,'’]+?)\s*([^\d\s.,].*)$/.exec(body)) || [];
  if (number !== undefined && behind !== undefined && unit !== undefined && isSameUnit(behind, unit)) body = number;
  const sign = body.startsWith('-') ? -1 : 1;
  body = body
    .replace(/^[+-]\s*/, '')
    .replaceAll("'", ' ')
    .replaceAll('’', ' ');
  const [whole = '', ...rest] = body.split(/(?=[.,])/);
  return { sign, body: grouped.test(whole) ? whole.replaceAll(' ', '') + rest.join('') : body };
}

function unifySeparators(body: string, comma: CommaHabit): string | 'ambiguous' | undefined {
  const commas = body.split(',').length - 1;
  const dots = body.split('.').length - 1;
  const asThousands = (separator: ',' | '.', point: ',' | '.') => {
    const form = new RegExp(`^\\d{1,3}(?:\\${separator}\\d{3})+(?:\\${point}\\d+)?$`);
    return form.test(body) ? body.replaceAll(separator, '').replace(point, '.') : undefined;
  };
  if (commas > 0 && dots > 0) return body.lastIndexOf(',') > body.lastIndexOf('.') ? asThousands('.', ',') : asThousands(',', '.');
  if (commas > 1) return asThousands(',', '.');
  if (dots > 1) return asThousands('.', ',');
  if (commas === 0) return body;
  if (!isAmbiguous(body) || comma === 'decimal') return body.replace(',', '.');
  return comma === 'thousands' ? body.replace(',', '') : 'ambiguous';
}

/** `1,234` is one and a bit, or more than a thousand. */
function isAmbiguous(body: string): boolean {
  return /^[1-9]\d{0,2},\d{3}$/.test(body);
}
