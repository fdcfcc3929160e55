import { DateTime } from 'luxon';
import type { Label } from '../model/model.ts';
import type { Reason } from './explain.ts';
import type { FieldChange, KeptValue, Reconciliation, Right } from './reconcile.ts';

/** Why each value of a record was taken or not. `label` gives an attribute's own. What is `sensitive` is not told: reasons are kept, and read by many. */
export function explainReconciliation(
  { changes, kept }: Pick<Reconciliation, 'changes' | 'kept'>,
  label: (attribute: string) => Label,
  sensitive: ReadonlySet<string> = new Set(),
): Reason[] {
  const writerOf = (attribute: string) => (sensitive.has(attribute) ? () => hidden : write);
  return [
    ...changes.map((change) => explainChange(change, label(change.attribute), writerOf(change.attribute))),
    ...kept.map((value) => explainKept(value, label(value.attribute), writerOf(value.attribute))),
  ];
}

/** What stands in place of a sensitive value. */
export const hidden: Label = { ru: '•••', en: '•••' };

function explainChange({ before, after, by, right }: FieldChange, label: Label, tell: typeof write): Reason {
  const [was, is] = [tell(before), tell(after)];
  const reason = rights[right](by);
  return {
    code: `changed_${right}`,
    ru: `${label.ru}: было ${was.ru}, стало ${is.ru}: ${reason.ru}.`,
    en: `${label.en}: was ${was.en}, is ${is.en}: ${reason.en}.`,
  };
}

const rights: Readonly<Record<Right, (by: string) => Label>> = {
  first: (by) => ({ ru: `первым сказал ${by}`, en: `${by} was the first to say so` }),
  own: (by) => ({ ru: `${by} изменил своё же значение`, en: `${by} changed its own value` }),
  person: () => ({ ru: 'так решил человек', en: 'a person said so' }),
  authority: (by) => ({ ru: `по этому атрибуту слово ${by} важнее`, en: `on this attribute the word of ${by} counts for more` }),
  alike: (by) => ({ ru: `источники равны, а ${by} первый по имени`, en: `the sources are alike, and ${by} comes first by name` }),
  owner_silent: (by) => ({
    ru: `более важный источник слишком долго молчит, считается слово ${by}`,
    en: `the better source has been silent for too long, so the word of ${by} counts`,
  }),
  owner_gone: (by) => ({
    ru: `прежнее значение больше ничьё, считается слово ${by}`,
    en: `the old value is nobody's word any more, so the word of ${by} counts`,
  }),
  next: (by) => ({
    ru: `прежний источник отозвал своё значение, следующий за ним — ${by}`,
    en: `the source before has withdrawn its value, and ${by} is the next`,
  }),
  withdrawn: (by) => ({ ru: `${by} больше этого не говорит, и никто другой тоже`, en: `${by} does not say it any more, and nobody else does` }),
  united: () => ({ ru: 'имена и адреса всех источников объединяются', en: 'names and addresses of all sources are united' }),
};

function explainKept({ value, offered, source, because, until }: KeptValue, label: Label, tell: typeof write): Reason {
  const [is, other] = [tell(value), tell(offered)];
  const moment = until === undefined ? undefined : DateTime.fromMillis(until, { zone: 'utc' }).toISO({ suppressMilliseconds: true });
  const wait =
    moment === undefined
      ? { ru: '', en: '' }
      : { ru: ` Если до ${moment} он ничего не скажет, будет иначе.`, en: ` That changes if it says nothing until ${moment}.` };
  return {
    code: `kept_${because}`,
    ru: `${label.ru}: осталось ${is.ru}, а не ${other.ru}: ${keeps[because](source).ru}.${wait.ru}`,
    en: `${label.en}: stays ${is.en} and not ${other.en}: ${keeps[because](source).en}.${wait.en}`,
  };
}

const keeps: Readonly<Record<KeptValue['because'], (source: string) => Label>> = {
  person: () => ({ ru: 'так решил человек', en: 'a person said so' }),
  authority: (source) => ({ ru: `слово ${source} важнее`, en: `the word of ${source} counts for more` }),
  alike: (source) => ({ ru: `источники равны, а ${source} первый по имени`, en: `the sources are alike, and ${source} comes first by name` }),
  owner_silent: (source) => ({
    ru: `говоривший молчит слишком долго, считается слово ${source}`,
    en: `who said it has been silent for too long, so the word of ${source} counts`,
  }),
};

function write(value: unknown): Label {
  if (value === undefined || value === null) return { ru: 'пусто', en: 'empty' };
  if (value === true) return { ru: 'да', en: 'yes' };
  if (value === false) return { ru: 'нет', en: 'no' };
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { ru: `«${text}»`, en: `"${text}"` };
}
