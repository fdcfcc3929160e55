import { alertmanagerPayload } from '../mesh/alertmanager-payload.ts';
import { eventually } from '../mesh/api.ts';
import { adminToken, type EdgeHub, startHub } from './start-hub.ts';

let hub: EdgeHub;
let serial = 0;

beforeAll(async () => {
  hub = await startHub(['tickets', 'sla', 'cmdb', 'monitoring'], {
    OPORA_INGEST_BODY_BYTES: String(2 * 1024 * 1024),
    OPORA_RATE_PER_ADDRESS: '20',
    OPORA_RATE_PER_TOKEN: '60',
  });
});
afterAll(() => hub.stop());

const payload = () =>
  JSON.stringify(
    alertmanagerPayload({
      labels: { alertname: 'Test', instance: `host-${++serial}:9100`, severity: 'info' },
      summary: 'test',
      startsAt: new Date().toISOString(),
    }),
  );
const send = (body: string | Uint8Array, headers: Record<string, string>, path = '/ingest/alertmanager') =>
  hub.api.as('').send('POST', path, body, { 'content-type': 'application/json', ...headers });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('what monitoring sends', () => {
  it('is taken with a token as bearer, as password of HTTP Basic, or in the query', async () => {
    expect(await send(payload(), bearer(adminToken))).toMatchObject({ status: 200, body: { opened: 1, repeated: 0, resolved: 0 } });
    const basic = Buffer.from(`prometheus:${adminToken}`).toString('base64');
    expect(await send(payload(), { authorization: `Basic ${basic}` })).toMatchObject({ status: 200 });
    expect(await send(payload(), {}, `/ingest/alertmanager?token=${adminToken}`)).toMatchObject({ status: 200 });
  });

  it('needs a token that may send it', async () => {
    expect(await send(payload(), {})).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } });
    expect(await send(payload(), bearer('wrong'))).toMatchObject({ status: 401 });
    const { secret } = (await hub.api.post<{ secret: string }>('/api/v1/tokens', { name: 'x', scopes: ['tickets.read'] })).body;
    expect(await send(payload(), bearer(secret))).toMatchObject({ status: 403 });
  });

  it('is not taken from a browser’s session', async () => {
    expect((await send(payload(), { cookie: `opora_session=${adminToken}` })).status).toBe(401);
  });

  it('has its own limit of size', async () => {
    const big = { ...JSON.parse(payload()), padding: 'x'.repeat(1_500_000) };
    expect((await send(JSON.stringify(big), bearer(adminToken))).status).toBe(200);
    expect(await send('x'.repeat(3_000_000), bearer(adminToken))).toMatchObject({ status: 413 });
  });

  it('that makes no sense is a clear refusal', async () => {
    for (const body of ['{', '[]', '{"alerts":7}', 'x', Buffer.from([0xff, 0xfe])]) {
      const answer = await send(body, bearer(adminToken));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json; charset=utf-8']);
    }
    expect((await send(payload(), bearer(adminToken), '/ingest/no-such-source')).status).toBe(404);
    expect((await hub.api.get('/ingest/alertmanager')).status).toBe(405);
  });

  it('leaves no token in the log', async () => {
    await eventually(async () => hub.log.some(({ path }) => path === '/ingest/alertmanager'));
    expect(JSON.stringify(hub.log)).not.toContain(adminToken);
  });

  it('in a storm is told to come back, never that it is wrong', async () => {
    const { secret } = (await hub.api.post<{ secret: string }>('/api/v1/tokens', { name: 'storm' })).body;
    const statuses = new Set<number>();
    const refused: Headers[] = [];
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        const { status, headers } = await send(payload(), bearer(secret));
        statuses.add(status);
        if (status !== 200) refused.push(headers);
      }),
    );
    expect([...statuses].sort()).toEqual([200, 503]);
    expect(refused.every((headers) => Number(headers.get('retry-after')) > 0)).toBe(true);
    const strangers = await Promise.all(Array.from({ length: 30 }, () => send(payload(), bearer('wrong'))));
    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401, 503]));
  });
});
