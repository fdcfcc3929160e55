import { readPacks } from '../../model/read-packs.ts';
import { type CompiledModel, compileModel } from '../model/compile-model.ts';
import { changeLayout } from './change-layout.ts';
import { countMistakes, listEdits } from './list-edits.ts';
import { listWords } from './list-words.ts';
import { transliterate } from './transliterate.ts';
import { listForms } from './word-forms.ts';

let model: CompiledModel;
beforeAll(async () => {
  model = compileModel(await readPacks());
});

const server = { class: 'server', key: 'k-1', name: 'srv-0001234', lookups: ['10.0.0.5'] };
const words = (attributes: Record<string, unknown>) => listWords({ ...server, attributes }, model);

describe('the words of an item', () => {
  it('are those of its name and addresses, of what is searched and of what tells it', () => {
    const found = words({
      manufacturer: 'Dell',
      serialNumber: '7QK-2M33',
      biosUuid: '4c4c4544-0051',
      macAddresses: ['00:1b:63:84:45:e6'],
      memoryGb: 64,
    });
    for (const word of ['srv0001234', 'srv', '1234', '10.0.0.5', 'dell', '7qk2m33', '<33m2kq7', '4c4c45440051', '001b638445e6'])
      expect(found).toContain(word);
    expect(found).not.toContain('64');
  });

  it('are never those of a sensitive attribute', () => {
    const before = words({});
    expect(words({ cost: 120_000 })).toEqual(before);
  });

  it('are the same in either alphabet where letters look alike', () => {
    expect(words({ model: 'СВМ-15' })).toEqual(words({ model: 'CBM-15' }));
  });
});

describe('what was meant', () => {
  it.each([
    ['ghbynth', 'принтер'],
    ['ыук', 'ser'],
    ['rf,tkm', 'кабель'],
    ['srv-1', undefined],
  ])('by %s on the other keyboard is %s', (typed, meant) => {
    expect(changeLayout(typed)).toBe(meant);
  });

  it.each([
    ['nasos', 'насос'],
    ['zadvizhka', 'задвижка'],
    ['циско', 'cisco'],
    ['оракл', 'oracl'],
  ])('by %s in the other alphabet may be %s', (written, meant) => {
    expect(transliterate(written)).toContain(meant);
  });

  it.each([
    ['насосы', 'насос'],
    ['электронные', 'электронный'],
    ['servers', 'server'],
  ])('%s is a form of %s', (form, word) => {
    expect(listForms(form)).toContain(word);
  });

  it('with one mistake is among the edits, and mistakes are counted', () => {
    for (const wrong of ['srv123', 'srv1243', 'srv1235', 'srv12345']) expect(listEdits(wrong)).toContain('srv1234');
    expect(countMistakes('srv1234', 'srv1243', 2)).toBe(1);
    expect(countMistakes('srv1234', 'sv12345', 2)).toBe(2);
    expect(countMistakes('srv1234', 'xyz', 2)).toBe(3);
  });
});
