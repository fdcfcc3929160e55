import type { Label } from '../model/model.ts';
import type { IdentifyOutcome } from './outcome.ts';

type Suspected = Extract<IdentifyOutcome, { kind: 'duplicate_suspected' }>['why'];
/** What a person is asked. */
export const suspicions: Readonly<Record<Suspected, (names: readonly string[], source: string) => Label>> = {
  two_items: (names) => ({
    ru: `Запись указывает сразу на несколько КЕ: ${names.map((name) => `«${name}»`).join(', ')}. Возможно, это дубликаты.`,
    en: `The record points to several items: ${names.map((name) => `"${name}"`).join(', ')}. They may be duplicates.`,
  }),
  contradicted: (names) => ({
    ru: `Похоже на ${names.map((name) => `«${name}»`).join(', ')}, но более надёжный идентификатор есть у обоих и различается.`,
    en: `It looks like ${names.map((name) => `"${name}"`).join(', ')}, but a better identifier is there on both sides and differs.`,
  }),
  key_reused: ([name], source) => ({
    ru: `По ключу источника ${source} это «${name}», но больше ничего не совпадает: ключ мог достаться другой вещи.`,
    en: `By the key at ${source} it is "${name}", but nothing else agrees: the key may have been given to another thing.`,
  }),
  two_keys: ([name], source) => ({
    ru: `По идентификаторам это «${name}», но источник ${source} знает её под другим ключом и различает их.`,
    en: `By its identifiers it is "${name}", but ${source} knows that one under another key and tells the two apart.`,
  }),
};

type Rejected = Extract<IdentifyOutcome, { kind: 'rejected' }>['reason'];
/** Why a record is refused. */
export const rejections: Readonly<Record<Rejected, (name: string) => Label>> = {
  class_unknown: (name) => ({ ru: `В модели нет класса ${name}.`, en: `The model has no class ${name}.` }),
  class_abstract: (name) => ({
    ru: `Класс ${name} только объединяет другие: назовите один из них.`,
    en: `The class ${name} only gathers others: name one of those.`,
  }),
  nothing_identifies: () => ({
    ru: 'Записи не по чему узнать: нет ни одного пригодного идентификатора.',
    en: 'Nothing tells what the record is about: it has no usable identifier.',
  }),
  host_missing: () => ({
    ru: 'КЕ этого класса различима только на своём носителе, а запись его не называет.',
    en: 'An item of this class is told apart only on its host, and the record names none.',
  }),
  host_unknown: () => ({
    ru: 'Носитель, который называет запись, ещё не известен; она будет рассмотрена снова, когда он появится.',
    en: 'The host that the record names is not known yet; the record is looked at again when it is.',
  }),
};
