import { hashText } from '../sheets/hash-text.ts';
import { type SearchModel, searchedAttributes } from './list-words.ts';

/** Rises when words are made otherwise of the same values: then those of all items are made again. */
const makingOfWords = 1;

/** Of each class, a hash of what the words of its items are made of. */
export type WordMakings = Readonly<Record<string, string>>;

export function describeWords(model: SearchModel): WordMakings {
  return Object.fromEntries(
    [...model.classes.values()]
      .filter(({ abstract }) => !abstract)
      .map((one) => {
        const attributes = searchedAttributes(model, one.name).map(
          ({ name, type, isTelling }) => `${name} ${type === 'mac' ? 'mac' : ''} ${isTelling}`,
        );
        const { key, check } = hashText([makingOfWords, ...attributes.sort()].join());
        return [one.name, `${key.toString(36)}-${check.toString(36)}`];
      }),
  );
}

/** The classes whose items need other words now. */
export function listChanged(before: WordMakings, after: WordMakings): string[] {
  return Object.keys(after).filter((name) => before[name] !== after[name]);
}
