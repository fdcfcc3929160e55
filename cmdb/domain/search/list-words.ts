import type { CompiledModel, EffectiveClass } from '../model/compile-model.ts';
import type { AttributeType } from '../model/model.ts';
import { foldText, isAddress, splitChunks, splitWords, toCode, toEnd } from './fold-text.ts';

export interface Searched {
  class: string;
  name: string;
  key: string;
  lookups: readonly string[];
  attributes: Readonly<Record<string, unknown>>;
}

export type SearchModel = Pick<CompiledModel, 'classes' | 'sensitive'>;

const mostWords = 200;
const longestWord = 60;
const longestMark = 250;

/** All words under which an item is found, each once. An attribute counts when the model says that it is searched or tells the item, and that everybody may see it. */
export function listWords(item: Searched, model: SearchModel): string[] {
  const words = new Set<string>([toMark('class', item.class), ...markedAttributes.flatMap((name) => markOf(item, name))]);
  addAll(words, wordsOf(item.name, 'name'));
  addAll(words, wordsOf(item.key));
  for (const lookup of item.lookups) addAll(words, wordsOf(lookup, 'name'));
  for (const { name, type, isTelling } of searchedAttributes(model, item.class)) {
    const value = Object.hasOwn(item.attributes, name) ? item.attributes[name] : undefined;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string' && typeof one !== 'number') continue;
      if (type === 'mac') addAll(words, [toCode(foldText(String(one)))]);
      else addAll(words, isTelling ? wordsOf(String(one), 'number') : wordsOfValue(String(one)));
    }
  }
  return [...words].slice(0, mostWords);
}

/** What lists are narrowed by: together with words looked for it makes one condition on one index. */
export const markedAttributes = ['organisation', 'site', 'owner', 'supportTeam'] as const;

/** A word that no text has. */
export function toMark(name: string, value: string): string {
  return `=${name} ${value}`.slice(0, longestMark);
}

function markOf({ attributes }: Searched, name: string): string[] {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? [toMark(name, String(value))] : [];
}

interface SearchedAttribute {
  name: string;
  type: AttributeType;
  /** Alone or with others it tells which item it is. */
  isTelling: boolean;
}

const searched = new WeakMap<EffectiveClass, readonly SearchedAttribute[]>();

/** Of a class, the attributes by whose values its items are found. What is sensitive in one class is searched in none. */
export function searchedAttributes({ classes, sensitive }: SearchModel, className: string): readonly SearchedAttribute[] {
  const itemClass = classes.get(className);
  if (!itemClass) return [];
  const known = searched.get(itemClass);
  if (known) return known;
  const telling = new Set(itemClass.identifiers.flatMap(({ attributes }) => attributes));
  const found = [...itemClass.attributes.values()]
    .filter(({ name, searchable }) => !sensitive.has(name) && (searchable || telling.has(name)))
    .map(({ name, type }) => ({ name, type, isTelling: telling.has(name) }));
  searched.set(itemClass, found);
  return found;
}

/** Makers, models, sites, teams: a page has the same ones over and over. */
const recent = new Map<string, readonly string[]>();
const mostRecent = 5_000;

function wordsOfValue(text: string): readonly string[] {
  const known = recent.get(text);
  if (known) return known;
  const words = wordsOf(text);
  if (recent.size >= mostRecent) recent.clear();
  if (text.length < 100) recent.set(text, words);
  return words;
}

/** The words of a text; of a code with dashes also its parts that are long enough to tell something. */
function wordsOf(text: string, kind: 'text' | 'name' | 'number' = 'text'): readonly string[] {
  const words: string[] = [];
  for (const chunk of splitChunks(foldText(text))) {
    if (isAddress(chunk)) {
      words.push(chunk);
      continue;
    }
    const parts = splitWords(chunk);
    if (parts.length > 1) words.push(toCode(chunk));
    if ((kind === 'number' && /\d.*\d/.test(chunk) && chunk.length > 5) || /^\+?\d{9,}$/.test(chunk)) words.push(toEnd(chunk));
    for (const part of parts) {
      if (parts.length === 1 || part.length > 2 || kind === 'name') words.push(part);
      if (kind !== 'name') continue;
      const letters = /^(\p{L}{2,})(\d{2,})$/u.exec(part);
      if (letters?.[1] && letters[2]) words.push(letters[1], letters[2].replace(/^0+(?=\d)/, ''));
    }
  }
  return words;
}

/** Such a word may be misspelt, or be a part of another; a code is neither. */
export function isWordOfLetters(word: string): boolean {
  return word.length >= 3 && word.length <= 30 && /^\p{L}+$/u.test(word);
}

function addAll(words: Set<string>, some: readonly string[]): void {
  for (const word of some) words.add(word.length > longestWord ? word.slice(0, longestWord) : word);
}
