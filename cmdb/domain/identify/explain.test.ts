import { explain, schemeLabel } from './explain.ts';
import type { IdentifyOutcome } from './outcome.ts';

const labels = new Map([
  ['serial', { ru: 'Серийный номер', en: 'Serial number' }],
  ['imei', { ru: 'IMEI', en: 'IMEI' }],
]);
const words = {
  item: (id: string) => (id === 'A' ? 'db-1' : id),
  scheme: (scheme: string) => schemeLabel(scheme, labels.get(scheme)),
  value: (_: string, value: string) => value,
  class: (name: string) => ({ ru: name, en: name }),
};
const record = { source: 'agent', key: 'a2' };
const tell = (outcome: IdentifyOutcome) => explain(outcome, record, words);

describe('the reasons of a decision', () => {
  it('say what agreed, what moved and what could not be used', () => {
    const outcome: IdentifyOutcome = {
      kind: 'matched',
      itemId: 'A',
      by: { scheme: 'serial', value: 'x1' },
      for: [{ scheme: 'serial', value: 'x1' }],
      against: [{ scheme: 'hostname', value: 'web-7', theirs: ['db-1'] }],
      movesLink: { fromKey: 'a1' },
      leftOut: [{ scheme: 'imei', why: 'invalid', attribute: 'imei', value: '123', flaw: 'length' }],
      identifiers: { claimed: [], shared: [] },
    };
    expect(tell(outcome).map(({ code, ru }) => [code, ru])).toEqual([
      ['matched', 'Это КЕ «db-1»: совпадает серийный номер (x1).'],
      ['agrees', 'За «db-1»: серийный номер — x1.'],
      ['differs', 'Против «db-1»: hostname — в записи web-7, у неё db-1.'],
      ['moves_key', 'Источник agent сменил её ключ: был a1, стал a2.'],
      ['left_out_invalid', 'IMEI: «123» не годится, не та длина.'],
    ]);
    expect(tell(outcome).map(({ en }) => en)).toEqual([
      'It is "db-1": the same serial number (x1).',
      'For "db-1": serial number x1.',
      'Against "db-1": hostname is web-7 in the record and db-1 there.',
      'The source agent changed its key from a1 to a2.',
      'IMEI: "123" cannot be used, it has the wrong length.',
    ]);
  });

  it('of a question name the items and say whether the record waits', () => {
    const outcome: IdentifyOutcome = {
      kind: 'duplicate_suspected',
      why: 'two_items',
      items: [
        { itemId: 'A', for: [{ scheme: 'native_id', value: 'a2' }], against: [] },
        { itemId: 'B', for: [{ scheme: 'serial', value: 'x1' }], against: [] },
      ],
      leftOut: [],
    };
    expect(tell(outcome).map(({ ru }) => ru)).toEqual([
      'Запись указывает сразу на несколько КЕ: «db-1», «B». Возможно, это дубликаты.',
      'До решения человека запись никуда не записана.',
      'За «db-1»: ключ источника — a2.',
      'За «B»: серийный номер — x1.',
    ]);
    expect(tell({ ...outcome, appliesTo: 'A' }).map(({ code }) => code)).toEqual(['two_items', 'applies_to', 'agrees', 'agrees']);
  });
});
