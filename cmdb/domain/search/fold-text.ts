const alike = new Map([...'авекмнорстухіѕј'].map((letter, index) => [letter, 'abekmhopctyxisj'[index] ?? letter]));

/** Letter case, kinds of blanks, dashes and quotes, wide and joined letters and the dots over ё make no difference to who searches. */
export function foldText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zs}]/gu, ' ');
}

/** What stands between blanks, brackets, commas and quotes: a word, a code with its dashes, an address with its dots. */
export function splitChunks(folded: string): string[] {
  if (isSimple(folded)) return folded.match(/[a-zа-я\d](?:[a-zа-я\d_./:\\@+-]*[a-zа-я\d])?/g) ?? [];
  return folded.match(/[\p{L}\p{N}](?:[\p{L}\p{N}_./:\\@+-]*[\p{L}\p{N}])?/gu) ?? [];
}

/** A word in the one form in which it is kept and looked for; a number has no zeros in front. */
export function toWord(run: string): string {
  return /^\d+$/.test(run) ? run.replace(/^0+(?=\d)/, '') : unifyLetters(run);
}

/** Letters that look alike are Latin, each for itself, so that the beginning of a word stays the beginning of its form. */
function unifyLetters(run: string): string {
  return /[\u0400-\u04ff]/.test(run) ? run.replace(/[авекмнорстухіѕј]/g, (letter) => alike.get(letter) ?? letter) : run;
}

/** The words of a chunk. */
export function splitWords(chunk: string): string[] {
  return (chunk.match(isSimple(chunk) ? /[a-zа-я\d]+/g : /[\p{L}\p{N}]+/gu) ?? []).map(toWord);
}

/** A code without what people put between its parts, or leave out. */
export function toCode(chunk: string): string {
  return toWord(keepLetters(chunk));
}

/** A code from its end on, because people remember the last digits; with a sign of its own, so that it is never taken for another code. */
export function toEnd(chunk: string): string {
  const letters = unifyLetters(keepLetters(chunk));
  return `<${Array.from(letters).reverse().join('')}`;
}

function keepLetters(chunk: string): string {
  return isSimple(chunk) ? chunk.replace(/[^a-zа-я\d]+/g, '') : chunk.replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Of two alphabets without their rarer letters: patterns of these take half the time, and a page has ten thousand words. */
function isSimple(text: string): boolean {
  return /^[\x20-\x7eа-я]*$/.test(text);
}

export function isAddress(chunk: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(chunk);
}
