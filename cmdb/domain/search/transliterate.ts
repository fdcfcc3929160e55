/** How Latin letters are read in Russian, longer ones first; the ways of one reading in the order of how usual they are. */
const readings: readonly [string, readonly string[]][] = [
  ['shch', ['щ']],
  ['sch', ['щ', 'сч']],
  ['zh', ['ж']],
  ['kh', ['х']],
  ['ts', ['ц', 'тс']],
  ['ch', ['ч']],
  ['sh', ['ш']],
  ['yu', ['ю', 'ыу']],
  ['ju', ['ю']],
  ['iu', ['ю', 'иу']],
  ['ya', ['я', 'ыа']],
  ['ja', ['я']],
  ['ia', ['ия', 'иа', 'я']],
  ['yo', ['е']],
  ['ck', ['к']],
  ['ph', ['ф']],
  ['a', ['а']],
  ['b', ['б']],
  ['c', ['ц', 'к', 'с']],
  ['d', ['д']],
  ['e', ['е', 'э']],
  ['f', ['ф']],
  ['g', ['г']],
  ['h', ['х', 'г']],
  ['i', ['и', 'й']],
  ['j', ['й', 'дж', 'ж']],
  ['k', ['к']],
  ['l', ['л', 'ль']],
  ['m', ['м']],
  ['n', ['н']],
  ['o', ['о']],
  ['p', ['п']],
  ['q', ['к']],
  ['r', ['р']],
  ['s', ['с']],
  ['t', ['т', 'ть']],
  ['u', ['у', 'ю']],
  ['v', ['в']],
  ['w', ['в']],
  ['x', ['кс', 'х']],
  ['y', ['ы', 'й', 'и']],
  ['z', ['з', 'ц']],
];

/** How Russian letters are written in foreign words and names. */
const writings: readonly [string, readonly string[]][] = [
  ['дж', ['j', 'g', 'dzh']],
  ['кс', ['x', 'ks']],
  ['кв', ['q', 'kv', 'qu']],
  ['а', ['a']],
  ['б', ['b']],
  ['в', ['v', 'w']],
  ['г', ['g', 'h']],
  ['д', ['d']],
  ['е', ['e', 'ye']],
  ['ж', ['zh', 'j', 'g']],
  ['з', ['z', 's']],
  ['и', ['i', 'y', 'ee']],
  ['й', ['y', 'i', 'j']],
  ['к', ['k', 'c', 'ck']],
  ['л', ['l']],
  ['м', ['m']],
  ['н', ['n']],
  ['о', ['o']],
  ['п', ['p']],
  ['р', ['r']],
  ['с', ['s', 'c']],
  ['т', ['t']],
  ['у', ['u', 'oo']],
  ['ф', ['f', 'ph']],
  ['х', ['h', 'kh', 'x']],
  ['ц', ['ts', 'c', 'z']],
  ['ч', ['ch']],
  ['ш', ['sh']],
  ['щ', ['shch', 'sch']],
  ['ъ', ['']],
  ['ы', ['y', 'i']],
  ['ь', ['']],
  ['э', ['e']],
  ['ю', ['yu', 'u', 'iu']],
  ['я', ['ya', 'ia', 'ja']],
];

const most = 48;

/** What a word of one alphabet may be in the other, the most usual first: nasos → насос, циско → cisco. None for a word of both, or with digits. */
export function transliterate(word: string): string[] {
  if (/^[a-z]{3,24}$/.test(word)) return spell(word, readings);
  return /^[а-яё]{3,24}$/.test(word) ? spell(word, writings) : [];
}

/** Every step keeps the best so far, so that a long word has no thousands of spellings. */
function spell(word: string, table: readonly [string, readonly string[]][]): string[] {
  let found: { text: string; cost: number }[] = [{ text: '', cost: 0 }];
  for (let at = 0; at < word.length; ) {
    const [letters, ways] = table.find(([start]) => word.startsWith(start, at)) ?? [word[at] ?? '', [word[at] ?? '']];
    const next = found.flatMap(({ text, cost }) => ways.map((way, index) => ({ text: text + way, cost: cost + index })));
    found = next.sort((one, other) => one.cost - other.cost).slice(0, most);
    at += letters.length;
  }
  return [...new Set(found.map(({ text }) => text))];
}
