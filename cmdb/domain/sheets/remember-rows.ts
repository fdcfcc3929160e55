import { hashText } from './hash-text.ts';

/** Rows and the check of a text share one number: rows take 21 bits, the check what is left of 53. */
const rowBits = 2 ** 21;

/** Gives the row in which a text stood before, or remembers this one; it keeps a number for each text, not the texts. */
export function rememberRows(): (text: string, row: number) => number | undefined {
  const rows = new Map<number, number>();
  return (text, row) => {
    const { key, check } = hashText(text);
    const known = rows.get(key);
    if (known === undefined) rows.set(key, row + rowBits * (check % 2 ** 31));
    return known !== undefined && Math.floor(known / rowBits) === check % 2 ** 31 ? known % rowBits : undefined;
  };
}
