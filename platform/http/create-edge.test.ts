import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AppError } from '../errors/app-error.ts';
import { createLogger } from '../log/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { sendJson } from './answer.ts';
import { allowOnly, createEdge } from './create-edge.ts';
import { readBody, readJsonBody } from './read-body.ts';
import { readQuery } from './read-url.ts';
import { type HttpServer, serveHttp } from './serve-http.ts';

const kibibyte = 1024;
const limits = { bodyBytes: 64 * kibibyte, inFlight: 4, heldBytes: 1024 * kibibyte, perPrincipal: 1000, perAddress: 5 };

let server: HttpServer;
let tracing: { stop(): Promise<void> };
const lines: Record<string, unknown>[] = [];
const metrics = createMetrics();
const waiters: (() => void)[] = [];

/** Sends bytes as they stand and gives back everything that comes until the other side closes. */
function sendRaw(text: string, port = server.port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  return (await answer.json()) as Record<string, unknown>;
}

beforeAll(async () => {
  tracing = await startTracing({ serviceName: 'test', exported: false });
  const log = createLogger({ level: 'debug', stream: { write: (line) => void lines.push(JSON.parse(line)) } });
  const app = createEdge({
    log,
    metrics,
    limits,
    trustedProxies: [],
    quietPaths: ['/quiet'],
    mount(mounted, edge) {
      const { admission } = edge;
      mounted.get('/quiet', (_request, response) => sendJson(response, 200, {}));
      mounted.get('/query', (request, response) => sendJson(response, 200, readQuery(request)));
      mounted.get('/bug', () => {
        throw new Error('a secret of ours: hunter2');
      });
      mounted.get('/items/:id', (request, response) => sendJson(response, 200, { id: request.params.id }));
      mounted.post('/items/:id', edge.admit, async (request, response) => {
        const { value, release } = await readJsonBody(request, { limit: limits.bodyBytes, admission });
        release();
        sendJson(response, 200, { got: value });
      });
      mounted.all('/items/:id', allowOnly(['get', 'post']));
      mounted.post('/raw', edge.admit, async (request, response) => {
        const { bytes, release } = await readBody(request, { limit: limits.bodyBytes, admission });
        release();
        sendJson(response, 200, { size: bytes.length });
      });
      mounted.get('/wait', edge.admit, async (_request, response) => {
        await new Promise<void>((resolve) => waiters.push(resolve));
        sendJson(response, 200, {});
      });
      mounted.get('/busy', edge.admit, (_request, response) => sendJson(response, 200, {}));
      mounted.get('/refused', async (request) => {
        await admission.count({ address: request.ip ?? '' });
        throw new AppError('unauthenticated', 'Who are you?');
      });
    },
  });
  server = await serveHttp(app, { host: '127.0.0.1', port: 0, portVariable: 'OPORA_PORT' });
});
afterAll(async () => {
  await server.drain(1000);
  await tracing.stop();
});

describe('an answer', () => {
  it('carries its trace, which goes on from the caller’s', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const answer = await fetch(`${server.url}/items/1`, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect(answer.headers.get('x-trace-id')).toBe(traceId);
    expect(answer.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-0[01]$`));
    expect((await fetch(`${server.url}/items/1`)).headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('says that nothing may be framed, guessed or loaded from elsewhere, and not what serves it', async () => {
    const { headers } = await fetch(`${server.url}/items/1`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it('leaves one line in the log without the query, and a series by route and not by id', async () => {
    lines.length = 0;
    await fetch(`${server.url}/items/4711?token=opora_abc`);
    await fetch(`${server.url}/quiet`);
    expect(lines).toMatchObject([
      { level: 'info', method: 'GET', path: '/items/4711', status: 200, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { level: 'debug', path: '/quiet' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('opora_abc');
    const text = await metrics.registry.metrics();
    expect(text).toContain('route="/items/:id"');
    expect(text).not.toContain('4711');
  });
});

describe('a refusal', () => {
  it('of an unknown path is a problem', async () => {
    const problem = await problemOf(await fetch(`${server.url}/nowhere`));
    expect(problem).toMatchObject({
      status: 404,
      type: '/problems/not_found',
      instance: '/nowhere',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('of a method says which there are', async () => {
    const answer = await fetch(`${server.url}/items/1`, { method: 'DELETE' });
    expect(answer.headers.get('allow')).toBe('GET, POST, HEAD, OPTIONS');
    expect(await problemOf(answer)).toMatchObject({ status: 405, type: '/problems/method_not_allowed' });
    const options = await fetch(`${server.url}/items/1`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS']);
  });

  it('of a bug shows nothing of it, and the log has all of it', async () => {
    lines.length = 0;
    const answer = await fetch(`${server.url}/bug`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toMatch(/hunter2|Error|\.ts/);
    expect(JSON.stringify(lines.find((line) => line['level'] === 'error'))).toContain('hunter2');
  });

  it.each([
    ['/items/%ff', 'the path'],
    ['/query?a=%zz', 'the query'],
    ['/query?a=%c3%28', 'broken UTF-8 in the query'],
  ])('of %s comes for %s', async (path) => {
    expect(await problemOf(await fetch(server.url + path))).toMatchObject({ status: 400, type: '/problems/malformed' });
  });

  it('of U+0000 in the query names the field', async () => {
    expect(await problemOf(await fetch(`${server.url}/query?q=a%00b`))).toMatchObject({ status: 422, errors: [{ pointer: '/q' }] });
  });

  it('comes for an address that nobody signed too often, with the seconds to wait', async () => {
    const statuses: number[] = [];
    for (let times = 0; times < 6; times++) statuses.push((await fetch(`${server.url}/refused`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(Number((await fetch(`${server.url}/refused`)).headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('a body', () => {
  const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${server.url}/items/1`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

  it('is taken as JSON, plain or with gzip', async () => {
    expect(await (await post('{"a":"ё"}', { 'content-type': 'application/json; charset=UTF-8' })).json()).toEqual({ got: { a: 'ё' } });
    const zipped = await post(gzipSync('{"a":1}'), { 'content-type': 'application/merge-patch+json', 'content-encoding': 'gzip' });
    expect(await zipped.json()).toEqual({ got: { a: 1 } });
    expect(await (await post('', {})).json()).toEqual({ got: {} });
  });

  it.each([
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', '{}', { 'content-type': 'text/plain' }],
    ['another charset', '{}', { 'content-type': 'application/json; charset=windows-1251' }],
    ['an unknown encoding', '{}', { 'content-type': 'application/json', 'content-encoding': 'br' }],
  ])('of %s is refused with 415', async (_, body, headers) => {
    expect(await problemOf(await post(body, headers))).toMatchObject({ status: 415, type: '/problems/unsupported_media_type' });
  });

  it('of ten megabytes is refused with 413, and its sender hears it', async () => {
    expect(await problemOf(await post('x'.repeat(10 * 1024 * kibibyte)))).toMatchObject({ status: 413, type: '/problems/payload_too_large' });
  });

  it('that unfolds into more than it may is refused without being unfolded', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * kibibyte));
    const before = process.memoryUsage().rss;
    expect(await problemOf(await post(bomb, { 'content-type': 'application/json', 'content-encoding': 'gzip' }))).toMatchObject({ status: 413 });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * kibibyte);
  });

  it('that is not the gzip that it says is refused', async () => {
    const answer = await post('{"a":1}', { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    expect(await problemOf(answer)).toMatchObject({ status: 400, type: '/problems/malformed' });
  });

  it('may have exactly its limit', async () => {
    const send = (size: number) => fetch(`${server.url}/raw`, { method: 'POST', body: Buffer.alloc(size) });
    expect(await (await send(limits.bodyBytes)).json()).toEqual({ size: limits.bodyBytes });
    expect((await send(limits.bodyBytes + 1)).status).toBe(413);
  });

  it('that ends in the middle leaves nothing behind', async () => {
    for (let times = 0; times < 30; times++) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, '127.0.0.1', () => {
          socket.write(`POST /raw HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n${'x'.repeat(50_000)}`, () => socket.destroy());
        });
        socket.on('close', () => resolve());
      });
    }
    // All of them together would be more than may be held, and more requests than may be under way.
    const big = () => fetch(`${server.url}/raw`, { method: 'POST', body: Buffer.alloc(limits.bodyBytes) });
    await waitFor(async () => (await big()).status === 200);
    expect((await big()).status).toBe(200);
  });
});

describe('a full house', () => {
  it('answers 503 with Retry-After, and takes requests again when one has been answered', async () => {
    const waiting = Array.from({ length: limits.inFlight }, () => fetch(`${server.url}/wait`));
    await waitFor(async () => (await fetch(`${server.url}/busy`)).status === 503);
    const refused = await fetch(`${server.url}/busy`);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await problemOf(refused)).toMatchObject({ status: 503, type: '/problems/unavailable' });
    expect((await fetch(`${server.url}/quiet`)).status).toBe(200);
    for (const letGo of waiters) letGo();
    await Promise.all(waiting);
    await waitFor(async () => (await fetch(`${server.url}/busy`)).status === 200);
    expect((await fetch(`${server.url}/busy`)).status).toBe(200);
  });
});

describe('what is no HTTP', () => {
  it('is answered with a problem all the same', async () => {
    const answer = await sendRaw('BLA\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ type: '/problems/malformed' });
  });

  it('or has a header of 20 kB is refused', async () => {
    const answer = await sendRaw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toContain('431 Request Header Fields Too Large');
    expect(answer).toContain('/problems/header_fields_too_large');
  });

  it('is cut off when its header comes too slowly', async () => {
    const strict = await serveHttp(() => undefined, { host: '127.0.0.1', port: 0, portVariable: 'OPORA_PORT', headerPatience: 300 });
    expect(await sendRaw('GET / HTTP/1.1\r\nhost: x\r\n', strict.port)).toContain('/problems/request_timeout');
    await strict.drain(0);
  });
});

describe('the server', () => {
  it('says which way out there is when its port is taken', async () => {
    const taken = serveHttp(() => undefined, { host: '127.0.0.1', port: server.port, portVariable: 'OPORA_PORT' });
    await expect(taken).rejects.toThrow(
      `Port ${server.port} on 127.0.0.1 is taken. Stop what listens there, or choose another: OPORA_PORT=${server.port + 1}.`,
    );
  });

  it('finishes what is under way before it ends, and takes nothing new', async () => {
    let answer: (() => void) | undefined;
    const other = await serveHttp((_request, response) => void (answer = () => response.end('done')), {
      host: '127.0.0.1',
      port: 0,
      portVariable: 'OPORA_PORT',
    });
    const slow = fetch(other.url);
    await waitFor(async () => answer !== undefined);
    const drained = other.drain(5_000);
    await expect(fetch(other.url)).rejects.toThrow();
    answer?.();
    expect(await (await slow).text()).toBe('done');
    await drained;
  });
});

async function waitFor(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await isSo()) return;
    await sleep(10);
  }
  throw new Error('it did not come');
}
