import fc from 'fast-check';
import { fillFilter } from './ldap-filter.ts';

describe('a filter of LDAP', () => {
  it('takes a value as nothing but a value', () => {
    expect(fillFilter('(&(objectClass=person)(uid={login}))', { login: 'i.petrova' })).toBe('(&(objectClass=person)(uid=i\\2epetrova))');
    expect(fillFilter('(uid={login})', { login: '*)(uid=admin' })).toBe('(uid=\\2a\\29\\28uid\\3dadmin)');
    expect(fillFilter('(uid={login})', { login: 'ё\0' })).toBe('(uid=\\d1\\91\\00)');
    expect(fillFilter('(uid={login})(x={other}{constructor})', { login: '{other}' })).toBe('(uid=\\7bother\\7d)(x={other}{constructor})');
  });

  it('gives back exactly the value when it is read as RFC 4515 says, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = fillFilter('{login}', { login: value });
        expect(text).toMatch(/^(?:[A-Za-z0-9]|\\[0-9a-f]{2})*$/);
        const bytes = [...text.matchAll(/\\([0-9a-f]{2})|(.)/g)].map(([, hex, plain]) =>
          hex === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(hex, 16),
        );
        expect(Buffer.from(bytes).toString()).toBe(Buffer.from(value).toString());
      }),
    );
  });
});
