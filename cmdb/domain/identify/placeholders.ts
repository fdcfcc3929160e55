import type { Kind } from './kind-of.ts';
import { normalise } from './normalise.ts';

/** What factories, installers and people write where they have nothing to write, as `bare` gives it. The first lines also stand in the lists that GLPI and FusionInventory refuse. */
const words = new Set(
  `to be filled by o.e.m.|to be filled by oem|filled by oem|o.e.m.|default string|system serial number|systemserialnumb|chassis serial number|oem serial
oem chassis serial number|base board serial number|board serial number|serial number|system product name|system manufacturer|system uuid|asset tag|no asset tag
no asset information|not specified|not applicable|not available|not present|not settable|not defined|not set|undefined|unknown|unknow|unspecified|invalid|none|null
null string|nil|empty|blank|n/a|s/n|sn|eval|iatpass|mb-1234567890|sys-1234567890|sys-9876543210|sn-12345|sn-1234567890|123456789000|tbd
б/н|без номера|без №|без инвентарного номера|нет|нет данных|нет номера|нет информации|не указан|не указано|не указана|не задан|не задано|не определен|не определено
не известно|неизвестно|неизвестен|неизв|отсутствует|отсутств|отсут|пусто|прочерк|н/д|н/у|не присвоен|не присвоено|не читается|стерт|уточнить|уточняется`
    .split(/[|\n]/)
    .map(bare),
);

const codes: ReadonlySet<Kind> = new Set(['serial', 'inventory', 'imei', 'vin', 'uuid', 'mac']);

/** Real words elsewhere (an environment is called test, a namespace default), but no numbers. */
const noNumbers = /^(?:test|тест|default|demo|serial|number|номер|без(?:инв|зав|сер|номер|no).*)$/;

/** What a device is called before anybody gave it a name. */
const factoryNames = new Set(
  `localhost localhost.localdomain localhost6 localdomain host hostname computer pc server workstation printer switch router gateway ap device linux debian ubuntu
centos raspberrypi mikrotik ubnt openwrt cisco desktop laptop notebook template vm new`.split(/\s/),
);

/** UUIDs that whole series of boards share: those that FreeBSD's hostid and GLPI refuse, and two that are seen on boards by Insyde and others. */
const clonedUuids = new Set(
  [
    '03000200-0400-0500-0006-000700080009', // AMI's, on many boards by Gigabyte and Intel
    '4c4c4544-0000-2010-8020-80c04f202020', // Dell's, made of a service tag of blanks
    '07090201-0103-0301-0807-060504030201',
    '11111111-2222-3333-4444-555555555555',
    '890e2d14-cacd-45d1-ae66-bc80e8bfeb0f',
    '8e275844-178f-44a8-aceb-a7d7e5178c63',
    'dc698397-fa54-4cf2-82c8-b1b5307a6a7f',
    '6ab5b300-538d-1014-9fb5-b0684d007b53',
    '12345678-1234-5678-90ab-cddeefaabbcc',
    '00010203-0405-0607-0809-0a0b0c0d0e0f',
  ].map((uuid) => normalise('uuid', uuid)),
);

/** Addresses of adapters that are software, the same on every machine: VPN clients, RAS, host-only networks of VMware. */
const sharedMacs =
  /^(?:20:41:53:59:4e:ff|..:..:20:52:41:53|50:50:54:50:30:30|00:50:56:c0:00:0[0-9a-f]|00:05:9a:3c:7[8a]:00|00:09:0f:(?:fe|aa):00:01|00:a0:c6:00:00:00)$/;

/** Whether a value says no more than that there is none, or is known to be on many things. `text` is as it came, `value` as `normalise` gives it. */
export function isPlaceholder(kind: Kind, text: string, value: string): boolean {
  if (value === '' || isEmptyWord(kind, squeeze(text)) || isEmptyWord(kind, squeeze(value))) return true;
  switch (kind) {
    case 'uuid':
      // "…-ffff-ffff-ffff-ffffffffffff": only the time of its making was filled in.
      return clonedUuids.has(value) || /^(..)(?:-?\1)+$/.test(value) || /-ffff-ffff-ffff-f{12}$/.test(value);
    case 'mac':
      return sharedMacs.test(value) || /^(..)(?::\1)+$/.test(value);
    case 'ip':
      return /^(?:0\.0\.0\.0|127\.|169\.254\.|::1?$|fe80:)/.test(value);
    case 'name':
      return factoryNames.has(value);
    case 'serial':
      return /^v?\d\.\d(?:\.\d)?$/.test(value); // a version where the number should be
    case 'imei':
    case 'vin':
    case 'inventory':
    case 'maker':
    case 'plate':
    case 'phone':
    case 'mail':
    case 'address':
    case 'place':
    case 'text':
      return false;
  }
}

function isEmptyWord(kind: Kind, squeezed: string): boolean {
  if (squeezed === '' || words.has(squeezed.replace(/[/\\]/g, '')) || isFiller(kind, squeezed)) return true;
  if (!codes.has(kind)) return false;
  // Some makers write the UUID into the serial number too.
  return noNumbers.test(squeezed) || (squeezed.length === 32 && clonedUuids.has(normalise('uuid', squeezed)));
}

/** One character again and again, or counting up. Short ones are real where people number things themselves: inventory number 111, room 1234. */
function isFiller(kind: Kind, squeezed: string): boolean {
  const isGiven = kind === 'inventory' || kind === 'name' || kind === 'place' || kind === 'phone' || kind === 'text';
  if (/^0+$/.test(squeezed) && kind !== 'name' && kind !== 'place') return true;
  if (!/[\p{L}\p{N}]/u.test(squeezed)) return true;
  const characters = Array.from(squeezed);
  if (characters.length < (isGiven ? 6 : 3)) return false;
  if (characters.every((character) => character === characters[0])) return true;
  return (
    characters.length >= (isGiven ? 9 : 5) &&
    characters.every((digit, at) => /\d/.test(digit) && (at === 0 || Number(digit) === (Number(characters[at - 1]) + 1) % 10))
  );
}

/** Without blanks, dots, dashes, quotes and brackets. */
function squeeze(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().replace(/[ .,:_'"`<>(){}[\]*-]/g, '');
  const folded = text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е');
  return folded.replace(/[\s\p{C}.,:_'"«»“”`<>(){}[\]*\p{Pd}]/gu, '');
}

/** Б/Н, б.н. and бн. */
function bare(text: string): string {
  return squeeze(text).replace(/[/\\]/g, '');
}
