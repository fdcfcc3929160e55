// Small letters that look like each other when they are capital; people type whichever keyboard is on.
const cyrillic = 'авекмнорстух';
const latin = 'abekmhopctyx';
// Not letters of Russian: whoever typed them meant the Latin ones.
const foreign: Readonly<Record<string, string>> = { і: 'i', ѕ: 's', ј: 'j' };

const toLatin = new Map([...cyrillic].map((letter, index) => [letter, latin[index] ?? letter]));
const toCyrillic = new Map([...latin].map((letter, index) => [letter, cyrillic[index] ?? letter]));

/**
 * One word in one alphabet, small letters in and out. With a letter that only Cyrillic has, and none that only Latin has, it is a Russian word and its
 * look-alikes become Cyrillic (`cbm15д` is свм15д); otherwise they become Latin (`хте219010` is xte219010).
 */
export function unifyLookAlikes(word: string): string {
  if (!/[\u0400-\u04ff]/.test(word)) return word;
  const letters = word.replace(/[іѕј]/g, (letter) => foreign[letter] ?? letter);
  const isRussian = /[а-я]/.test(letters.replace(/[авекмнорстух]/g, '')) && !/[a-z]/.test(letters.replace(/[abekmhopctyx]/g, ''));
  const map = isRussian ? toCyrillic : toLatin;
  return Array.from(letters, (letter) => map.get(letter) ?? letter).join('');
}
