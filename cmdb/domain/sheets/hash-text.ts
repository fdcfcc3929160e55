/** Two independent numbers of 48 and 32 bits; together they are as good as the text for telling some millions of texts apart. */
export function hashText(text: string): { key: number; check: number } {
  let [one, two, three] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x01000193);
    two = Math.imul(two ^ unit, 0x5bd1e995) ^ (two >>> 13);
    three = Math.imul(three ^ unit, 0x27d4eb2f) ^ (three >>> 15);
  }
  return { key: (stir(one) & 0xffff) * 2 ** 32 + (stir(two) >>> 0), check: stir(three) >>> 0 };
}

function stir(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
