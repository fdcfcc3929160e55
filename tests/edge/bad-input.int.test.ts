import type { Answer, Api } from '../mesh/api.ts';
import { type EdgeHub, startHub } from './start-hub.ts';

let hub: EdgeHub;
let api: Api;

beforeAll(async () => {
  hub = await startHub(['tickets', 'sla', 'cmdb', 'monitoring']);
  api = hub.api;
});
afterAll(() => hub.stop());

const json = { 'content-type': 'application/json' };
const sendTicket = (body: string | Uint8Array, headers: Record<string, string> = json) => api.send('POST', '/api/v1/tickets', body, headers);

/** A clear refusal: a problem with its kind, its trace, and nothing of our insides. */
function expectProblem({ status, headers, body }: Answer, expected: number): void {
  expect({ status, body }).toMatchObject({ status: expected, body: { status: expected } });
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({ type: expect.stringMatching(/^\/problems\/\w+$/), title: expect.any(String), detail: expect.any(String) });
  expect(JSON.stringify(body)).not.toMatch(/\.ts\b|node_modules|select |syntax error|at Object/i);
}

describe('a body', () => {
  it.each<[string, string | Uint8Array, number, Record<string, string>?]>([
    ['that is no JSON', '{"type":', 400],
    ['with broken UTF-8', Buffer.from([...Buffer.from('{"type":"incident","subject":"'), 0xc3, 0x28, 0x22, 0x7d]), 400],
    ['in windows-1251', Buffer.from([0x7b, 0x22, 0xcf, 0xf0, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['nested 100 000 deep', `{"form":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['nested 33 deep', `{"form":${'['.repeat(33)}${']'.repeat(33)}}`, 400],
    ['with __proto__', '{"type":"incident","subject":"x","__proto__":{"permissions":["*"]}}', 400],
    ['with U+0000', '{"type":"incident","subject":"a\\u0000b"}', 400],
    ['with half a surrogate pair', '{"type":"incident","subject":"\\ud800"}', 400],
    ['of 10 MB', JSON.stringify({ type: 'incident', subject: 'x'.repeat(10_000_000) }), 413],
    ['as a form', 'type=incident&subject=x', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['without a type', '{"type":"incident"}', 415, {}],
    ['that is a list', '[]', 422],
    ['that is a number', '42', 422],
    ['that is null', 'null', 422],
  ])('%s is refused', async (_, body, status, headers = json) => {
    expectProblem(await sendTicket(body, headers), status);
  });

  it('with many faults is told all of them at once', async () => {
    const answer = await sendTicket(
      JSON.stringify({
        type: 'bug',
        subject: 7,
        description: ['x'],
        impact: 'huge',
        callerId: 'me',
        items: ['x', 3],
        externalReference: { system: '' },
        colour: 'red',
      }),
    );
    expectProblem(answer, 422);
    const pointers = (answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(new Set(pointers)).toEqual(
      new Set([
        '/type',
        '/subject',
        '/description',
        '/impact',
        '/callerId',
        '/items/0',
        '/items/1',
        '/externalReference/system',
        '/externalReference/id',
        '/colour',
      ]),
    );
  });

  it('cannot set what only answers carry', async () => {
    for (const field of [{ id: 'x' }, { version: 9 }, { number: 'INC-1' }, { createdAt: 'x' }, { priority: 'critical' }]) {
      expectProblem(await sendTicket(JSON.stringify({ type: 'incident', subject: 'x', ...field })), 422);
    }
  });

  it('may hold any text, which stays text', async () => {
    const texts = [
      "'); drop table ticket; --",
      '" or ""="',
      '#{x} %s %n',
      '{{7*7}}',
      '<script>alert(1)</script>',
      'ticket.type == "x" || true',
      '\\x00',
      '😀 ё',
    ];
    for (const subject of texts) {
      const { status, body } = await api.post<{ id: string; subject: string }>('/api/v1/tickets', { type: 'incident', subject });
      expect([status, body.subject]).toEqual([201, subject]);
      expect((await api.get<{ subject: string }>(`/api/v1/tickets/${body.id}`)).body.subject).toBe(subject);
    }
  });
});

describe('a path or a query', () => {
  it.each([
    ['/api/v1/tickets/%00', 422],
    ['/api/v1/tickets/%ff', 400],
    ["/api/v1/tickets/'%20or%201=1--", 404],
    [`/api/v1/tickets/${'x'.repeat(300)}`, 422],
    ['/api/v1/tickets/..%2f..%2fetc%2fpasswd', 404],
    ['/api/v1/accounts/not-there', 404],
    ['/api/v1/tokens/not-a-uuid', 422],
    ['/api/v1/tickets?limit=ten', 422],
    ['/api/v1/tickets?limit=1e9', 422],
    ['/api/v1/tickets?limit=501', 422],
    ['/api/v1/tickets?limit=-1', 422],
    ['/api/v1/tickets?limit=5&limit=6', 422],
    ['/api/v1/tickets?callerId=1;drop%20table', 422],
    ['/api/v1/tickets?sort=createdAt;drop', 422],
    ['/api/v1/tickets?__proto__=1', 422],
    ['/api/v1/tickets?constructor=1', 422],
    ['/api/v1/tickets?q=%zz', 400],
    ['/api/v1/tickets?q=%c3%28', 400],
    ['/api/v1/tickets?q=a%00b', 422],
    ['/api/v1/nothing', 404],
    ['/api/v2/tickets', 404],
    ['/.env', 404],
  ])('%s is refused', async (path, status) => {
    expectProblem(await api.get(path), status);
  });

  it('may search for any text', async () => {
    for (const q of ["' or 1=1 --", '%', '\\', '":* & !', "!!'(", '🙂', 'x'.repeat(200)]) {
      expect((await api.get(`/api/v1/tickets?q=${encodeURIComponent(q)}`)).status).toBe(200);
    }
  });
});

describe('a cursor', () => {
  it('that somebody made up is refused', async () => {
    const forged = [
      'x',
      'eyJpZCI6MX0',
      Buffer.from(JSON.stringify([1, '-createdAt', '2026-01-01T00:00:00.000Z', "' or 1=1"])).toString('base64url'),
      '%27%20or%201%3D1',
      'A'.repeat(400),
    ];
    for (const list of ['tickets', 'accounts', 'tokens']) {
      for (const after of forged) {
        const answer = await api.get(`/api/v1/${list}?after=${after}`);
        expectProblem(answer, 422);
        expect(answer.body['errors']).toMatchObject([{ pointer: '/after' }]);
      }
    }
  });

  it('of another order or another list is refused', async () => {
    for (let count = 0; count < 2; count++) await api.post('/api/v1/tickets', { type: 'incident', subject: 'x' });
    const next = (await api.get<{ next: string }>('/api/v1/tickets?limit=1')).body.next;
    expectProblem(await api.get(`/api/v1/tickets?limit=1&sort=updatedAt&after=${next}`), 422);
    expectProblem(await api.get(`/api/v1/tokens?after=${next}`), 422);
    expect((await api.get(`/api/v1/tickets?limit=1&after=${next}`)).status).toBe(200);
  });
});

describe('headers', () => {
  it.each<[string, Record<string, string>, number]>([
    ['an Idempotency-Key of 201 characters', { 'idempotency-key': 'x'.repeat(201) }, 400],
    ['another kind of Authorization', { authorization: 'Digest x' }, 401],
    ['a token with spaces', { authorization: 'Bearer a b' }, 401],
    ['a traceparent that is none', { traceparent: '00-zz-xx-01' }, 201],
    ['a content encoding that nobody knows', { 'content-encoding': 'zstd' }, 415],
  ])('%s', async (_, headers, status) => {
    const answer = await sendTicket('{"type":"incident","subject":"x"}', { ...json, ...headers });
    if (status === 201) expect(answer.status).toBe(201);
    else expectProblem(answer, status);
  });
});

describe('the hub', () => {
  it('met no bug on the way', () => {
    expect(hub.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  });

  it('does not grow under bad input', async () => {
    const big = JSON.stringify({ type: 'incident', subject: 'x'.repeat(2_000_000) });
    const deep = `{"form":${'['.repeat(200_000)}`;
    const bad = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await Promise.all([
          sendTicket(big),
          sendTicket(deep),
          sendTicket('{"type":1}'),
          api.as(`wrong-${round}`).get('/api/v1/me'),
          api.get(`/api/v1/tickets?after=${round}`),
          api.get(`/x/${round}`),
        ]);
      }
      hub.log.length = 0;
    };
    await bad(15);
    const before = process.memoryUsage().rss;
    await bad(45);
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(60);
  }, 60_000);
});
