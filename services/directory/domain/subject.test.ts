import { readSubject, rolesOf } from './subject.ts';

const fields = { login: 'preferred_username', name: 'name', email: 'email', groups: 'realm_access.roles', person: undefined };

describe('somebody as a provider knows them', () => {
  it('is read out of claims, nested ones too', () => {
    const claims = { preferred_username: ' ivan ', name: 'Иван', realm_access: { roles: ['agent', 7] } };
    expect(readSubject('s-1', claims, fields)).toEqual({ subject: 's-1', login: 'ivan', name: 'Иван', groups: ['agent'] });
    expect(readSubject('s-1', { 'realm_access.roles': 'agent', name: '' }, fields)).toEqual({ subject: 's-1', groups: ['agent'] });
    expect(readSubject('s\0', { name: 'a\0\nb' }, fields)).toEqual({ subject: 's', name: 'a  b', groups: [] });
    expect(readSubject('s-1', {}, { ...fields, login: '__proto__.name', groups: 'constructor' })).toEqual({ subject: 's-1', groups: [] });
  });

  it('has the roles of their groups, and those of everybody', () => {
    const rules = {
      roles: ['requester'],
      groupRoles: [
        { group: 'CN=Help,DC=x', role: 'agent' },
        { group: 'other', role: 'administrator' },
      ],
    };
    expect(rolesOf(['cn=help,dc=x'], rules)).toEqual(['requester', 'agent']);
    expect(rolesOf([], { roles: [], groupRoles: rules.groupRoles })).toEqual([]);
  });
});
