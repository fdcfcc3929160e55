import { weigh } from './control-digits.ts';

const tenth = [2, 4, 10, 3, 5, 9, 4, 6, 8];
const eleventh = [7, ...tenth];
const twelfth = [3, ...eleventh];

/**
 * Whether the control digits of a Russian taxpayer number (ИНН) are right: 10 digits of a company, 12 of a person. The digit is the weighed sum
 * of those before it, modulo 11, modulo 10 (order of the Federal Tax Service ММВ-7-6/435, appendix 1).
 */
export function isInn(inn: string): boolean {
  const control = (weights: readonly number[]) => String((weigh(inn.slice(0, weights.length), weights) % 11) % 10);
  if (/^\d{10}$/.test(inn)) return inn[9] === control(tenth);
  return /^\d{12}$/.test(inn) && inn[10] === control(eleventh) && inn[11] === control(twelfth);
}

/** Whether it can be a reason code (КПП): four digits of the tax office, two digits or letters of the reason, three digits. It has no control digit. */
export function isKpp(kpp: string): boolean {
  return /^\d{4}[\dA-Z]{2}\d{3}$/.test(kpp) && kpp.slice(0, 2) !== '00';
}

/**
 * Whether the control digit of a registration number is right: 13 digits of a company (ОГРН), 15 of a person in business (ОГРНИП). It is the last
 * digit of the remainder of the number before it by 11, or by 13 (order of the Ministry of Finance 165н).
 */
export function isOgrn(ogrn: string): boolean {
  if (!/^(?:\d{13}|\d{15})$/.test(ogrn)) return false;
  // Fourteen digits are exact as a number.
  const number = Number(ogrn.slice(0, -1));
  return ogrn.at(-1) === String((number % (ogrn.length === 13 ? 11 : 13)) % 10);
}
