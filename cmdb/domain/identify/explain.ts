import type { Label } from '../model/model.ts';
import { explainLeftOut } from './explain-left-out.ts';
import { rejections, suspicions } from './explain-question.ts';
import type { Evidence, IdentifyOutcome, MovedLink, Suspect } from './outcome.ts';
import type { SourceRecord } from './record.ts';

/** One reason of a decision: for a program by its code, for people by its sentence. */
export interface Reason extends Label {
  code: string;
}

/** How things are called to the reader. */
export interface Words {
  /** What an item is called: its name, or its id where the reader may not see it. */
  item(id: string): string;
  scheme(scheme: string): Label;
  /** The value of an identifier, or what stands in its place where it is sensitive. */
  value(scheme: string, value: string): string;
  class(name: string): Label;
}

/** The label of an identifier entry; of what is no entry, our own word. */
export function schemeLabel(scheme: string, label?: Label): Label {
  if (label) return label;
  if (scheme === 'native_id') return { ru: 'ключ источника', en: 'key at the source' };
  return scheme === 'name' ? { ru: 'название', en: 'name' } : { ru: scheme, en: scheme };
}

/** Why a record went where it did: the decision first, then what speaks for and against it, then what could not be used. */
export function explain(outcome: IdentifyOutcome, record: Pick<SourceRecord, 'source' | 'key'>, words: Words): Reason[] {
  const leftOut = outcome.leftOut.map((left) => explainLeftOut(left, words));
  switch (outcome.kind) {
    case 'linked':
    case 'matched':
      return [
        ...decide(outcome, record, words),
        ...weigh(outcome, words),
        ...('movesLink' in outcome ? explainMove(outcome.movesLink, record, words) : []),
        ...explainRest(outcome, words),
        ...leftOut,
      ];
    case 'class_change_proposed': {
      const [from, to] = [words.class(outcome.from), words.class(outcome.to)];
      const item = words.item(outcome.itemId);
      const proposal = {
        code: 'class_change_proposed',
        ru: `Запись о КЕ «${item}» называет её «${to.ru}», а у нас она «${from.ru}»: класс меняет только человек.`,
        en: `The record is about "${item}" and calls it ${to.en}, but here it is ${from.en}: only a person changes the class.`,
      };
      return [proposal, ...weigh(outcome, words), ...explainRest(outcome, words), ...leftOut];
    }
    case 'created':
      return [
        ...decide(outcome, record, words),
        ...outcome.beside.flatMap((suspect) => [explainBeside(suspect, words), ...weigh(suspect, words)]),
        ...explainMove(outcome.movesLink, record, words),
        ...explainRest(outcome, words),
        ...leftOut,
      ];
    case 'duplicate_suspected':
      return [...decide(outcome, record, words), ...outcome.items.flatMap((suspect) => weigh(suspect, words)), ...leftOut];
    case 'rejected':
    case 'postponed':
      return [...decide(outcome, record, words), ...leftOut];
  }
}

function decide(
  outcome: Exclude<IdentifyOutcome, { kind: 'class_change_proposed' }>,
  { source, key }: Pick<SourceRecord, 'source' | 'key'>,
  words: Words,
): Reason[] {
  switch (outcome.kind) {
    case 'linked': {
      const item = words.item(outcome.itemId);
      const linked = {
        code: 'linked',
        ru: `Источник ${source} уже знает КЕ «${item}» под ключом ${key}.`,
        en: `The source ${source} already knows "${item}" under the key ${key}.`,
      };
      return [linked];
    }
    case 'matched': {
      const { by } = outcome;
      const scheme = words.scheme(by.scheme);
      const value = words.value(by.scheme, by.value);
      const item = words.item(outcome.itemId);
      return [
        {
          code: 'matched',
          ru: `Это КЕ «${item}»: совпадает ${lower(scheme.ru)} (${value}).`,
          en: `It is "${item}": the same ${lower(scheme.en)} (${value}).`,
        },
      ];
    }
    case 'created':
      if (outcome.because === 'another_thing')
        return [
          { code: 'another_thing', ru: 'Это новая КЕ: похожие на неё — другие вещи.', en: 'It is a new item: those like it are other things.' },
        ];
      return [
        {
          code: 'nothing_found',
          ru: 'Это новая КЕ: ни по ключу, ни по идентификаторам ничего не нашлось.',
          en: 'It is a new item: neither its key nor its identifiers led to any.',
        },
      ];
    case 'duplicate_suspected': {
      const names = outcome.items.map(({ itemId }) => words.item(itemId));
      const asked = { code: outcome.why, ...suspicions[outcome.why](names, source) };
      if (outcome.appliesTo === undefined)
        return [
          asked,
          {
            code: 'not_applied',
            ru: 'До решения человека запись никуда не записана.',
            en: 'Until a person decides, the record is not written anywhere.',
          },
        ];
      const item = words.item(outcome.appliesTo);
      return [
        asked,
        {
          code: 'applies_to',
          ru: `Сама запись — несомненно о КЕ «${item}» и записана в неё.`,
          en: `The record itself is about "${item}" beyond doubt and is written to it.`,
        },
      ];
    }
    case 'postponed': {
      const keys = outcome.waitsFor.join(', ');
      return [
        {
          code: 'postponed',
          ru: `Будет решено в конце снимка: похожую вещь источник знал под ключом ${keys} и ещё не назвал.`,
          en: `It is decided at the end of the snapshot: the source knew a thing like it under the key ${keys} and has not named that yet.`,
        },
      ];
    }
    case 'rejected':
      return [{ code: outcome.reason, ...rejections[outcome.reason](outcome.class) }];
  }
}

function weigh({ itemId, for: agreeing, against }: Suspect, words: Words): Reason[] {
  const item = words.item(itemId);
  const agrees = ({ scheme, ...evidence }: Evidence): Reason => {
    const label = words.scheme(scheme);
    const value = words.value(scheme, evidence.value);
    return { code: 'agrees', ru: `За «${item}»: ${lower(label.ru)} — ${value}.`, en: `For "${item}": ${lower(label.en)} ${value}.` };
  };
  const differs = ({ scheme, ...evidence }: Evidence): Reason => {
    const label = words.scheme(scheme);
    const value = words.value(scheme, evidence.value);
    const theirs = (evidence.theirs ?? []).map((one) => words.value(scheme, one));
    return {
      code: 'differs',
      ru: `Против «${item}»: ${lower(label.ru)} — в записи ${value}, у неё ${theirs.join(', ')}.`,
      en: `Against "${item}": ${lower(label.en)} is ${value} in the record and ${theirs.join(', ')} there.`,
    };
  };
  return [...agreeing.map(agrees), ...against.map(differs)];
}

function explainBeside({ itemId }: Suspect, words: Words): Reason {
  const item = words.item(itemId);
  return { code: 'beside', ru: `Это не «${item}».`, en: `It is not "${item}".` };
}

function explainMove(move: MovedLink | undefined, { source, key }: Pick<SourceRecord, 'source' | 'key'>, words: Words): Reason[] {
  if (!move) return [];
  const reasons: Reason[] = [];
  if (move.fromKey !== undefined)
    reasons.push({
      code: 'moves_key',
      ru: `Источник ${source} сменил её ключ: был ${move.fromKey}, стал ${key}.`,
      en: `The source ${source} changed its key from ${move.fromKey} to ${key}.`,
    });
  if (move.fromItem !== undefined) {
    const item = words.item(move.fromItem);
    reasons.push({
      code: 'leaves_item',
      ru: `Ключ ${key} больше не относится к «${item}».`,
      en: `The key ${key} does not stand for "${item}" any more.`,
    });
  }
  return reasons;
}

function explainRest(
  outcome: Extract<IdentifyOutcome, { kind: 'linked' | 'matched' | 'created' | 'class_change_proposed' }>,
  words: Words,
): Reason[] {
  const reasons: Reason[] = [];
  if ('displaces' in outcome && outcome.displaces !== undefined)
    reasons.push({
      code: 'displaces',
      ru: `То же самое источник говорит под ключом ${outcome.displaces}, но этот ключ у него старше: тот будет рассмотрен заново.`,
      en: `The source says the same under the key ${outcome.displaces}, but this key of its is older: that one is decided again.`,
    });
  if ('revives' in outcome && outcome.revives)
    reasons.push({ code: 'revives', ru: 'Она была выведена из эксплуатации и снова в строю.', en: 'It was retired and lives again.' });
  if ('specialises' in outcome && outcome.specialises !== undefined) {
    const label = words.class(outcome.specialises);
    reasons.push({ code: 'specialises', ru: `Её класс уточнён: ${label.ru}.`, en: `Its class is made more special: ${label.en}.` });
  }
  for (const { scheme, value: shared, itemIds } of outcome.identifiers.shared) {
    const label = words.scheme(scheme);
    const value = words.value(scheme, shared);
    reasons.push({
      code: 'shared',
      ru: `${label.ru} ${value} есть и у ${itemIds.map((id) => `«${words.item(id)}»`).join(', ')}: пока это так, по нему никого не узнать.`,
      en: `${label.en} ${value} is on ${itemIds.map((id) => `"${words.item(id)}"`).join(', ')} too: while that is so, it tells nobody.`,
    });
  }
  return reasons;
}

/** A label within a sentence; an abbreviation stays. */
function lower(label: string): string {
  return /^\p{Lu}\p{Lu}/u.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1);
}
