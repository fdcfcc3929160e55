/** The known name that somebody may have meant: at most two letters are other, missing or too many. Of `ticket.kind` it looks at the last part. */
export function suggestName(written: string, known: readonly string[]): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = distanceBetween(written.toLowerCase(), (name.split('.').at(-1) ?? name).toLowerCase());
    if (distance <= Math.min(2, Math.floor(written.length / 2)) && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { name, distance };
  }
  return best?.name;
}

/** Levenshtein's distance, row by row. */
function distanceBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const [above, left, before] = [row[j] ?? 0, next[j - 1] ?? 0, row[j - 1] ?? 0];
      next.push(Math.min(above + 1, left + 1, before + (one[i - 1] === other[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
