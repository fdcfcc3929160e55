import fc from 'fast-check';
import type { AttributeDefinition, IdentifierEntry } from '../model/model.ts';
import { type Found, nothingFound } from './found.ts';
import { identify } from './identify.ts';
import { toIdentifierKey } from './list-identifiers.ts';
import { normalise } from './normalise.ts';
import { isPlaceholder } from './placeholders.ts';

const label = { ru: 'Номер', en: 'Number' };
const entries: IdentifierEntry[] = [
  { scheme: 'serial', attributes: ['serialNumber'], label },
  { scheme: 'bios_uuid', attributes: ['biosUuid'], label },
  { scheme: 'imei', attributes: ['imei'], label },
  { scheme: 'mac', attributes: ['mac'], label },
  { scheme: 'inventory', attributes: ['inventoryNumber'], label },
  { scheme: 'hostname', attributes: ['name'], label },
];
const kinds = { serialNumber: 'serial', biosUuid: 'uuid', imei: 'imei', mac: 'mac', inventoryNumber: 'inventory' } as const;
const model = {
  classes: new Map([['server', { abstract: false, identifiers: entries, attributes: new Map<string, AttributeDefinition>() }]]),
  isA: (name: string, ancestor: string) => name === ancestor,
};

const known =
  'To be filled by O.E.M.|TO BE FILLED BY O.E.M|Default string|System Serial Number|None|N/A|n\\a|б/н|Б.Н.|нет|Не указан|отсутствует|Not Specified|0|0000000|00:00:00:00:00:00|' +
  'ffffffff-ffff-ffff-ffff-ffffffffffff|03000200-0400-0500-0006-000700080009|00020003-0004-0005-0006-000700080009|XXXXXXXXXX|----|***|?|без номера|0123456789|123456789';
const placeholder = fc.oneof(
  fc.constantFrom(...known.split('|')),
  fc.tuple(fc.constantFrom(...'0fFxX-.*#'), fc.integer({ min: 6, max: 20 })).map(([character, times]) => character.repeat(times)),
);
const spoilt = fc
  .tuple(placeholder, fc.constantFrom('', ' ', '  '), fc.boolean(), fc.constantFrom('', '.', ' .'))
  .map(([text, blanks, upper, end]) => `${blanks}${upper ? text.toUpperCase() : text}${blanks}${end}`);

it('no record is ever matched by a placeholder, even when an item has it', () => {
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  const attributes = fc.dictionary(fc.constantFrom(...names), spoilt, { minKeys: 1 });
  const withAdapter = fc
    .tuple(attributes, fc.constantFrom('20:41:53:59:4E:FF', '24-b6-20-52-41-53', '0050.56C0.0008'))
    .map(([values, mac]) => ({ ...values, mac }));
  fc.assert(
    fc.property(fc.oneof(attributes, withAdapter), (values) => {
      const identifiers = Object.entries(values).map(([name, value]) => ({
        scheme: entries.find((entry) => entry.attributes.includes(name))?.scheme ?? '',
        value: normalise(kinds[name as keyof typeof kinds], value),
      }));
      const link = { source: 'netbox', key: 'n', seen: 'before' as const, identifiers };
      const item = { id: 'A', class: 'server', name: 'a', retired: false, links: [link] };
      const found: Found = {
        ...nothingFound,
        claims: new Map(identifiers.map((identifier) => [toIdentifierKey(identifier), ['A']])),
        items: new Map([['A', item]]),
      };
      const outcome = identify({ source: 'agent', key: 'k', class: 'server', name: 'localhost', attributes: values }, model, found);
      expect(outcome).toMatchObject({ kind: 'created', because: 'nothing_found', identifiers: { claimed: [], shared: [] } });
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['serial', 'CZJ3010X7K'],
  ['serial', 'TEST-1234-A'],
  ['serial', '1000000'],
  ['serial', '00001111'],
  ['inventory', '111'],
  ['inventory', '12345'],
  ['text', 'test'],
  ['text', 'default'],
  ['name', 'db-1'],
  ['name', '1111'],
  ['place', '0'],
  ['phone', '1111'],
  ['mac', '00:50:56:aa:00:01'],
  ['uuid', '4c4c4544-0042-3510-8052-b3c04f4b4e32'],
  ['maker', 'HP'],
] as const)('as %s, %s is a value', (kind, text) => {
  expect(isPlaceholder(kind, text, normalise(kind, text))).toBe(false);
});
