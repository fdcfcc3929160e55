import { toLetter } from './cell.ts';
import { pumpClass } from './fixtures/pump-class.ts';
import { guessClass } from './guess-class.ts';
import type { SheetClass } from './sheet-class.ts';

const meterClass: SheetClass = {
  ...pumpClass,
  name: 'water_meter',
  label: { ru: 'Водосчётчик', en: 'Water meter' },
  attributes: new Map([...pumpClass.attributes].filter(([name]) => !['power', 'flow', 'kind'].includes(name))),
};
const guess = (headers: string[], ...names: string[]) =>
  guessClass(
    headers.map((header, column) => ({ column, letter: toLetter(column), header })),
    names,
    [pumpClass, meterClass],
  )?.class.name;

describe('the guess of which class a list is of', () => {
  it.each([
    ['Насосы', 'pump'],
    ['Pumps 2025', 'pump'],
    ['pump', 'pump'],
    ['Водосчетчики', 'water_meter'],
    ['water meters', 'water_meter'],
    ['Лист1', undefined],
    ['Насосы и водосчётчики', undefined],
  ])('is by what it is called: %s', (name, expected) => {
    expect(guess(['Наименование', 'Инв. №'], name)).toBe(expected);
  });

  it('is by columns that only one class has, and is none where several have them all', () => {
    expect(guess(['Наименование', 'Инв. №', 'Мощность, кВт', 'Подача, м³/ч'], 'Лист1')).toBe('pump');
    expect(guess(['Наименование', 'Инв. №', 'Показание'], 'Лист1')).toBeUndefined();
  });
});
