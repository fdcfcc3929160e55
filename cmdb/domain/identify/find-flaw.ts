import type { Kind } from './kind-of.ts';
import { checkDigit } from './normalise.ts';

/** What is wrong with a value that looks as if it meant something. */
export type Flaw = 'check_digit' | 'length' | 'characters' | 'form' | 'too_short' | 'too_long' | 'damaged' | 'group_address' | 'local_address';

/** Longer than any number or address of a thing; an index row of PostgreSQL holds 2 700 bytes. */
const mostCharacters = 400;

/** Why a value, as `normalise` gives it, cannot tell any thing; undefined when it can. */
export function findFlaw(kind: Kind, value: string): Flaw | undefined {
  if (value.length > mostCharacters) return 'too_long';
  switch (kind) {
    case 'imei':
      return findFlawOfImei(value);
    case 'vin':
      if (isDamaged(value)) return 'damaged';
      if (value.length !== 17) return 'length';
      return /^[a-hj-npr-z0-9]{17}$/.test(value) ? undefined : 'characters'; // ISO 3779: no I, O, Q
    case 'uuid':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? undefined : 'form';
    case 'mac':
      return findFlawOfMac(value);
    case 'serial':
      if (isDamaged(value)) return 'damaged';
      return value.length < 3 ? 'too_short' : undefined;
    case 'inventory':
      return isDamaged(value) ? 'damaged' : undefined;
    case 'phone':
      return value.length < 2 ? 'too_short' : undefined;
    case 'maker':
    case 'plate':
    case 'ip':
    case 'mail':
    case 'address':
    case 'place':
    case 'name':
    case 'text':
      return undefined;
  }
}

/** A spreadsheet took the number for a quantity and rounded it: 8.66104E+14. */
function isDamaged(value: string): boolean {
  return /^\d[.,]?\d*e\+?\d{1,3}$/.test(value) && /[.,+]/.test(value);
}

/** 3GPP TS 23.003: 14 digits and their Luhn digit. */
function findFlawOfImei(value: string): Flaw | undefined {
  if (!/^\d+$/.test(value)) return /^\d[.,]?\d*e\+?\d{1,3}$/.test(value) ? 'damaged' : 'characters';
  if (value.length !== 15) return 'length';
  return checkDigit(value.slice(0, 14)) === Number(value[14]) ? undefined : 'check_digit';
}

/** IEEE 802: a group address is nobody's, a local one was made up by software; QEMU's 52:54:00 is the exception that whole clouds live with. */
function findFlawOfMac(value: string): Flaw | undefined {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?:(?::[0-9a-f]{2}){2})?$/.test(value)) return 'form';
  const first = Number.parseInt(value.slice(0, 2), 16);
  if (value.length === 17 && first % 2 === 1) return 'group_address';
  return value.length === 17 && first & 2 && !value.startsWith('52:54:00:') ? 'local_address' : undefined;
}
