import type { Label } from '../model/model.ts';
import { compareLetters, type HeaderWords, isSameWord, toHeaderWords, toWholeHeaderWords } from './header-words.ts';
import { labelTarget, ownFields, ownLabels, type SheetClass, type Target, toTargetName } from './sheet-class.ts';
import { isSameUnit } from './units.ts';
import { wellKnownHeaders } from './well-known-headers.ts';

/** A column that holds something. Its header is '' where it has none; columns count from 0. */
export interface SheetColumn {
  column: number;
  letter: string;
  header: string;
}

/** What a column is thought to be. Without a target it is not read; the reason says why. */
export interface ColumnGuess extends SheetColumn {
  target?: Target;
  /** 0 to 1. */
  confidence: number;
  reason: Label;
}

interface Candidate {
  target: Target;
  confidence: number;
  reason: Label;
  isOtherUnit?: boolean;
}

const leastConfidence = 0.6;
/** Two targets nearer than this are not told apart by a guess. */
const leastLead = 0.05;

/** What each column is, by its header alone. No target is given twice: the surer column has it, and of equals the first. */
export function guessMapping(columns: readonly SheetColumn[], itemClass: SheetClass): ColumnGuess[] {
  const names = listNames(itemClass);
  const ranked = columns.map((column) => ({ column, candidates: rank(column.header, names, itemClass) }));
  const guesses = new Map<number, ColumnGuess>();
  const taken = new Map<string, SheetColumn>();

  const surestFirst = [...ranked].sort((one, other) => (other.candidates[0]?.confidence ?? 0) - (one.candidates[0]?.confidence ?? 0));
  for (const { column, candidates } of surestFirst) {
    const [best, second] = candidates;
    const holder = best && taken.get(toTargetName(best.target));
    if (!best || best.confidence < leastConfidence)
      guesses.set(column.column, { ...column, confidence: 0, reason: explainNothing(column, best, itemClass) });
    else if (holder) guesses.set(column.column, { ...column, confidence: 0, reason: explainTaken(holder) });
    else if (second && best.confidence < 0.9 && best.confidence - second.confidence < leastLead)
      guesses.set(column.column, { ...column, confidence: 0, reason: explainTie(best, second, itemClass) });
    else {
      taken.set(toTargetName(best.target), column);
      guesses.set(column.column, { ...column, ...best });
    }
  }
  return columns.map((column) => guesses.get(column.column) as ColumnGuess);
}

interface TargetName {
  target: Target;
  words: HeaderWords;
  whole: HeaderWords;
  /** 1 for what the model calls it, less for what people do. */
  weight: number;
  reason: Label;
  unit?: string;
}

function listNames({ attributes }: SheetClass): TargetName[] {
  const names: TargetName[] = [];
  const add = (target: Target, text: string, weight: number, reason: Label, unit?: string) =>
    names.push({ target, words: toHeaderWords(text), whole: toWholeHeaderWords(text), weight, reason, ...(unit !== undefined && { unit }) });

  for (const [name, { label, unit }] of attributes) {
    const reason = { ru: `так атрибут называется в модели: «${label.ru}»`, en: `so the model calls the attribute: "${label.en}"` };
    for (const text of [label.ru, label.en, name, name.replace(/([a-z\d])([A-Z])/g, '$1 $2')]) add({ attribute: name }, text, 1, reason, unit);
  }
  for (const own of ownFields) {
    const { ru, en } = ownLabels[own];
    for (const text of [ru, en, own]) add({ own }, text, 0.98, { ru: `это поле есть у каждой единицы: «${ru}»`, en: `every item has it: "${en}"` });
  }
  for (const { attributes: usual = [], own, headers } of wellKnownHeaders) {
    const words = headers.map(toWholeHeaderWords);
    const named = usual.find((name) => attributes.has(name));
    const meant = [...attributes].find(([name, { label }]) =>
      named === undefined ? words.some(({ compact }) => compact === toWholeHeaderWords(label.ru).compact) : name === named,
    );
    const target: Target | undefined = meant ? { attribute: meant[0] } : own && { own };
    if (!target) continue;
    const label = labelTarget(target, { attributes }) as Label;
    for (const text of headers)
      add(target, text, 0.95, { ru: `так часто называют «${label.ru}»`, en: `a usual word for "${label.en}"` }, meant?.[1].unit);
  }
  return names;
}

/** Targets, likeliest first, each once. A column of a group is also judged by its own name: `Characteristics / Power`. */
function rank(text: string, names: readonly TargetName[], itemClass: SheetClass): Candidate[] {
  const best = new Map<string, Candidate>();
  const keep = (candidate: Candidate) => {
    const known = best.get(toTargetName(candidate.target));
    if (!known || known.confidence < candidate.confidence) best.set(toTargetName(candidate.target), candidate);
  };
  for (const candidate of judge(text, names, itemClass)) keep(candidate);
  const own = text.slice(text.lastIndexOf(' / ') + 3);
  if (text.includes(' / ')) {
    for (const { confidence, reason, ...rest } of judge(own, names, itemClass)) {
      const because = { ru: `${reason.ru} (без названия группы)`, en: `${reason.en} (without the name of the group)` };
      keep({ ...rest, confidence: round(confidence * 0.9), reason: because });
    }
  }
  return [...best.values()].sort((one, other) => other.confidence - one.confidence);
}

function judge(text: string, names: readonly TargetName[], itemClass: SheetClass): Candidate[] {
  if (text === '') return [];
  const header = toHeaderWords(text);
  const whole = toWholeHeaderWords(text);
  return names.map((name) => {
    const ofWhole = header.unit === undefined ? undefined : compareHeaders(whole, name.whole);
    const isWhole = ofWhole !== undefined && ofWhole.score >= 0.9;
    const { score, how } = isWhole ? ofWhole : compareHeaders(header, name.words);
    const confidence = round(score * name.weight);
    const isOtherUnit =
      !isWhole && header.unit !== undefined && name.unit !== undefined && header.unit.length <= 8 && !isSameUnit(header.unit, name.unit);
    return isOtherUnit
      ? { target: name.target, confidence: Math.min(confidence, 0.59), reason: explainUnit(name, header.unit ?? '', itemClass), isOtherUnit }
      : { target: name.target, confidence, reason: { ru: `${name.reason.ru}${how.ru}`, en: `${name.reason.en}${how.en}` } };
  });
}

function round(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}

const exactly: Label = { ru: '', en: '' };

function compareHeaders(header: HeaderWords, name: HeaderWords): { score: number; how: Label } {
  if (header.compact === name.compact) return { score: 1, how: exactly };
  if (header.words.length === 0 || name.words.length === 0) return { score: 0, how: exactly };
  const matched = header.words.filter((word) => name.words.some((other) => isSameWord(word, other))).length;
  const isWhole = matched === header.words.length;
  if (isWhole && header.words.length === name.words.length) {
    const isPlain = header.words.every((word, index) => word === name.words[index]);
    return isPlain
      ? { score: 0.97, how: exactly }
      : { score: 0.9, how: { ru: ' (другими формами слов или сокращённо)', en: ' (in other forms of the words, or cut short)' } };
  }
  const mayBeSlip = header.compact.length >= 5 && Math.abs(header.compact.length - name.compact.length) <= header.compact.length / 4;
  const letters = mayBeSlip ? compareLetters(header.compact, name.compact) : 0;
  if (letters >= 0.8) return { score: 0.6 + letters * 0.3, how: { ru: ' (с опечаткой)', en: ' (with a slip of the pen)' } };
  const isPart = matched > 0 && (isWhole || matched === name.words.length);
  if (!isPart) return { score: 0, how: exactly };
  const share = Math.min(header.words.length, name.words.length) / Math.max(header.words.length, name.words.length);
  return { score: 0.5 + share * 0.25, how: { ru: ' (совпадает часть слов)', en: ' (some of the words are the same)' } };
}

function explainNothing({ header }: SheetColumn, best: Candidate | undefined, itemClass: SheetClass): Label {
  if (header === '') return { ru: 'у столбца нет заголовка', en: 'the column has no header' };
  if (!best || best.confidence < 0.5) return { ru: 'в классе нет ничего похожего', en: 'the class has nothing like it' };
  if (best.isOtherUnit) return best.reason;
  const label = labelTarget(best.target, itemClass) as Label;
  return { ru: `слишком мало похоже на «${label.ru}», чтобы решать за вас`, en: `too little like "${label.en}" to decide for you` };
}

function explainUnit({ target, unit = '' }: TargetName, inHeader: string, itemClass: SheetClass): Label {
  const label = labelTarget(target, itemClass) as Label;
  return {
    ru: `похоже на «${label.ru}», но там единица измерения ${unit}, а в заголовке «${inHeader}»: пересчитайте значения или назначьте столбец сами`,
    en: `like "${label.en}", but that is in ${unit} and the header says "${inHeader}": convert the values, or choose the column yourself`,
  };
}

function explainTaken({ letter, header }: SheetColumn): Label {
  return {
    ru: `это значение уже берётся из столбца ${letter} «${header}»`,
    en: `this value is already taken from column ${letter} "${header}"`,
  };
}

function explainTie(one: Candidate, other: Candidate, itemClass: SheetClass): Label {
  const [first, second] = [labelTarget(one.target, itemClass) as Label, labelTarget(other.target, itemClass) as Label];
  return {
    ru: `может быть и «${first.ru}», и «${second.ru}»: выберите сами`,
    en: `may be "${first.en}" or "${second.en}": choose yourself`,
  };
}
