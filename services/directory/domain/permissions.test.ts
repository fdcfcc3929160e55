import { covers, type Grant, narrow, unite } from './permissions.ts';

const may = (...permissions: string[]) => ({ permissions, grants: [] });
const reading = (where: Grant['where']): Grant => ({ permission: 'cmdb.read', where });
const north = reading({ site: ['N1', 'N2'] });

describe('the rights of a token', () => {
  it('are those of its account when it has no scopes', () => {
    expect(narrow(may('tickets.read', 'cmdb.read'), [])).toEqual(may('tickets.read', 'cmdb.read'));
    expect(narrow({ permissions: ['tickets.read'], grants: [north] }, [])).toEqual({ permissions: ['tickets.read'], grants: [north] });
  });

  it('are its scopes when the account may do everything', () => {
    expect(narrow(may('*'), ['monitoring.ingest'])).toEqual(may('monitoring.ingest'));
  });

  it('never go beyond those of its account', () => {
    expect(narrow(may('tickets.read'), ['tickets.read', 'directory.manage'])).toEqual(may('tickets.read'));
    expect(narrow(may('tickets.read'), ['*'])).toEqual(may());
    expect(narrow({ permissions: ['tickets.read'], grants: [north] }, ['cmdb.read'])).toEqual({ permissions: [], grants: [north] });
    expect(narrow({ permissions: ['tickets.read'], grants: [north] }, ['tickets.read'])).toEqual(may('tickets.read'));
  });

  it('name no object beside what holds for all of them', () => {
    expect(narrow({ permissions: ['*'], grants: [north] }, [])).toEqual(may('*'));
    expect(narrow({ permissions: ['cmdb.read'], grants: [north] }, ['cmdb.read'])).toEqual(may('cmdb.read'));
  });
});

describe('giving rights away', () => {
  const own = { permissions: ['directory.manage'], grants: [north, reading({ class: ['server'], organisation: ['A'] })] };
  const canGive = (...grants: Grant[]) => covers(own, { permissions: [], grants });

  it('is possible for what one has', () => {
    expect(covers(may('tickets.read', 'cmdb.read'), may('cmdb.read'))).toBe(true);
    expect(covers(may('*'), may('*', 'cmdb.read'))).toBe(true);
    expect(covers(may('cmdb.read'), { permissions: [], grants: [north] })).toBe(true);
  });

  it('is not possible for more', () => {
    expect(covers(may('directory.manage'), may('*'))).toBe(false);
    expect(covers(may('tickets.read'), may('tickets.read', 'cmdb.write'))).toBe(false);
    expect(covers(own, may('cmdb.read'))).toBe(false);
  });

  it.each<[string, Grant['where'], boolean]>([
    ['the same', { site: ['N1', 'N2'] }, true],
    ['fewer sites', { site: ['N2'] }, true],
    ['one site more', { site: ['N1', 'S1'] }, false],
    ['another condition besides', { site: ['N1'], class: ['pump'] }, true],
    ['one condition less', { class: ['server'] }, false],
    ['one condition of two, with another value', { class: ['server'], organisation: ['B'] }, false],
    ['both conditions', { class: ['server'], organisation: ['A'], site: ['S9'] }, true],
    ['nothing that is named', {}, false],
  ])('of some objects: %s', (_, where, isPossible) => expect(canGive(reading(where))).toBe(isPossible));

  it('is about the same permission', () => expect(canGive({ ...north, permission: 'cmdb.write' })).toBe(false));
});

describe('the rights of several roles', () => {
  it('add up, each told once', () => {
    expect(unite([may('a', 'b'), { permissions: ['b'], grants: [north] }, { permissions: [], grants: [north] }])).toEqual({
      permissions: ['a', 'b'],
      grants: [north],
    });
  });
});
