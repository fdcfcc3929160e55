import { isAppError } from '../errors/app-error.ts';
import { translateServerError } from './server-error.ts';

describe('an answer of PostgreSQL', () => {
  const translate = (code: string) => translateServerError(Object.assign(new Error('as PostgreSQL says it'), { code }));

  it('that will be another one later is `unavailable`, and says when a full disk is the reason', () => {
    for (const code of ['53100', '53300', '57P01', '57P03', '08006', 'ECONNREFUSED']) expect(isAppError(translate(code), 'unavailable')).toBe(true);
    expect(translate('53100')).toMatchObject({ message: expect.stringContaining('no room left on its disk'), retryAfterSeconds: 10 });
    expect(translate('57P03')).toMatchObject({ message: expect.not.stringContaining('disk') });
  });

  it('to a lost race is a `conflict`', () => {
    for (const code of ['OP001', '40001', '40P01', '23505']) expect(isAppError(translate(code), 'conflict')).toBe(true);
  });

  it('to a mistake of ours stays as it is', () => {
    expect(translate('42P01')).toMatchObject({ code: '42P01' });
    expect(isAppError(translate('42P01'))).toBe(false);
  });
});
