const mostWords = 10;

/** Text as search keeps and asks it: words of small letters and digits, ё as е. Addresses and numbers fall into their parts on both sides. */
export function foldWords(text: string): string {
  return listWords(text).join(' ');
}

/** The words of a question, each once; what is beyond the tenth is not asked. */
export function wordsOf(question: string): string[] {
  return [...new Set(listWords(question))].slice(0, mostWords);
}

function listWords(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('ё', 'е')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
