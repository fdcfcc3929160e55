import type { LegalEntity } from '../../../../generated/opora/directory/v1/organizations.ts';
import type { FieldViolation } from '../../../../platform/errors/app-error.ts';
import { isAccountOf, isCorrespondentAccountOf } from './bank-account.ts';
import { isInn, isKpp, isOgrn } from './tax-numbers.ts';

/** What is wrong with the numbers of a legal entity, by themselves and beside each other. */
export function checkLegalEntity({ inn, kpp, ogrn, bankAccounts }: LegalEntity): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (inn !== undefined && !isInn(inn)) violations.push({ pointer: '/inn', message: 'its control digits do not fit: look for a mistyped digit' });
  if (kpp !== undefined && !isKpp(kpp))
    violations.push({ pointer: '/kpp', message: 'is no reason code: 4 digits, 2 digits or capital letters, 3 digits' });
  if (ogrn !== undefined && !isOgrn(ogrn))
    violations.push({ pointer: '/ogrn', message: 'its control digit does not fit: look for a mistyped digit' });
  if (inn?.length === 12 && kpp !== undefined)
    violations.push({ pointer: '/kpp', message: 'a person in business (12 digits of INN) has none: leave it out' });
  if (inn !== undefined && ogrn !== undefined && (inn.length === 12) !== (ogrn.length === 15)) {
    violations.push({ pointer: '/ogrn', message: 'has 13 digits beside an INN of 10, and 15 beside one of 12' });
  }
  for (const [index, { bik, account, correspondentAccount }] of bankAccounts.entries()) {
    const pointer = `/bankAccounts/${index}`;
    if (!isAccountOf(account, bik))
      violations.push({ pointer: `${pointer}/account`, message: `its key does not fit the bank ${bik}: look for a mistyped digit` });
    if (correspondentAccount !== undefined && !isCorrespondentAccountOf(correspondentAccount, bik)) {
      violations.push({ pointer: `${pointer}/correspondentAccount`, message: `its key does not fit the bank ${bik}: look for a mistyped digit` });
    }
  }
  return violations;
}
