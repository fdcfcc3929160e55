import type { AttributeDefinition, IdentifierEntry } from '../model/model.ts';

/** How a value is read, and what it is worth: see `normalise` and `isNumberOfTheThing`. */
export type Kind =
  | 'serial'
  | 'imei'
  | 'vin'
  | 'uuid'
  | 'mac'
  | 'inventory'
  | 'maker'
  | 'plate'
  | 'phone'
  | 'ip'
  | 'mail'
  | 'address'
  | 'place'
  | 'name'
  | 'text';

// The first that has one of the words wins: `macAddress` is a MAC, `managementIp` an IP, `inventoryNumber` an inventory number.
const kindsByWord: readonly [Kind, readonly string[]][] = [
  ['imei', ['imei', 'imeis']],
  ['vin', ['vin']],
  ['uuid', ['uuid', 'uuids', 'guid']],
  ['mac', ['mac', 'macs']],
  ['serial', ['serial', 'serials', 'factory', 'iccid']],
  ['inventory', ['inventory', 'asset']],
  ['ip', ['ip', 'ips']],
  ['mail', ['mail', 'email']],
  ['phone', ['phone', 'telephone', 'extension', 'msisdn']],
  ['plate', ['plate', 'registration']],
  ['maker', ['manufacturer', 'vendor', 'maker', 'brand']],
  ['place', ['site', 'building', 'room', 'location', 'place', 'point', 'position', 'slot', 'rack', 'port']],
  ['address', ['address']],
  ['name', ['name', 'hostname', 'fqdn', 'lookups']],
];

/**
 * What kind of value an attribute of an entry holds: by its type where that says it (an `item` is where the thing stands, not the thing), then by the
 * words of its name (`serialNumber`, `biosUuid`), then by those of the scheme, so that a custom class may call its serial number as it likes.
 */
export function kindOf(attribute: string, scheme: string, definition?: Pick<AttributeDefinition, 'type'>): Kind {
  if (definition?.type === 'item') return 'place';
  if (definition?.type === 'mac' || definition?.type === 'ip' || definition?.type === 'mail') return definition.type;
  return kindByWords(attribute) ?? kindByWords(scheme) ?? 'text';
}

function kindByWords(name: string): Kind | undefined {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');
  return kindsByWord.find(([, known]) => known.some((word) => words.includes(word)))?.[0];
}

const ofTheThing: readonly Kind[] = ['serial', 'imei', 'vin', 'uuid', 'mac', 'inventory'];

/**
 * Whether an entry tells the thing itself (a number it was made with or that is stuck on it) and not what it is called or where it stands: names,
 * addresses, plates and places are given again to the next thing. A class's own text counts when nothing else is in the entry.
 */
export function isNumberOfTheThing(entry: Pick<IdentifierEntry, 'withinHost'>, kinds: readonly Kind[]): boolean {
  if (entry.withinHost !== undefined) return false;
  return kinds.some((kind) => ofTheThing.includes(kind)) || kinds.every((kind) => kind === 'text');
}

/** Whether an entry tells where a thing stands: a position, which the next thing takes over with all that is tied to it. */
export function isPlaceOfTheThing(entry: Pick<IdentifierEntry, 'withinHost'>, kinds: readonly Kind[]): boolean {
  return entry.withinHost !== undefined || kinds.some((kind) => kind === 'place' || kind === 'address' || kind === 'ip' || kind === 'phone');
}
