import type { Label } from '../model/model.ts';
import type { Reason, Words } from './explain.ts';
import type { Flaw } from './find-flaw.ts';
import type { LeftOut } from './list-identifiers.ts';

const flaws: Readonly<Record<Flaw, Label>> = {
  check_digit: { ru: 'не сходится контрольная цифра', en: 'its check digit is wrong' },
  length: { ru: 'не та длина', en: 'it has the wrong length' },
  characters: { ru: 'недопустимые знаки', en: 'it has characters that cannot be there' },
  form: { ru: 'не тот вид', en: 'it has the wrong form' },
  too_short: { ru: 'слишком короткий', en: 'it is too short' },
  too_long: { ru: 'слишком длинный', en: 'it is too long' },
  damaged: { ru: 'испорчен таблицей, которая приняла его за число', en: 'a spreadsheet took it for a quantity and spoilt it' },
  group_address: { ru: 'это групповой адрес', en: 'it is a group address' },
  local_address: { ru: 'этот адрес придумала программа', en: 'software made this address up' },
};

/** Why an identifier could not be used. */
export function explainLeftOut({ scheme, why, attribute, flaw, ...left }: LeftOut, words: Words): Reason {
  const label = words.scheme(scheme);
  const value = left.value === undefined ? undefined : words.value(scheme, left.value);
  const code = `left_out_${why}`;
  switch (why) {
    case 'missing':
      return { code, ru: `${label.ru}: не указано (${attribute ?? scheme}).`, en: `${label.en}: not given (${attribute ?? scheme}).` };
    case 'placeholder':
      return { code, ru: `${label.ru}: «${value}» — заглушка, а не значение.`, en: `${label.en}: "${value}" stands for nothing.` };
    case 'invalid': {
      const reason = flaw && flaws[flaw];
      return { code, ru: `${label.ru}: «${value}» не годится, ${reason?.ru}.`, en: `${label.en}: "${value}" cannot be used, ${reason?.en}.` };
    }
    case 'cloned':
      return {
        code,
        ru: `${label.ru}: ${value} у источника стоит на многих КЕ сразу.`,
        en: `${label.en}: ${value} is on many items of the source.`,
      };
    case 'shared':
      return { code, ru: `${label.ru}: ${value} есть у нескольких КЕ.`, en: `${label.en}: ${value} is on several items.` };
    case 'host_missing':
      return { code, ru: `${label.ru}: запись не называет носителя.`, en: `${label.en}: the record names no host.` };
    case 'host_unknown':
      return {
        code,
        ru: `${label.ru}: носитель, который называет запись, не известен.`,
        en: `${label.en}: the host that the record names is not known.`,
      };
  }
}
