import { type ChildProcess, fork } from 'node:child_process';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { eventually } from '../mesh/api.ts';
import { adminPassword, type EdgeHub, findFreePort, startHub } from './start-hub.ts';

const secret = 'the secret of the client';
const audience = 'https://opora.example.org/api';

let hub: EdgeHub;
let provider: ChildProcess;
let issuer: string;
let privateKey: Parameters<SignJWT['sign']>[0];

async function makeKey(kid: string): Promise<JWK> {
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  return { ...(await exportJWK(pair.privateKey)), kid, alg: 'RS256', use: 'sig' };
}
const control = (told: object) => fetch(`${issuer}/control`, { method: 'POST', body: JSON.stringify(told) });

beforeAll(async () => {
  hub = await startHub([], { OPORA_SIGN_IN_TEST: secret });
  issuer = `http://127.0.0.1:${await findFreePort()}`;
  provider = fork(new URL('./fixtures/oidc-provider.mjs', import.meta.url), {
    env: {
      ISSUER: issuer,
      KEY: JSON.stringify(await makeKey('first')),
      CLIENT_SECRET: secret,
      REDIRECT_URI: `${hub.url}/sign-in/corp/callback`,
      LOGOUT_URI: `${hub.url}/sign-in`,
    },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    execArgv: [],
  });
  await new Promise((resolve) => provider.stdout?.once('data', resolve));
  await newProvider({});
}, 60_000);
afterAll(async () => {
  provider?.kill();
  await hub?.stop();
});

const settings = (more: object) => ({
  name: 'corp',
  titleEn: 'Corporate account',
  titleRu: 'Корпоративная учётная запись',
  enabled: true,
  createsAccounts: true,
  groupRoles: [
    { group: 'helpdesk', role: 'agent' },
    { group: 'machines', role: 'integration' },
  ],
  oidc: { issuer, clientId: 'opora', clientSecretVariable: 'OPORA_SIGN_IN_TEST', apiAudience: audience, personClaim: 'employee' },
  personSystem: 'hr',
  ...more,
});
async function newProvider(more: object) {
  const { status, body } = await hub.api.post('/api/v1/sign-in/providers', settings(more));
  expect([status, body]).toEqual([201, expect.objectContaining({ version: 1 })]);
}

/** What a browser keeps. */
class Browser {
  cookies = new Map<string, string>();
  async open(url: string): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie, 'accept-language': 'ru' } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
  /** Follows redirects up to the first address that `until` takes; gives that address. */
  async go(url: string, until: (url: string) => boolean): Promise<string> {
    for (let next = url, steps = 0; steps < 10; steps++) {
      if (until(next)) return next;
      const response = await this.open(next);
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${next} answered ${response.status}: ${await response.text()}`);
      next = new URL(location, next).href;
    }
    throw new Error('There was no end of redirects.');
  }
}
const isCallback = (url: string) => url.startsWith(`${hub.url}/sign-in/corp/callback`);
/** Begins a sign-in, changes the way to the provider, and gives the address with which the browser comes back. */
async function comeBack(browser: Browser, { query = '', change = (url: string) => url } = {}): Promise<string> {
  const begun = await browser.open(`${hub.url}/sign-in/corp${query}`);
  expect(begun.status).toBe(303);
  return browser.go(change(begun.headers.get('location') ?? ''), isCallback);
}
const me = async (browser: Browser) => (await (await browser.open(`${hub.url}/api/v1/me`)).json()) as Record<string, unknown>;

describe('signing in by a provider of OpenID Connect', () => {
  it('is offered by a button in either language', async () => {
    const page = async (language: string) => (await fetch(`${hub.url}/sign-in`, { headers: { 'accept-language': language } })).text();
    expect(await page('ru')).toContain('>Корпоративная учётная запись</a>');
    expect(await page('en')).toContain('>Corporate account</a>');
    expect(await (await fetch(`${hub.url}/sign-in/reset`)).text()).toContain('/sign-in/reset.js');
  });

  it('makes an account at the first time, with the roles of its groups, and follows them from then on', async () => {
    await control({ account: { sub: 's-1', preferred_username: 'i.petrova', name: 'Ирина Петрова', email: 'ip@example.org', groups: ['helpdesk'] } });
    const browser = new Browser();
    const back = await browser.open(await comeBack(browser, { query: '?return=%2Fapi%2Fdocs' }));
    expect([back.status, back.headers.get('location')]).toEqual([303, '/api/docs']);
    expect([...browser.cookies.keys()]).toContain('opora_session');
    const first = await me(browser);
    expect(first).toMatchObject({ login: 'i.petrova', name: 'Ирина Петрова', email: 'ip@example.org', roles: ['agent'] });
    await control({ account: { sub: 's-1', preferred_username: 'i.sidorova', name: 'Ирина Сидорова', groups: [] } });
    const later = new Browser();
    await later.open(await comeBack(later));
    expect(await me(later)).toMatchObject({ id: first['id'], login: 'i.petrova', name: 'Ирина Сидорова', roles: [] });
  });

  it('finds the person of an account by what another system calls them', async () => {
    const person = await hub.api.post<{ id: string }>('/api/v1/people', { name: 'Пётр', externalReferences: [{ system: 'hr', id: '00042' }] });
    expect(person.status).toBe(201);
    await control({ account: { sub: 's-9', preferred_username: 'petr', employee: '00042' } });
    const browser = new Browser();
    await browser.open(await comeBack(browser));
    expect(await me(browser)).toMatchObject({ login: 'petr', person: { id: person.body.id } });
  });

  it('never gives away an account that has the same login and was not tied', async () => {
    await control({ account: { sub: 's-2', preferred_username: 'admin' } });
    const browser = new Browser();
    const refused = await browser.open(await comeBack(browser));
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('ask an administrator to tie it')]);
    const { id } = await hub.newAccount('tied', ['requester']);
    await hub.api.post(`/api/v1/accounts/${id}/identities`, { provider: 'corp', subject: 's-2' });
    const after = new Browser();
    await after.open(await comeBack(after));
    expect(await me(after)).toMatchObject({ id, login: 'tied' });
  });

  it.each([
    ['another nonce', (url: string) => url.replace(/nonce=[^&]+/, 'nonce=another')],
    ['another challenge', (url: string) => url.replace(/code_challenge=[^&]+/, `code_challenge=${'a'.repeat(43)}`)],
    ['another state', (url: string) => url.replace(/state=[^&]+/, 'state=another')],
  ])('is refused for %s', async (_, change) => {
    const browser = new Browser();
    const refused = await browser.open(await comeBack(browser, { change }));
    expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('Вход не удался')]);
    expect(browser.cookies.has('opora_session')).toBe(false);
  });

  it('is refused for a code that comes twice, for a browser that did not begin it, and for what the provider refused', async () => {
    const browser = new Browser();
    const callback = await comeBack(browser);
    const copy = new Browser();
    copy.cookies = new Map(browser.cookies);
    expect((await browser.open(callback)).status).toBe(303);
    expect((await copy.open(callback)).status).toBe(401);
    expect((await new Browser().open(callback)).status).toBe(401);
    const other = new Browser();
    const state = new URL(await comeBack(other)).searchParams.get('state');
    expect((await other.open(`${hub.url}/sign-in/corp/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(issuer)}`)).status).toBe(
      401,
    );
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/%0d%0aSet-Cookie:x', '\t//evil.example', 'javascript:alert(1)'])(
    'leads nobody to %j',
    async (path) => {
      const browser = new Browser();
      const back = await browser.open(await comeBack(browser, { query: `?return=${encodeURIComponent(path)}` }));
      expect(new URL(back.headers.get('location') ?? '', hub.url).origin).toBe(hub.url);
      expect(back.headers.get('location')).toMatch(/^\/(%0d%0aSet-Cookie:x)?$/);
    },
  );

  it('ends at the provider too, when its owner signs out', async () => {
    const browser = new Browser();
    await browser.open(await comeBack(browser));
    const cookie = `opora_session=${browser.cookies.get('opora_session')}`;
    const out = await hub.api.as('').send('DELETE', '/api/v1/sessions/current', undefined, { cookie, origin: hub.url });
    expect(out.body['providerUrl']).toContain(`${issuer}/session/end?`);
    expect((await hub.api.as('').get('/api/v1/me', { cookie })).status).toBe(401);
  });

  it.each([
    ['an issuer in the clear', { personSystem: undefined, oidc: { issuer: 'http://id.example.org', clientId: 'x' } }, '/oidc/issuer'],
    [
      'ID tokens as access tokens',
      { personSystem: undefined, oidc: { issuer: 'https://id.example.org', clientId: 'x', apiAudience: 'x' } },
      '/oidc/apiAudience',
    ],
    [
      'another variable of the environment',
      { oidc: { issuer: 'https://x', clientId: 'x', clientSecretVariable: 'OPORA_DATABASE_URL' } },
      '/oidc/clientSecretVariable',
    ],
    ['a person of no system', { personSystem: undefined }, '/personSystem'],
    ['a role that does not exist', { roles: ['king'] }, '/roles/0'],
    ['no way at all', { personSystem: undefined, oidc: undefined }, ''],
  ])('cannot be set up with %s', async (_, more, pointer) => {
    const { status, body } = await hub.api.post('/api/v1/sign-in/providers', settings({ name: 'bad', ...more }));
    expect([status, (body['errors'] as { pointer: string }[])[0]?.pointer]).toEqual([422, pointer]);
  });
});

describe('an access token of a provider', () => {
  const askToken = async (resource: string) => {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`opora:${encodeURIComponent(secret)}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const status = async (token: string) => (await hub.api.as(token).get('/api/v1/me')).status;
  const signed = (claims: object, { key = privateKey, alg = 'RS256', kid = 'first' } = {}) =>
    new SignJWT({ sub: 'opora', iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
      .setProtectedHeader({ alg, kid })
      .sign(key);

  it('opens the API as the account that it is tied to, and as nobody before', async () => {
    const token = await askToken(audience);
    expect(await status(token)).toBe(401);
    const { id } = await hub.newAccount('machine', ['integration']);
    expect((await hub.api.post(`/api/v1/accounts/${id}/identities`, { provider: 'corp', subject: 'opora' })).status).toBe(204);
    expect((await hub.api.as(token).get('/api/v1/me')).body).toMatchObject({ id, login: 'machine', roles: ['integration'] });
  });

  it('is refused for another audience, issuer, time, signature or way of signing', async () => {
    expect(await status(await signed({}))).toBe(200);
    const past = Math.floor(Date.now() / 1000) - 60;
    const other = (await generateKeyPair('RS256')).privateKey;
    const body = Buffer.from(JSON.stringify({ sub: 'opora', iss: issuer, aud: audience, exp: past + 600 })).toString('base64url');
    const bad = {
      audience: await askToken('https://elsewhere.example.org'),
      'audience of ID tokens': await signed({ aud: 'opora' }),
      issuer: await signed({ iss: 'http://127.0.0.1:1' }),
      expired: await signed({ exp: past }),
      'no end': await signed({ exp: undefined }),
      'not yet': await signed({ nbf: past + 600 }),
      signature: await signed({}, { key: other }),
      none: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
      'signed with what everybody knows': await signed({}, { key: Buffer.from('first'.padEnd(32, '.')), alg: 'HS256' }),
      garbage: `${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`,
    };
    const statuses = await Promise.all(Object.entries(bad).map(async ([name, token]) => [name, await status(token)]));
    expect(Object.fromEntries(statuses)).toEqual(Object.fromEntries(Object.keys(bad).map((name) => [name, 401])));
  });

  it('is good when the provider has new keys', async () => {
    const old = await signed({ jti: 'old' });
    await control({ key: await makeKey('second') });
    const token = await signed({ jti: 'new' }, { kid: 'second' });
    await eventually(async () => (await status(token)) === 200);
    expect(await status(old)).toBe(401);
  });
});

describe('a provider that is down', () => {
  it('keeps nobody out who has a password or whose keys are known, and is told in a clear page', async () => {
    const browser = new Browser();
    const callback = await comeBack(browser);
    const token = await new SignJWT({ sub: 'opora', iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'RS256', kid: 'second' })
      .sign(privateKey);
    const gone = new Promise((resolve) => provider.once('exit', resolve));
    provider.kill();
    await gone;
    const stuck = await browser.open(callback);
    expect([stuck.status, await stuck.text()]).toEqual([503, expect.stringContaining('Corporate account does not answer')]);
    await newProvider({ name: 'unseen', titleEn: 'Unseen' });
    const unseen = await new Browser().open(`${hub.url}/sign-in/unseen`);
    expect([unseen.status, await unseen.text()]).toEqual([503, expect.stringContaining('Вернуться на страницу входа')]);
    expect((await hub.api.as(token).get('/api/v1/me')).status).toBe(200);
    expect((await hub.api.as('').post('/api/v1/sessions', { login: 'admin', password: adminPassword })).status).toBe(201);
    expect((await hub.api.get('/api/v1/sign-in/choices')).body['items']).toHaveLength(2);
  });
});
