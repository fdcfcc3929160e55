import type { Label } from '../model/model.ts';
import { guessMapping, type SheetColumn } from './guess-mapping.ts';
import { isSameWord, toWholeHeaderWords } from './header-words.ts';
import type { SheetClass } from './sheet-class.ts';

export interface ClassGuess {
  class: SheetClass;
  reason: Label;
}

/** A class must be ahead of the next one by about one sure column of its own. */
const leastLead = 0.8;

/** Which class a list is of: by what its sheet or file is called, or else by columns that no other class has. Undefined: a person must say. */
export function guessClass(columns: readonly SheetColumn[], names: readonly string[], classes: readonly SheetClass[]): ClassGuess | undefined {
  for (const name of names) {
    const called = classes.filter(({ name: own, label }) => [label.ru, label.en, own.replaceAll('_', ' ')].some((word) => isForm(name, word)));
    const [only] = called;
    if (only && called.length === 1) return { class: only, reason: { ru: `список называется «${name}»`, en: `the list is called "${name}"` } };
  }
  const scored = classes
    .map((one) => ({ one, score: guessMapping(columns, one).reduce((sum, { confidence }) => sum + confidence, 0) }))
    .sort((first, second) => second.score - first.score);
  const [best, next] = scored;
  if (!best || best.score - (next?.score ?? 0) < leastLead) return undefined;
  return { class: best.one, reason: { ru: 'такие столбцы есть только у этого класса', en: 'only this class has such columns' } };
}

/** `Насосы 2025` is a form of `Насос`. */
function isForm(name: string, word: string): boolean {
  const words = toWholeHeaderWords(name.replaceAll('_', ' ')).words.filter((one) => !/^\d+$/.test(one));
  const wanted = toWholeHeaderWords(word).words;
  return words.length === wanted.length && wanted.every((one, index) => isSameWord(words[index] ?? '', one) || isPlural(words[index] ?? '', one));
}

/** Words too short for `isSameWord` to cut their endings: `pumps`, `site`. */
function isPlural(word: string, singular: string): boolean {
  return word === `${singular}s` || word === `${singular}ы` || word === `${singular}и`;
}
