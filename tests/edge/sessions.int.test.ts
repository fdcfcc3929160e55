import { eventually } from '../mesh/api.ts';
import { adminPassword, type EdgeHub, startHub } from './start-hub.ts';

let hub: EdgeHub;

beforeAll(async () => {
  hub = await startHub([]);
});
afterAll(() => hub.stop());

function signIn(login: string, password: string, headers: Record<string, string> = {}) {
  return hub.api.as('').post<{ me: object }>('/api/v1/sessions', { login, password }, headers);
}

/** What a browser would send back. */
async function signedIn(): Promise<string> {
  const { headers } = await signIn('admin', adminPassword);
  return headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

const own = () => ({ origin: hub.url, 'sec-fetch-site': 'same-origin' });

describe('signing in', () => {
  it('sets a cookie that no script and no other site can use', async () => {
    const answer = await signIn('admin', adminPassword);
    expect(answer).toMatchObject({ status: 201, body: { me: { login: 'admin', permissions: ['*'] } } });
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^opora_session=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/)]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('is refused in the same way for a wrong password and an unknown login', async () => {
    const [wrong, unknown] = [await signIn('admin', 'wrong'), await signIn('no-such-login', 'wrong')];
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.body).toMatchObject({ type: '/problems/unauthenticated', detail: 'The login or the password is wrong.' });
    expect(unknown.body).toMatchObject({ detail: 'The login or the password is wrong.' });
  });

  it('names all that is missing', async () => {
    const { status, body } = await hub.api.as('').post('/api/v1/sessions', { colour: 'red' });
    expect(status).toBe(422);
    expect((body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual(['/colour', '/login', '/password']);
  });

  it('from the page of another site is refused', async () => {
    expect((await signIn('admin', adminPassword, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await signIn('admin', adminPassword, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is slowed down for the one login that was guessed at, and for no other', async () => {
    await hub.newAccount('guessed', ['requester'], 'the right password');
    const statuses: number[] = [];
    for (let times = 0; times < 11; times++) statuses.push((await signIn('Guessed', `guess ${times}`)).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    const late = await signIn('guessed', 'the right password');
    expect([late.status, Number(late.headers.get('retry-after')) > 30]).toEqual([429, true]);
    expect((await signIn('admin', adminPassword)).status).toBe(201);
  });

  it('does not count successes', async () => {
    for (let times = 0; times < 12; times++) expect((await signIn('admin', adminPassword)).status).toBe(201);
  });
});

describe('a session', () => {
  it('reads, and changes what our own pages ask for', async () => {
    const cookie = await signedIn();
    expect((await hub.api.as('').get('/api/v1/me', { cookie: `other=1; ${cookie}` })).body).toMatchObject({ login: 'admin' });
    const made = await hub.api.as('').post('/api/v1/accounts', { login: 'by-cookie', name: 'x' }, { cookie, ...own() });
    expect(made.status).toBe(201);
    const byOrigin = await hub.api.as('').post('/api/v1/accounts', { login: 'by-origin', name: 'x' }, { cookie, origin: hub.url });
    expect(byOrigin.status).toBe(201);
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a neighbouring host', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'http://127.0.0.1:1' }],
    ['no page at all', {}],
    ['a sandboxed frame', { origin: 'null' }],
  ])('changes nothing for %s', async (_, headers) => {
    const cookie = await signedIn();
    const answer = await hub.api.as('').post('/api/v1/accounts', { login: `forged-${Math.random()}`, name: 'x' }, { cookie, ...headers });
    expect(answer).toMatchObject({ status: 403, body: { type: '/problems/not_allowed' } });
  });

  it('ends when its owner signs out, for every copy of the cookie', async () => {
    const cookie = await signedIn();
    const out = await hub.api.as('').send('DELETE', '/api/v1/sessions/current', undefined, { cookie, ...own() });
    expect([out.status, out.headers.getSetCookie()[0]]).toEqual([204, expect.stringMatching(/^opora_session=; Path=\/; Expires=Thu, 01 Jan 1970/)]);
    expect((await hub.api.as('').get('/api/v1/me', { cookie })).status).toBe(401);
  });

  it('ends when the account gets a new password', async () => {
    const { id } = await hub.newAccount('renewed', ['requester'], 'the old password');
    const { headers } = await signIn('renewed', 'the old password');
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect((await hub.api.as('').get('/api/v1/me', { cookie })).status).toBe(200);
    await hub.api.patch(`/api/v1/accounts/${id}`, { password: 'the new password' }, { 'if-match': '"1"' });
    await eventually(async () => (await hub.api.as('').get('/api/v1/me', { cookie })).status === 401, { within: 1_000, every: 10 });
  });

  it('is not a token, and a token is not a session', async () => {
    const cookie = await signedIn();
    expect((await hub.api.as(cookie.split('=')[1] ?? '').get('/api/v1/me')).status).toBe(401);
  });
});
