const mostTurns = 8;

/** Makes a change again until it changes nothing more: what one reading leaves may be read once more (a label behind a label, a letter that Unicode composes anew). */
export function untilSettled(text: string, change: (text: string) => string): string {
  let before = text;
  for (let turn = 0; turn < mostTurns; turn++) {
    const after = change(before);
    if (after === before) break;
    before = after;
  }
  return before;
}
