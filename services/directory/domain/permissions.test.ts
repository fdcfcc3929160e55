import { covers, narrow } from './permissions.ts';

describe('the permissions of a token', () => {
  it('are those of its account when it has no scopes', () => {
    expect(narrow(['tickets.read', 'cmdb.read'], [])).toEqual(['tickets.read', 'cmdb.read']);
  });

  it('are its scopes when the account may do everything', () => {
    expect(narrow(['*'], ['monitoring.ingest'])).toEqual(['monitoring.ingest']);
  });

  it('never go beyond those of its account', () => {
    expect(narrow(['tickets.read'], ['tickets.read', 'directory.manage'])).toEqual(['tickets.read']);
    expect(narrow(['tickets.read'], ['*'])).toEqual([]);
  });
});

describe('giving permissions away', () => {
  it('is possible for what one has', () => {
    expect(covers(['tickets.read', 'cmdb.read'], ['cmdb.read'])).toBe(true);
    expect(covers(['*'], ['*', 'cmdb.read'])).toBe(true);
  });

  it('is not possible for more', () => {
    expect(covers(['directory.manage'], ['*'])).toBe(false);
    expect(covers(['tickets.read'], ['tickets.read', 'cmdb.write'])).toBe(false);
  });
});
