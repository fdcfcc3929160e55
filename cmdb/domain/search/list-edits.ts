const digits = '0123456789';
const latin = 'abcdefghijklmnopqrstuvwxyz';
// Those that look like Latin ones are Latin (`toWord`).
const cyrillic = 'бгджзийлпфцчшщъыьэюя';

/** All that a word may have been before one mistake: a letter too many, too few, wrong, or two turned round. */
export function listEdits(word: string): string[] {
  const letters = /^\d+$/.test(word) ? digits : `${/[а-я]/.test(word) ? `${cyrillic}abekmhopctyx` : latin}${/\d/.test(word) ? digits : ''}`;
  const edits = new Set<string>();
  for (let at = 0; at <= word.length; at++) {
    const [before, here, after] = [word.slice(0, at), word[at], word.slice(at + 1)];
    for (const letter of letters) edits.add(before + letter + word.slice(at));
    if (here === undefined) continue;
    edits.add(before + after);
    for (const letter of letters) edits.add(before + letter + after);
    if (after !== '') edits.add(before + (after[0] ?? '') + here + after.slice(1));
  }
  edits.delete(word);
  return [...edits];
}

/** How many letters must be put in, left out, changed or turned round with the next to make one word of the other; `most` + 1 when more. */
export function countMistakes(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const same = one[at - 1] === other[to - 1] ? 0 : 1;
      let least = Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same);
      if (at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1]) least = Math.min(least, (before[to - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return Math.min(row[other.length] ?? most + 1, most + 1);
}
