import { changeLayout } from './change-layout.ts';
import { foldText, splitChunks, splitWords, toCode, toEnd, toWord } from './fold-text.ts';
import { transliterate } from './transliterate.ts';
import { findStem, listForms } from './word-forms.ts';
import { allOf, anyOf, type WordQuery, word } from './word-query.ts';

export interface SearchedWord {
  /** What `SearchQuery.wide` says of it. */
  wide: WordQuery;
  /** It, without its ending, and as it would be with the other keyboard and in the other alphabet. */
  meant: readonly string[];
}

/** What somebody looks for. */
export interface SearchQuery {
  /** All of it as one code, when it may be one. */
  code?: string;
  /** All of it as a name with the other keyboard or in the other alphabet. */
  names: readonly string[];
  /** Each word as it stands, or in another form. */
  exact: WordQuery;
  /** Also words that begin so, that end so if they are codes, and what is meant if the keyboard or the alphabet was the other one. */
  wide: WordQuery;
  /** For mending words that nothing has. */
  words: readonly SearchedWord[];
}

const mostWords = 10;
/** So short a beginning says nothing. */
const shortestStart = 3;

/** Undefined when there is no word in it: then nothing is looked for. */
export function readQuery(q: string): SearchQuery | undefined {
  const folded = foldText(q).trim();
  const words = folded
    .split(/\s+/)
    .filter((raw) => splitChunks(raw).length > 0 || changeLayout(raw) !== undefined)
    .slice(0, mostWords)
    .map((raw) => ({ meant: listMeant(raw), exact: readExact(raw), wide: anyOf([...readWide(raw), ...readOtherwise(raw)]) }));
  if (words.length === 0) return undefined;
  const code = /\d/.test(folded) ? readCode(folded) : undefined;
  const codes = code !== undefined && words.length > 1 ? [code, ...readPhone(code)] : [];
  const groups = codes.length > 0 ? [allOf(splitGroups(folded).map((group) => word(group)))] : [];
  return {
    ...(code !== undefined && { code }),
    names: listNames(folded),
    exact: anyOf([allOf(words.map(({ exact }) => exact)), ...codes.map((one) => word(one)), ...groups]),
    wide: anyOf([allOf(words.map(({ wide }) => wide)), ...codes.map((one) => word(one, one.length > 5)), ...groups]),
    words: words.map(({ meant, wide }) => ({ meant, wide })),
  };
}

function listNames(folded: string): string[] {
  const typed = changeLayout(folded);
  return [...(typed === undefined || typed.length < shortestStart ? [] : [typed]), ...transliterate(folded).slice(0, 4)];
}

function listMeant(raw: string): string[] {
  const [typed, own] = [changeLayout(raw), splitChunks(raw).join('')];
  const words = [own, findStem(own), typed ?? '', transliterate(own)[0] ?? ''].map(toCode).filter((one) => one !== '');
  return [...new Set(words)];
}

function readCode(folded: string): string | undefined {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(folded) ? folded : toCode(folded) || undefined;
}

/** A Russian number is written with 8, +7 or neither. */
function readPhone(code: string): string[] {
  const [, own] = /^[78]?(\d{10})$/.exec(code) ?? [];
  return own ? [`7${own}`, `8${own}`, own] : [];
}

function readExact(raw: string): WordQuery {
  const chunks = splitChunks(raw);
  if (chunks.length === 0) return word(raw);
  return allOf(
    chunks.map((chunk) =>
      anyOf([...listForms(chunk).map((form) => word(toCode(form))), ...readAddress(chunk), ...readPhone(toCode(chunk)).map((one) => word(one))]),
    ),
  );
}

function readAddress(chunk: string): WordQuery[] {
  return /^\d{1,3}(?:\.\d{1,3}){1,3}$/.test(chunk) ? [word(chunk, !/(?:\.\d+){3}/.test(chunk))] : [];
}

function readWide(raw: string): WordQuery[] {
  const chunks = splitChunks(raw);
  return chunks.length === 0 ? [] : [readExact(raw), allOf(chunks.map((chunk) => anyOf(readChunk(chunk))))];
}

function readChunk(chunk: string): WordQuery[] {
  const code = toCode(chunk);
  const isNumber = /^\d+$/.test(code);
  const queries = [word(code, code.length >= (isNumber ? 5 : shortestStart)), ...readAddress(chunk)];
  const groups = splitGroups(chunk);
  if (groups.length > 1) queries.push(allOf(groups.map((group, index) => word(group, index === groups.length - 1 && group.length > 1))));
  const parts = splitWords(chunk);
  if (parts.length > 1 && parts.every((part) => part.length > 2)) queries.push(allOf(parts.map((part) => word(part, !/^\d+$/.test(part)))));
  if (/\d/.test(code) && code.length >= 4) queries.push(word(toEnd(chunk), true));
  return queries;
}

/** Letters apart from digits, digits together whatever stands between them: к80-50-200 → к, 8050200. */
function splitGroups(chunk: string): string[] {
  return (chunk.replace(/[^\p{L}\p{N}]/gu, '').match(/\p{L}+|\p{N}+/gu) ?? []).map(toWord);
}

/** With the other keyboard, or in the other alphabet. */
function readOtherwise(raw: string): WordQuery[] {
  const typed = changeLayout(raw);
  const [chunk, ...more] = splitChunks(raw);
  const spelt = chunk && more.length === 0 ? transliterate(chunk) : [];
  return [
    ...(typed !== undefined && typed.length >= shortestStart ? readTyped(typed) : []),
    ...spelt.map((one) => word(toWord(one))),
    ...spelt.slice(0, 6).map((one) => word(toWord(findStem(one)), findStem(one).length > 3)),
  ];
}

function readTyped(typed: string): WordQuery[] {
  const chunks = splitChunks(typed);
  if (chunks.length === 0) return [];
  return [allOf(chunks.map((chunk) => word(toCode(findStem(chunk)), chunk.length > 3)))];
}
