import fc from 'fast-check';
import { isAccountOf, isCorrespondentAccountOf } from './bank-account.ts';
import { checkLegalEntity } from './check-legal-entity.ts';
import { isInn, isKpp, isOgrn } from './tax-numbers.ts';

/** Every other digit at every place. */
const mistyped = (number: string) =>
  [...number].flatMap((digit, place) =>
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
      .filter((other) => other !== digit)
      .map((other) => number.slice(0, place) + other + number.slice(place + 1)),
  );
const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));

describe('numbers of legal entities', () => {
  it('are those that the state gave: a bank, a telecom, the tax service, a person in business', () => {
    expect(['7707083893', '7728168971', '7702070139', '7707329152', '500100732259'].filter((inn) => !isInn(inn))).toEqual([]);
    expect(['1027700132195', '1027700067328', '1027739609391', '1047707030513', '304500116000157'].filter((ogrn) => !isOgrn(ogrn))).toEqual([]);
    expect(['773601001', '997950001', '7736AB001'].filter((kpp) => !isKpp(kpp))).toEqual([]);
  });

  it('are refused with nearly every single mistake, and with another length', () => {
    for (const inn of ['7707083893', '500100732259']) {
      // Modulo 11, then 10: a remainder of 10 hides a few of them.
      expect(mistyped(inn).filter(isInn).length).toBeLessThan(mistyped(inn).length / 20);
      expect([inn.slice(1), `${inn}0`, '', ' ', `${inn.slice(0, -1)}x`].filter(isInn)).toEqual([]);
    }
    expect(mistyped('1027700132195').filter(isOgrn).length).toBeLessThan(10);
    expect(['773601', '77360100a', '7736ab001', '003601001', ''].filter(isKpp)).toEqual([]);
  });

  it('have exactly one control digit for what stands before it', () => {
    const all = (body: string) => [...'0123456789'].map((digit) => body + digit);
    fc.assert(fc.property(digits(9), (body) => all(body).filter(isInn).length === 1));
    fc.assert(fc.property(digits(12), (body) => all(body).filter(isOgrn).length === 1));
    fc.assert(fc.property(digits(14), (body) => all(body).filter(isOgrn).length === 1));
  });
});

describe('bank accounts', () => {
  it('have the key of the examples of the rules of the Bank of Russia', () => {
    expect(isAccountOf('40602810700000000025', '049805746')).toBe(true);
    expect(isCorrespondentAccountOf('30101810800000000746', '049805000')).toBe(true);
  });

  it('fit banks that exist, their own accounts, and the treasury', () => {
    const banks = [
      ['30101810400000000225', '044525225'],
      ['30101810200000000593', '044525593'],
      ['30101810145250000974', '044525974'],
    ] as const;
    expect(banks.filter(([account, bik]) => !isCorrespondentAccountOf(account, bik))).toEqual([]);
    expect(isAccountOf('40101810045250010041', '044525000')).toBe(true);
    expect(isAccountOf('40102810445370000059', '017003983')).toBe(true);
    expect(isAccountOf('03100643000000018500', '017003983')).toBe(true);
  });

  it('are refused with any single mistake', () => {
    const account = '40602810700000000025';
    expect(mistyped(account).filter((other) => isAccountOf(other, '049805746'))).toEqual([]);
    expect(isAccountOf(account, '044525593')).toBe(false);
  });
});

describe('a legal entity', () => {
  const base = {
    id: '',
    name: 'x',
    organizationId: '',
    active: true,
    externalReferences: [],
    bankAccounts: [],
    version: 1,
    createdAt: '',
    updatedAt: '',
  };

  it('is told all that is wrong at once', () => {
    const bankAccounts = [{ bik: '044525593', account: '40602810700000000025', correspondentAccount: '30101810400000000226' }];
    const pointers = checkLegalEntity({ ...base, inn: '7707083894', kpp: '003601001', ogrn: '1027700132190', bankAccounts }).map(
      ({ pointer }) => pointer,
    );
    expect(pointers).toEqual(['/inn', '/kpp', '/ogrn', '/bankAccounts/0/account', '/bankAccounts/0/correspondentAccount']);
  });

  it('is either a company or a person in business', () => {
    expect(checkLegalEntity({ ...base, inn: '7707083893', kpp: '773601001', ogrn: '1027700132195' })).toEqual([]);
    expect(checkLegalEntity({ ...base, inn: '500100732259', ogrn: '304500116000157' })).toEqual([]);
    const mixed = checkLegalEntity({ ...base, inn: '500100732259', kpp: '773601001', ogrn: '1027700132195' });
    expect(mixed.map(({ pointer }) => pointer)).toEqual(['/kpp', '/ogrn']);
  });
});
