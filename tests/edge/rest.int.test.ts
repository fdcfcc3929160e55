import { type Api, eventually } from '../mesh/api.ts';
import { type EdgeHub, startHub } from './start-hub.ts';

interface Ticket {
  id: string;
  number: string;
  version: number;
  subject: string;
  form?: unknown;
}
interface Page {
  items: Ticket[];
  next?: string;
}

let hub: EdgeHub;
let api: Api;
let serial = 0;

beforeAll(async () => {
  hub = await startHub(['tickets']);
  api = hub.api;
});
afterAll(() => hub.stop());

const newTicket = (more: object = {}) => api.post<Ticket>('/api/v1/tickets', { type: 'incident', subject: `test ${++serial}`, ...more });

describe('a resource', () => {
  it('that is made answers 201 with where it stands and the whole of it', async () => {
    const made = await newTicket({ form: { serial: 'A-17', parts: [1, 2, { deep: null }] } });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/api/v1/tickets/${made.body.id}`);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.body).toMatchObject({ version: 1, form: { serial: 'A-17', parts: [1, 2, { deep: null }] } });
    const read = await api.get<Ticket>(`/api/v1/tickets/${made.body.number}`);
    expect(read.body).toEqual(made.body);
  });

  it('that the reader knows already is not sent again', async () => {
    const { body } = await newTicket();
    const again = await api.get(`/api/v1/tickets/${body.id}`, { 'if-none-match': '"1"' });
    expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', '"1"']);
    expect((await api.get(`/api/v1/tickets/${body.id}`, { 'if-none-match': '"2"' })).status).toBe(200);
  });

  it('is changed only at the version that was read', async () => {
    const { id } = (await newTicket()).body;
    const path = `/api/v1/tickets/${id}`;
    expect(await api.patch(path, { subject: 'x' })).toMatchObject({ status: 428, body: { type: '/problems/precondition_required' } });
    expect(await api.patch(path, { subject: 'x' }, { 'if-match': '*' })).toMatchObject({ status: 400, body: { type: '/problems/malformed' } });
    const changed = await api.patch<Ticket>(path, { subject: 'changed' }, { 'if-match': '"1"' });
    expect([changed.status, changed.body.subject, changed.headers.get('etag')]).toEqual([200, 'changed', '"2"']);
    expect(await api.patch(path, { subject: 'lost' }, { 'if-match': '"1"' })).toMatchObject({
      status: 412,
      body: { type: '/problems/precondition_failed' },
    });
    expect((await api.get<Ticket>(path)).body.subject).toBe('changed');
  });

  it('has one winner when two change it at the same moment', async () => {
    const { id } = (await newTicket()).body;
    const both = await Promise.all(['a', 'b'].map((subject) => api.patch(`/api/v1/tickets/${id}`, { subject }, { 'if-match': '"1"' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('cannot be reached by a method that it does not have', async () => {
    const answer = await api.send('PUT', '/api/v1/tickets', '{}');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, expect.stringContaining('POST')]);
  });
});

describe('an idempotency key', () => {
  const asked = { type: 'request', subject: 'once' };

  it('gives the first answer again, and says so', async () => {
    const first = await api.post<Ticket>('/api/v1/tickets', asked, { 'idempotency-key': 'k-1' });
    const second = await api.post<Ticket>('/api/v1/tickets', asked, { 'idempotency-key': 'k-1' });
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    expect([second.status, second.headers.get('idempotent-replayed'), second.headers.get('location')]).toEqual([
      201,
      'true',
      first.headers.get('location'),
    ]);
    expect(second.body).toEqual(first.body);
  });

  it('has one effect however many come at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => api.post<Ticket>('/api/v1/tickets', asked, { 'idempotency-key': 'k-2' })));
    expect(new Set(all.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  });

  it('with another body is refused with 422', async () => {
    await api.post('/api/v1/tickets', asked, { 'idempotency-key': 'k-3' });
    const other = await api.post('/api/v1/tickets', { ...asked, subject: 'another' }, { 'idempotency-key': 'k-3' });
    expect(other).toMatchObject({ status: 422, body: { type: '/problems/invalid_input' } });
  });

  it('belongs to whoever sent it', async () => {
    const other = await hub.newAccount('key-sharer', ['agent']);
    const mine = await api.post<Ticket>('/api/v1/tickets', asked, { 'idempotency-key': 'k-4' });
    const theirs = await other.api.post<Ticket>('/api/v1/tickets', asked, { 'idempotency-key': 'k-4' });
    expect(theirs.status).toBe(201);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });
});

describe('a list', () => {
  it('is read page by page, each once', async () => {
    const made = new Set<string>();
    for (let count = 0; count < 7; count++) made.add((await newTicket({ type: 'problem' })).body.id);
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page: { body: Page } = await api.get<Page>(`/api/v1/tickets?type=problem&limit=3${next === undefined ? '' : `&after=${next}`}`);
      seen.push(...page.body.items.map(({ id }) => id));
      next = page.body.next;
    } while (next !== undefined);
    expect(seen).toHaveLength(7);
    expect(new Set(seen)).toEqual(made);
  });

  it('refuses what it does not know, all of it at once', async () => {
    const { status, body } = await api.get<{ errors: { pointer: string }[] }>('/api/v1/tickets?limit=0&sort=name&colour=red&type=bug');
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }) => pointer).sort()).toEqual(['/colour', '/limit', '/sort', '/type']);
  });
});

describe('who asks', () => {
  it('must show a token that is good', async () => {
    for (const token of ['', 'wrong', 'opora_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA']) {
      const { status, headers, body } = await api.as(token).get('/api/v1/me');
      expect([status, headers.get('www-authenticate'), body['type']]).toEqual([401, 'Bearer realm="opora"', '/problems/unauthenticated']);
    }
    const basic = await api.as('').get('/api/v1/me', { authorization: 'Basic eDp5' });
    expect(basic.status).toBe(401);
  });

  it('may do what the roles say and no more', async () => {
    const requester = await hub.newAccount('requester-1', ['requester']);
    expect((await requester.api.get('/api/v1/me')).body).toMatchObject({ login: 'requester-1', permissions: ['tickets.create', 'tickets.read_own'] });
    expect(await requester.api.get('/api/v1/accounts')).toMatchObject({ status: 403, body: { type: '/problems/not_allowed' } });
    const { id } = (await newTicket()).body;
    expect((await requester.api.get(`/api/v1/tickets/${id}`)).status).toBe(404);
  });

  it('is forgotten at once when the token is revoked', async () => {
    const token = (await api.post<{ id: string; secret: string }>('/api/v1/tokens', { name: 'short' })).body;
    const other = api.as(token.secret);
    expect((await other.get('/api/v1/me')).status).toBe(200);
    expect((await api.send('DELETE', `/api/v1/tokens/${token.id}`, undefined)).status).toBe(204);
    await eventually(async () => (await other.get('/api/v1/me')).status === 401, { within: 1_000, every: 10 });
  });

  it('has new rights at once when the roles change', async () => {
    const person = await hub.newAccount('promoted', ['requester']);
    expect((await person.api.get('/api/v1/accounts')).status).toBe(403);
    await api.patch(`/api/v1/accounts/${person.id}`, { roles: ['agent'] }, { 'if-match': '"1"' });
    await eventually(async () => (await person.api.get('/api/v1/accounts')).status === 200, { within: 1_000, every: 10 });
    expect((await person.api.get('/api/v1/me')).body['roles']).toEqual(['agent']);
  });

  it('stands in the log with the trace, and the token does not', async () => {
    const { headers } = await api.get('/api/v1/me');
    const line = await eventually(async () => hub.log.find((one) => one['traceId'] === headers.get('x-trace-id') && one['path'] === '/api/v1/me'));
    expect(line).toMatchObject({ level: 'info', service: 'gateway', status: 200, principal: expect.any(String) });
    expect(JSON.stringify(hub.log)).not.toMatch(/opora_[\w-]{20}|token-of-the-test/);
  });
});

describe('what the hub says of itself', () => {
  it('is alive and ready, part by part', async () => {
    expect((await api.as('').get('/healthz')).body).toEqual({ status: 'alive' });
    expect(await api.as('').get('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', parts: { tickets: { ready: true }, directory: { ready: true }, gateway: { ready: true }, postgres: { ready: true } } },
    });
  });

  it('is measured', async () => {
    const { body, headers } = await api.as('').get('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(body).toContain('opora_http_seconds_bucket');
  });

  it('is described, with the doors that are no calls', async () => {
    const openapi = (await api.as('').get<{ openapi: string; paths: object }>('/api/openapi.json')).body;
    expect(openapi.openapi).toMatch(/^3\.1/);
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(['/api/v1/tickets', '/api/v1/tickets/{id}', '/api/v1/sessions', '/ingest/{source}', '/api/v1/stream']),
    );
    expect((await api.as('').get('/api/asyncapi.json')).body).toMatchObject({ asyncapi: expect.stringMatching(/^3/) });
  });

  it('can be read by people, in Russian and English, with nothing from other hosts', async () => {
    for (const path of ['/', '/problems', '/problems/not_found', '/api/docs']) {
      const russian = await api.as('').get<string>(path, { 'accept-language': 'ru-RU,ru;q=0.9,en;q=0.8' });
      const english = await api.as('').get<string>(path, { 'accept-language': 'de,en;q=0.5' });
      expect([russian.status, english.status]).toEqual([200, 200]);
      expect([/<html lang="(..)">/.exec(russian.body)?.[1], /<html lang="(..)">/.exec(english.body)?.[1]]).toEqual(['ru', 'en']);
      expect(russian.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(russian.headers.get('content-security-policy')).toContain("script-src 'self'");
    }
    for (const file of ['start.js', 'swagger-ui.css', 'swagger-ui-bundle.js']) expect((await api.as('').get(`/api/docs/${file}`)).status).toBe(200);
    expect((await api.as('').get('/api/docs/package.json')).status).toBe(404);
  });
});
