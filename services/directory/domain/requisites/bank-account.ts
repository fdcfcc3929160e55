import { weigh } from './control-digits.ts';

const weights = [7, 1, 3];

/**
 * Whether the key digit of an account fits the bank (БИК). The digits of the bank's three and of the account's twenty, weighed by 7, 1, 3 in turn, add up
 * to a multiple of ten. The bank's three are the last ones of its number; of the Bank of Russia's own offices, and of the treasury, 0 and the fifth and
 * sixth (order of the Bank of Russia of 8 September 1997, No. 515). Of an account that begins with 0, which the treasury keeps itself, no key is published.
 */
export function isAccountOf(account: string, bik: string): boolean {
  if (!bik.startsWith('04') && account.startsWith('0')) return /^\d{20}$/.test(account);
  const isKeyedByRegion = !bik.startsWith('04') || /00\d$/.test(bik);
  return isKeyed(account, isKeyedByRegion ? `0${bik.slice(4, 6)}` : bik.slice(6));
}

/** The same for the account that a bank itself has with the Bank of Russia. */
export function isCorrespondentAccountOf(account: string, bik: string): boolean {
  return isKeyed(account, `0${bik.slice(4, 6)}`);
}

function isKeyed(account: string, bank: string): boolean {
  return /^\d{20}$/.test(account) && /^\d{3}$/.test(bank) && weigh(`${bank}${account}`, weights) % 10 === 0;
}
