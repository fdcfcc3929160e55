import fc from 'fast-check';
import { findFlaw } from './find-flaw.ts';
import { isNumberOfTheThing, isPlaceOfTheThing, type Kind, kindOf } from './kind-of.ts';
import { normalise } from './normalise.ts';

const kinds: Kind[] = [
  'serial',
  'imei',
  'vin',
  'uuid',
  'mac',
  'inventory',
  'maker',
  'plate',
  'phone',
  'ip',
  'mail',
  'address',
  'place',
  'name',
  'text',
];

/** What people and machines write, piece by piece. */
const writing = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'г. ул. д. корп. к 3 стр. с лит. А пр-т Мира Ленина 8 Марта 12а 12к3 450001 Россия РФ пер наб ш п х , . - – № / ( ) " «'.split(' '),
      ),
      fc.constantFrom(
        'S/N:',
        's-n:',
        'зав. №',
        'зaв.',
        'сер.',
        'cep.',
        'инв:',
        'VMware-',
        'urn:uuid:',
        '0x',
        'İ',
        'ß',
        'Ё',
        'ё',
        'ﬁ',
        'Ｓ',
        '½',
        ' ',
        '\u00a0',
        '\u00ad',
        '\u200b',
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefАВСабвxXоO-: '), maxLength: 20 }),
    ),
    { maxLength: 12 },
  )
  .chain((pieces) => fc.constantFrom('', ' ', ', ').map((glue) => pieces.join(glue)));

describe('a value as it is compared', () => {
  it.each<[Kind, string, string]>([
    ['serial', ' czj-3010 X7K ', 'CZJ3010X7K'],
    ['serial', 'S/N: PF3ABC12', 'pf3abc12'],
    ['serial', 'зав. № 004/17', '004/17'],
    ['serial', 'Заводской номер: КМ-15', 'KM15'],
    ['serial', 'ХТЕ', 'XTE'],
    ['serial', 'CBM-15Д', 'СВМ15д'],
    ['serial', 'ＡＢＣ１２３', 'abc123'],
    ['inventory', '000 000 123', '123'],
    ['inventory', 'БП-000123', 'бп000123'],
    ['imei', '86-610402-969000-8', '866104029690008'],
    ['imei', '3520990017614801', '352099001761481'],
    ['vin', 'хта 219010 к 0512345', 'XTA219010K0512345'],
    ['vin', 'XTA2190I0KO512345', 'XTA219010K0512345'],
    ['plate', 'А 123 ВС 102 RUS', 'a123bc102'],
    ['uuid', '{81300242-1B33-E158-2730-CA560789E551}', '42023081-331b-58e1-2730-ca560789e551'],
    ['uuid', 'VMware-42 02 30 81 33 1b 58 e1-27 30 ca 56 07 89 e5 51', '42023081-331b-58e1-2730-ca560789e551'],
    ['uuid', '42 02 30 81 33 1b 58 e1-27 30 ca 56 07 89 e5 51', '42023081331b58e12730ca560789e551'],
    ['mac', '001B.6384.45E6', '00-1b-63-84-45-e6'],
    ['maker', 'Hewlett-Packard Company', 'HP Inc.'],
    ['maker', 'Dell Inc.', 'DELL'],
    ['maker', 'ООО «Аквариус»', 'Аквариус'],
    ['phone', '8 (347) 200-11-01', '+7 347 2001101'],
    ['phone', '347 200 11 01', '+73472001101'],
    ['name', 'Насос  № 1', 'насос №1'],
    ['name', 'Нaсoс Н-1', 'насос h–1'],
    ['name', 'учёт «ТЭЦ»', 'Учет "ТЭЦ"'],
    ['name', 'db-1.corp.example.', 'DB-1.corp.example'],
    ['address', '450001, г. Уфа, ул. Ленина, д. 12, корп. 3', 'Уфа, Ленина ул., 12к3'],
    ['address', 'г.Уфа,ул.8 Марта,д.12А', 'Уфа, улица 8 Марта, дом 12 а'],
    ['address', 'г Уфа ул Ленина д 12 стр 1', 'Уфа г., Ленина ул., 12с1'],
    ['address', 'Россия, обл. Самарская, с. Красный Яр, пер. Садовый, 4', 'Самарская обл, село Красный Яр, Садовый переулок, д.4'],
    ['address', 'Уфа, проспект Октября, 8, литера А', 'г. Уфа, Октября пр-т, д. 8, лит. А'],
    ['address', 'г. Уфа, ул. 50 лет Октября, 3/1', 'Уфа, 50 лет Октября, дом 3/1'],
  ])('as %s: %s is %s', (kind, one, other) => {
    expect(normalise(kind, one)).toBe(normalise(kind, other));
  });

  it.each<[Kind, string, string]>([
    ['serial', '0123', '123'],
    ['serial', '12/3', '1/23'],
    ['serial', 'SN12345', '12345'],
    ['name', 'db-1', 'db1'],
    ['name', 'db-1', 'db-1.corp.example'],
    ['vin', 'XTA219010K0512345', 'XTA219010K0512346'],
    ['address', 'Уфа, ул. Мира, 5', 'Уфа, пр-т Мира, 5'],
    ['address', 'Уфа, ул. Мира, 5, корп. 1', 'Уфа, ул. Мира, 5, стр. 1'],
    ['address', 'Уфа, ул. Мира, 5', 'Уфа, ул. Мира, 5а'],
    ['address', 'с. Ивановка, ул. Мира, 5', 'дер. Ивановка, ул. Мира, 5'],
    ['inventory', 'БП-000123', '000123'],
    ['maker', 'Kyocera', 'Pantum'],
  ])('as %s: %s is not %s', (kind, one, other) => {
    expect(normalise(kind, one)).not.toBe(normalise(kind, other));
  });

  it.each(kinds)('as %s is the same when it is made again', (kind) => {
    fc.assert(
      fc.property(writing, (text) => {
        const once = normalise(kind, text);
        expect(normalise(kind, once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });

  it('as a UUID does not depend on the order of the bytes of its first three groups', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const [a = '', b = '', c = '', ...rest] = uuid.split('-');
        const turn = (hex: string) => (hex.match(/../g) ?? []).reverse().join('');
        expect(normalise('uuid', [turn(a), turn(b), turn(c), ...rest].join('-').toUpperCase())).toBe(normalise('uuid', uuid));
      }),
    );
  });
});

describe('a flaw', () => {
  it.each<[Kind, string, ReturnType<typeof findFlaw>]>([
    ['imei', '866104029690008', undefined],
    ['imei', '866104029690009', 'check_digit'],
    ['imei', '8661040296900', 'length'],
    ['imei', 'A1000049D4F1C2', 'characters'],
    ['imei', '8.66104E+14', 'damaged'],
    ['vin', 'XTA219010K0512345', undefined],
    ['vin', 'XTA21901QK0512345', 'characters'],
    ['vin', 'ЖТА219010К0512345', 'characters'],
    ['vin', 'XTA219', 'length'],
    ['mac', '00:1b:63:84:45:e6', undefined],
    ['mac', '52:54:00:12:34:56', undefined],
    ['mac', 'fe:54:00:12:34:56', 'local_address'],
    ['mac', '33:33:00:00:00:01', 'group_address'],
    ['mac', '00:1b', 'form'],
    ['uuid', 'not set', 'form'],
    ['serial', '7,00123E+11', 'damaged'],
    ['serial', '12E5', undefined],
    ['serial', 'A1', 'too_short'],
    ['serial', 'x'.repeat(500), 'too_long'],
  ])('of %s %s: %s', (kind, text, flaw) => {
    expect(findFlaw(kind, normalise(kind, text))).toBe(flaw);
  });
});

describe('the kind of a value', () => {
  it.each([
    ['macAddresses', 'x', undefined, 'mac'],
    ['managementIp', 'x', undefined, 'ip'],
    ['biosUuid', 'x', undefined, 'uuid'],
    ['inventoryNumber', 'x', undefined, 'inventory'],
    ['registrationNumber', 'x', undefined, 'plate'],
    ['number', 'meter_serial', undefined, 'serial'],
    ['number', 'contract', undefined, 'text'],
    ['owner', 'vin', { type: 'item' as const }, 'place'],
    ['anything', 'x', { type: 'mac' as const }, 'mac'],
  ])('of %s in the scheme %s with the definition %p is %s', (attribute, scheme, definition, kind) => {
    expect(kindOf(attribute, scheme, definition)).toBe(kind);
  });
});

describe('what an entry tells', () => {
  it.each<[Kind[], boolean, boolean]>([
    [['serial', 'maker'], true, false],
    [['inventory', 'place'], true, true],
    [['name'], false, false],
    [['name', 'address'], false, true],
    [['text'], true, false],
    [['name', 'text'], false, false],
    [['ip'], false, true],
  ])('by %p: the thing itself %p, its place %p', (of, thing, place) => {
    expect([isNumberOfTheThing({}, of), isPlaceOfTheThing({}, of)]).toEqual([thing, place]);
  });

  it('within a host is a place there, whatever it is called', () => {
    expect(isNumberOfTheThing({ withinHost: 'part_of' }, ['serial'])).toBe(false);
    expect(isPlaceOfTheThing({ withinHost: 'part_of' }, ['name'])).toBe(true);
  });
});
