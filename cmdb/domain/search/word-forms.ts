// Endings of nouns and adjectives; a word without its ending, with each of these, is a form of it or no word at all.
const russian =
  `иями ями ами ыми ими ого его ому ему иям иях ией ая яя ое ее ые ие ый ий ой ей ую юю ых их ым им ом ем ев ов ам ям ах ях ию ью ия ья ии а я о е и ы у ю ь й`.split(
    ' ',
  );
const english = ['ies', 'es', 's', 'y'];

/** Forms of a word, itself first: счетчики → счетчик, счетчика… Not all of them are words, and nothing is found by those. Small letters, without ё. */
export function listForms(word: string): string[] {
  const stem = findStem(word);
  return [...new Set([word, stem, ...endingsOf(word).map((ending) => stem + ending)])];
}

/** A word without its ending. */
export function findStem(word: string): string {
  const ending = endingsOf(word).find((one) => word.endsWith(one) && word.length - one.length >= 3) ?? '';
  return word.slice(0, word.length - ending.length);
}

function endingsOf(word: string): readonly string[] {
  if (/^[а-я]{4,30}$/.test(word)) return russian;
  return /^[a-z]{4,30}$/.test(word) ? english : [];
}
