const latin = `qwertyuiop[]asdfghjkl;'zxcvbnm,.\``;
const russian = 'йцукенгшщзхъфывапролджэячсмитьбюе';

const toRussian = new Map([...latin].map((key, index) => [key, russian[index] ?? key]));
const toLatin = new Map([...russian].map((key, index) => [key, latin[index] ?? key]));

/** What the same keys give when the other keyboard is on (ghbynth → принтер); undefined for a code, and for what has letters of both alphabets or none. Small letters in and out. */
export function changeLayout(word: string): string | undefined {
  const [hasLatin, hasRussian] = [/[a-z]/.test(word), /[а-яё]/.test(word)];
  if (hasLatin === hasRussian || /\d/.test(word)) return undefined;
  const map = hasLatin ? toRussian : toLatin;
  return Array.from(word, (key) => map.get(key) ?? key).join('');
}
