import { toLetter } from './cell.ts';
import { pumpClass } from './fixtures/pump-class.ts';
import { guessMapping, type SheetColumn } from './guess-mapping.ts';
import { checkMapping, settleGuess, tellMissing } from './mapping.ts';
import { toTargetName } from './sheet-class.ts';

const columns = (...headers: string[]): SheetColumn[] => headers.map((header, column) => ({ column, letter: toLetter(column), header }));
const guess = (...headers: string[]) =>
  guessMapping(columns(...headers), pumpClass).map(({ target, confidence }) => [target ? toTargetName(target) : undefined, confidence] as const);
const targetOf = (header: string) => guess(header)[0]?.[0];

describe('the guess of what a column is', () => {
  it.each([
    ['Инвентарный номер', 'attributes.inventoryNumber'],
    ['Инв. №', 'attributes.inventoryNumber'],
    ['инв.№', 'attributes.inventoryNumber'],
    ['ИНВЕНТАРНЫЙ\u00a0НОМЕР *', 'attributes.inventoryNumber'],
    ['Номер инвентарный', 'attributes.inventoryNumber'],
    ['Инвентраный номер', 'attributes.inventoryNumber'],
    ['Asset tag', 'attributes.inventoryNumber'],
    ['inventoryNumber', 'attributes.inventoryNumber'],
    ['S/N', 'attributes.serialNumber'],
    ['Зав. №', 'attributes.serialNumber'],
    ['Серийный  номер:', 'attributes.serialNumber'],
    ['Serial No.', 'attributes.serialNumber'],
    ['Мощность, кВт', 'attributes.power'],
    ['Мощность (КВТ)', 'attributes.power'],
    ['Мощьность', 'attributes.power'],
    ['Подача [м3/час]', 'attributes.flow'],
    ['Характеристики / Мощность, кВт', 'attributes.power'],
    ['Ввод в экспл.', 'attributes.commissionedOn'],
    ['Дата поверки до', 'attributes.verifiedUntil'],
    ['Кто обслуживает', 'attributes.supportTeam'],
    ['Местоположение', 'attributes.site'],
    ['Место установки', 'attributes.site'],
    ['МОЛ', 'attributes.owner'],
    ['Ответственный', 'attributes.owner'],
    ['Балансодержатель', 'attributes.organisation'],
    ['Наименование оборудования', 'name'],
    ['Статус', 'attributes.lifecycleState'],
    ['Код 1С', 'key'],
    ['Номер единицы в CMDB', 'id'],
    ['IP-адрес', 'lookups'],
    ['Kind of pump', 'attributes.kind'],
  ])('%s → %s', (header, target) => {
    expect(targetOf(header)).toBe(target);
  });

  it.each(['№ п/п', 'Цвет', 'Номер', 'Дата', '', '   ', '!!!', 'x'.repeat(500)])('is none for "%s"', (header) => {
    expect(targetOf(header)).toBeUndefined();
  });

  it('is surer of what the model says than of usual words, and of those than of a slip of the pen', () => {
    const [[, exact], [, usual]] = guess('Серийный номер', 'Ответственный') as [[string, number], [string, number]];
    const [[, slip]] = guess('Серийный нмоер') as [[string, number]];
    expect(exact).toBe(1);
    expect(usual).toBeLessThan(1);
    expect(slip).toBeLessThan(usual);
    expect(slip).toBeGreaterThanOrEqual(0.6);
  });

  it('never gives a target twice: the surer column has it, and of equals the first', () => {
    expect(guess('Зав. номер', 'Серийный номер', 'S/N').map(([target]) => target)).toEqual([undefined, 'attributes.serialNumber', undefined]);
    expect(guess('S/N', 'S/N').map(([target]) => target)).toEqual(['attributes.serialNumber', undefined]);
    const [, second] = guessMapping(columns('S/N', 'S/N'), pumpClass);
    expect(second?.reason).toEqual({
      ru: 'это значение уже берётся из столбца A «S/N»',
      en: 'this value is already taken from column A "S/N"',
    });
  });

  it('keeps off a column in another unit and says so', () => {
    const [watts] = guessMapping(columns('Мощность, Вт'), pumpClass);
    expect(watts?.target).toBeUndefined();
    expect(watts?.reason.ru).toMatch(/единица измерения кВт, а в заголовке «вт»/);
  });

  it.each(['Мощность, kW', 'Мощность, кВт.', 'Подача, куб.м/час', 'Подача (m³/h)'])('knows a unit in both languages: %s', (header) => {
    expect(targetOf(header)).toBeDefined();
  });

  it('leaves to a person what may be two things', () => {
    const [number] = guessMapping(columns('Номер'), pumpClass);
    expect(number).toMatchObject({ confidence: 0 });
    expect(number?.reason.en).toMatch(/may be "Inventory number" or "Serial number"|too little like/);
  });

  it('prefers an attribute of the class to what every item has', () => {
    const withLocation = {
      ...pumpClass,
      attributes: new Map([...pumpClass.attributes, ['location', { type: 'text' as const, label: { ru: 'Адрес', en: 'Address' } }]]),
    };
    expect(guessMapping(columns('Местоположение'), withLocation)[0]?.target).toEqual({ attribute: 'location' });
  });
});

describe('a mapping that a person settled', () => {
  const sheet = columns('Имя', 'Мощность', 'S/N');

  it('is told all that is wrong with it', () => {
    const faults = checkMapping(
      [
        { column: 0, target: { own: 'name' } },
        { column: 1, target: { own: 'name' } },
        { column: 2, target: { attribute: 'colour' } },
        { column: 7, target: { own: 'key' } },
      ],
      sheet,
      pumpClass,
      'Лист1',
    );
    expect(faults.map(({ code, place }) => [code, place.column])).toEqual([
      ['same_target', 'B'],
      ['no_such_attribute', 'C'],
      ['no_such_column', undefined],
    ]);
    expect(faults[0]?.what.ru).toBe('«Наименование» уже берётся из столбца A.');
  });

  it('is nothing wrong when it is the guess', () => {
    const guessed = settleGuess(guessMapping(sheet, pumpClass));
    expect(guessed).toHaveLength(3);
    expect(checkMapping(guessed, sheet, pumpClass, 'Лист1')).toEqual([]);
    expect(tellMissing(guessed, pumpClass, 'Лист1')).toEqual([]);
    expect(tellMissing([], pumpClass, 'Лист1').map(({ what }) => what.en)).toEqual(['no column gives "Name", which every new item needs.']);
  });
});
