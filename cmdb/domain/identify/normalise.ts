import type { Kind } from './kind-of.ts';
import { unifyLookAlikes } from './look-alikes.ts';
import { normalisePostalAddress } from './postal-address.ts';
import { untilSettled } from './until-settled.ts';

/**
 * A value as it is compared: two writings of the same thing give one text. Doing it twice changes nothing. Whether the text can tell a thing at all is
 * for `findFlaw` and `isPlaceholder`.
 */
export function normalise(kind: Kind, text: string): string {
  const once = read(kind, fold(text));
  // Latin letters and digits are what they are at the first reading; an address or a company may have words within words.
  return isPlain(text) && kind !== 'address' && kind !== 'maker' ? once : untilSettled(once, (some) => read(kind, fold(some)));
}

function read(kind: Kind, folded: string): string {
  switch (kind) {
    case 'serial':
      return toCode(folded);
    case 'inventory':
      return dropZeros(toCode(folded));
    case 'imei':
      return toImei(toCode(folded));
    case 'vin':
      return toVin(toCode(folded));
    case 'plate':
      return toCode(folded).replace(/(?<=\d)rus$/, '');
    case 'uuid':
      return toUuid(folded);
    case 'mac':
      return toMac(folded);
    case 'phone':
      return toPhone(folded);
    case 'address':
      return normalisePostalAddress(folded);
    case 'maker':
      return toMaker(folded);
    case 'name':
    case 'place':
      return toName(folded);
    case 'ip':
    case 'mail':
    case 'text':
      return folded;
  }
}

/** Letter case, kinds of blanks, dashes and quotes, wide and joined letters, the dots over ё and the sign № make no difference to anybody. */
function fold(text: string): string {
  if (isPlain(text)) return text.toLowerCase().replace(/["'`]/g, '').replace(/ +/g, ' ').trim();
  return text
    .replace(/№/g, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/["'`«»„“”‘’]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

const labels =
  /^(?:(?:s\/?n|serial(?:no|number)?|imei|vin)[.#]*:|(?:зав(?:одской)?|сер(?:ийный)?|инв(?:ентарный)?)(?:номер)?[.:]+(?:номер[.:]*)?|#)+/;

/**
 * What a spreadsheet puts before the number ("S/N: 123", "зав. № 123", "инв.: 123") goes, but only with its colon or dot: SN123 is a number. Slashes and
 * dots within stay: they keep apart the two numbers of 12/3 and 1/23.
 */
function toCode(folded: string): string {
  return unifyLookAlikes(folded.replace(/[\s-]/g, '')).replace(labels, '');
}

/** Spreadsheets drop the zeros in front; within one series of inventory numbers 000123 and 123 are one. */
function dropZeros(code: string): string {
  return /^\d+$/.test(code) ? code.replace(/^0+(?=\d)/, '') : code;
}

/** IMEISV (3GPP TS 23.003, 6.2.2) has the version of the software in place of the check digit. */
function toImei(code: string): string {
  const digits = /^[\d./]+$/.test(code) ? code.replace(/\D/g, '') : code;
  if (!/^\d{16}$/.test(digits)) return digits;
  const body = digits.slice(0, 14);
  return `${body}${checkDigit(body)}`;
}

/** The Luhn digit that belongs behind these digits. */
export function checkDigit(digits: string): number {
  const sum = Array.from(digits, Number)
    .reverse()
    .reduce((total, digit, index) => total + (index % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0);
  return (10 - (sum % 10)) % 10;
}

/** ISO 3779 has no I and no O, because they look like 1 and 0: who writes them means those. Q could be either 0 or 9 and stays wrong. */
function toVin(code: string): string {
  return code.length === 17 ? code.replaceAll('o', '0').replaceAll('i', '1') : code;
}

/**
 * SMBIOS 2.6 and later keep the first three groups with their bytes turned round; some tools turn them back and some do not, and VMware's own API
 * gives the other order than a guest of an older virtual hardware sees. So the smaller of the two orders stands for both.
 */
function toUuid(folded: string): string {
  const hex = folded.replace(/^(?:urn:)?(?:uuid:|vmware-)?/, '').replace(/[{}()\s.-]/g, '');
  if (!/^[0-9a-f]{32}$/.test(hex)) return folded;
  const turned = [6, 4, 2, 0, 10, 8, 14, 12].map((at) => hex.slice(at, at + 2)).join('') + hex.slice(16);
  const [first = hex] = [hex, turned].sort();
  return `${first.slice(0, 8)}-${first.slice(8, 12)}-${first.slice(12, 16)}-${first.slice(16, 20)}-${first.slice(20)}`;
}

function toMac(folded: string): string {
  const hex = folded.replace(/[\s:.-]/g, '');
  return /^(?:[0-9a-f]{12}|[0-9a-f]{16})$/.test(hex) ? hex.replace(/(..)(?=.)/g, '$1:') : folded;
}

/** A Russian number is written with 8, +7 or neither; a short one is an extension. */
function toPhone(folded: string): string {
  const digits = folded.replace(/\D/g, '');
  if (digits.length === 11) return digits.replace(/^8/, '7');
  return digits.length === 10 ? `7${digits}` : digits;
}

const companyForms =
  /\b(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|gmbh|ag|sa|plc|enterprise)\b|(?<![а-я])(?:ооо|оао|зао|пао|ао)(?![а-я])/g;
const makers = new Map([
  ['hewlett packard', 'hp'],
  ['hewlettpackard', 'hp'],
  ['hpe', 'hp'],
  ['dell emc', 'dell'],
  ['international business machines', 'ibm'],
  ['huawei technologies', 'huawei'],
  ['cisco systems', 'cisco'],
  ['lenovo group', 'lenovo'],
]);

function toMaker(folded: string): string {
  const words = folded
    .replace(companyForms, ' ')
    .replace(/[\s.,&()-]+/g, ' ')
    .trim();
  return makers.get(words) ?? words.split(' ').map(unifyLookAlikes).join(' ');
}

function toName(folded: string): string {
  return folded
    .replace(/\s*,\s*/g, ', ')
    .replace(/[.,\s]+$/, '')
    .split(' ')
    .map(unifyLookAlikes)
    .join(' ');
}
