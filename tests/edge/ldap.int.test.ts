import { readFileSync } from 'node:fs';
import { describeWithSlapd } from '../engines/describe-with.ts';
import { type EdgeHub, startHub } from './start-hub.ts';
import { type Slapd, startSlapd } from './start-slapd.ts';

const person = (uid: string, more = '') => `
dn: uid=${uid},ou=people,dc=test
objectClass: inetOrgPerson
uid: ${uid}
cn:: ${Buffer.from(`Человек ${uid}`).toString('base64')}
sn: ${uid}
mail: ${uid}@example.org
userPassword: right-${uid}
${more}`;

const entries = `dn: dc=test
objectClass: dcObject
objectClass: organization
dc: test
o: test

dn: ou=people,dc=test
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=test
objectClass: organizationalUnit
ou: groups
${person('ivan')}${person('olga')}${person('gone', 'employeeType: disabled\n')}${person('robot')}
dn: cn=Help Desk (1st),ou=groups,dc=test
objectClass: groupOfNames
cn: Help Desk (1st)
member: uid=ivan,ou=people,dc=test
`;

describeWithSlapd('signing in by a real LDAP server', (program) => {
  let hub: EdgeHub;
  let slapd: Slapd;
  const settings = (ldap: object, more: object = {}) => ({
    name: 'corp-ldap',
    titleEn: 'Corporate directory',
    titleRu: 'Корпоративный каталог',
    enabled: true,
    createsAccounts: true,
    groupRoles: [{ group: 'CN=Help Desk (1st),ou=groups,dc=test', role: 'agent' }],
    ldap: {
      url: slapd.url,
      base: 'ou=people,dc=test',
      filter: '(&(objectClass=person)(uid={login})(!(employeeType=disabled)))',
      bindDn: 'cn=search,dc=test',
      bindPasswordVariable: 'OPORA_SIGN_IN_LDAP',
      groupBase: 'ou=groups,dc=test',
      groupFilter: '(&(objectClass=groupOfNames)(member={dn}))',
      timeoutSeconds: 1,
      ...ldap,
    },
    ...more,
  });
  const put = async (version: number, ldap: object, more: object = {}) => {
    const answer = await hub.api.send('PUT', '/api/v1/sign-in/providers/corp-ldap', JSON.stringify({ provider: settings(ldap, more) }), {
      'content-type': 'application/json',
      'if-match': `"${version}"`,
    });
    expect(answer).toMatchObject({ status: 200 });
  };
  const signIn = (login: string, password: string) =>
    hub.api.as('').post<{ detail: string; me: Record<string, unknown> }>('/api/v1/sessions', { login, password });

  beforeAll(async () => {
    [hub, slapd] = await Promise.all([startHub([], { OPORA_SIGN_IN_LDAP: 'search' }), startSlapd(program, entries)]);
    expect(await hub.api.post('/api/v1/sign-in/providers', settings({}))).toMatchObject({ status: 201 });
  });
  afterAll(async () => {
    await slapd?.stop();
    await hub?.stop();
  });

  it('makes an account at the first time, with name, address and the roles of its groups', async () => {
    const { status, body } = await signIn('Ivan', 'right-ivan');
    expect([status, body.me]).toEqual([
      201,
      expect.objectContaining({ login: 'ivan', name: 'Человек ivan', email: 'ivan@example.org', roles: ['agent'] }),
    ]);
    expect((await signIn('ivan', 'right-ivan')).body.me).toMatchObject({ id: body.me['id'] });
    expect((await signIn('olga', 'right-olga')).body.me).toMatchObject({ roles: ['requester'] });
  });

  it.each([
    ['a wrong password', 'ivan', 'wrong'],
    ['an unknown login', 'nobody', 'right-ivan'],
    ['somebody who is disabled there', 'gone', 'right-gone'],
    ['every login at once', '*', 'right-ivan'],
    ['a login that would be a filter', 'ivan)(uid=*', 'right-ivan'],
    ['a login that would end the filter', 'ivan))(|(uid=*', 'right-ivan'],
    ['the password of another', 'ivan', 'right-olga'],
  ])('lets nobody in for %s, in the words that every failure has', async (_, login, password) => {
    expect(await signIn(login, password)).toMatchObject({ status: 401, body: { detail: 'The login or the password is wrong.' } });
  });

  it('never binds without a password, which every LDAP server lets in as nobody', async () => {
    expect((await signIn('ivan', '')).status).toBe(422);
    expect((await signIn('ivan', '\0')).status).not.toBe(201);
  });

  it('lets nobody in whose account is not active here, or belongs to somebody else', async () => {
    const { body } = await signIn('olga', 'right-olga');
    const { headers } = await hub.api.get(`/api/v1/accounts/${body.me['id']}`);
    await hub.api.patch(`/api/v1/accounts/${body.me['id']}`, { active: false }, { 'if-match': headers.get('etag') ?? '' });
    expect((await signIn('olga', 'right-olga')).status).toBe(403);
    await hub.newAccount('robot', ['integration']);
    expect(await signIn('robot', 'right-robot')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('ask an administrator to tie it') },
    });
  });

  it('never asks for whoever has a password here', async () => {
    await hub.newAccount('local', ['requester'], 'a password of our own');
    slapd.freeze();
    expect((await signIn('local', 'a password of our own')).status).toBe(201);
    expect((await signIn('local', 'wrong')).status).toBe(401);
    slapd.goOn();
  });

  it('says in time that a server is slow, and counts that as nobody’s failure', async () => {
    slapd.freeze();
    const begun = Date.now();
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 4 }, () => signIn('ivan', 'right-ivan')));
      expect(answers.map(({ status, body }) => [status, body.detail])).toEqual(
        Array(4).fill([503, 'Corporate directory does not answer. Try again later.']),
      );
    }
    expect(Date.now() - begun).toBeLessThan(20_000);
    slapd.goOn();
    expect((await signIn('ivan', 'right-ivan')).status).toBe(201);
  });

  it('is encrypted by StartTLS, and refuses a server whose certificate nobody vouches for', async () => {
    const trustedCertificates = readFileSync('platform/rpc/fixtures/tls/ca.pem', 'utf8');
    await put(1, { startTls: true, trustedCertificates, timeoutSeconds: 5 });
    expect((await signIn('ivan', 'right-ivan')).status).toBe(201);
    await put(2, { startTls: true, timeoutSeconds: 5 });
    expect((await signIn('ivan', 'right-ivan')).status).toBe(503);
  });

  it('tells when the server, the password of the search or the base is wrong', async () => {
    await put(3, { bindPasswordVariable: 'OPORA_SIGN_IN_NOWHERE' });
    expect((await signIn('ivan', 'right-ivan')).body.detail).toContain('without OPORA_SIGN_IN_NOWHERE');
    await put(4, { base: 'ou=nowhere,dc=test' });
    expect((await signIn('ivan', 'right-ivan')).status).toBe(503);
    await put(5, {}, { enabled: false });
    expect((await signIn('ivan', 'right-ivan')).status).toBe(401);
    await put(6, {});
    await slapd.stop();
    expect((await signIn('ivan', 'right-ivan')).status).toBe(503);
  });

  it.each([
    ['passwords in the clear', { url: 'ldap://dc1.example.org' }, '/ldap/url'],
    ['a filter that asks for nobody', { filter: '(uid=admin)' }, '/ldap/filter'],
    ['a search without its password', { bindPasswordVariable: undefined }, '/ldap/bindPasswordVariable'],
  ])('cannot be set up with %s', async (_, ldap, pointer) => {
    const { status, body } = await hub.api.post('/api/v1/sign-in/providers', settings(ldap, { name: 'bad' }));
    expect([status, (body['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([422, pointer]);
  });
});
