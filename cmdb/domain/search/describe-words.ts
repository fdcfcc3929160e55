import type { CompiledModel } from '../model/compile-model.ts';
import { hashText } from '../sheets/hash-text.ts';
import { searchedAttributes } from './list-words.ts';

/** Rises when words are made otherwise of the same values: then those of all items are made again. */
const makingOfWords = 1;

/** Of each class, a hash of what the words of its items are made of. */
export type WordMakings = Readonly<Record<string, string>>;

export function describeWords({ classes }: Pick<CompiledModel, 'classes'>): WordMakings {
  return Object.fromEntries(
    [...classes.values()]
      .filter(({ abstract }) => !abstract)
      .map((one) => {
        const attributes = searchedAttributes(one).map(({ name, type, isTelling }) => `${name} ${type === 'mac' ? 'mac' : ''} ${isTelling}`);
        const { key, check } = hashText([makingOfWords, ...attributes.sort()].join());
        return [one.name, `${key.toString(36)}-${check.toString(36)}`];
      }),
  );
}

/** The classes whose items need other words now. */
export function listChanged(before: WordMakings, after: WordMakings): string[] {
  return Object.keys(after).filter((name) => before[name] !== after[name]);
}
