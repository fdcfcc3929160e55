import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FileChunk } from '../../generated/opora/api/v1/file.ts';
import { generateFixture } from '../contract/fixtures/generate-fixture.ts';
import { addLampPlans, type DownloadPlanRequest } from '../contract/fixtures/lamp-plans.ts';
import { lampService } from '../contract/fixtures/light-reports.ts';
import { fixtureLimits, kibibyte, type ServedFixture, serveFixture } from '../contract/fixtures/serve-fixture.ts';
import { untilStill, untilTrue } from '../contract/fixtures/turns.ts';
import { loadContract } from '../contract/load-contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { AnswersMethod, Principal } from '../rpc/call.ts';
import { openTransports, waysOfTransport } from '../rpc/each-transport.contract.ts';
import { makeLatch } from '../rpc/fixtures/note-service.ts';
import { currentTraceId } from '../telemetry/tracing.ts';
import { longestPiece } from './file-body.ts';

const lampId = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const path = `/api/v1/lamps/${lampId}/plan`;
const person: Principal = { kind: 'account', id: 'a-1', name: 'Мария', permissions: ['lamps.plan'] };
const mebibyte = 1024 * kibibyte;

const made = generateFixture(addLampPlans);
const contract = loadContract(made.folder);
afterAll(() => made.remove());

describe.each(waysOfTransport)('a file that goes over HTTP, given %s,', (by) => {
  let fixture: ServedFixture;
  let principal = person;
  let give: AnswersMethod<DownloadPlanRequest, FileChunk>;

  beforeAll(async () => {
    fixture = await serveFixture({
      contract,
      service: lampService,
      methods: {
        downloadPlan: (...given: Parameters<typeof give>) => give(...given),
        exportPlans: (...given: Parameters<typeof give>) => give(...given),
      },
      transports: openTransports(by, contract),
      principal: person,
      rest: { identify: async () => principal, readerPatience: 1_000 },
    });
  });
  afterAll(() => fixture.stop());

  beforeEach(() => {
    principal = person;
    fixture.log.length = 0;
  });

  const get = (at = path, method = 'GET') => fetch(fixture.web.url + at, { method });
  const problemOf = async (response: Response) => ({ status: response.status, body: (await response.json()) as Record<string, unknown> });
  /** An answer whose body is not read before somebody asks for it. */
  const open = async (): Promise<IncomingMessage> => {
    const sent = openRequest(fixture.web.url + path, { agent: false });
    sent.on('error', () => undefined);
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    return response;
  };
  /** Gives pieces until nobody wants any more, or `most` of them; `over` resolves when it has ended. */
  const giveMany = (piece: Uint8Array, most = Number.POSITIVE_INFINITY) => {
    const [over, end] = makeLatch<void>();
    const given = { bytes: 0 };
    give = async function* () {
      try {
        for (let count = 0; count < most; count++) {
          given.bytes += piece.length;
          yield { data: piece };
        }
      } finally {
        end();
      }
    };
    return { over, given };
  };
  /** What comes down the wire for a request that is written by hand; `onBody` is told that some of the body is here. */
  const talk = async (httpVersion: string, onBody: () => void = () => undefined) => {
    const socket = connect(fixture.web.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('aaa')) onBody();
    });
    const ended = new Promise<string>((resolve) => {
      socket.once('end', () => resolve('its end'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
    socket.write(`GET ${path} HTTP/${httpVersion}\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    return { ended: await ended, text };
  };

  it('of 50 MB goes whole, and waits for a slow reader: who makes it is only so far ahead as the sockets hold', async () => {
    const piece = randomBytes(256 * kibibyte);
    const { given, over } = giveMany(piece, 200);
    const [givenHash, readHash] = [createHash('sha256'), createHash('sha256')];
    for (let count = 0; count < 200; count++) givenHash.update(piece);
    const response = await open();
    let [size, ahead] = [0, 0];
    for await (const chunk of response as AsyncIterable<Buffer>) {
      // Only here: the more one reads, the more the system's sockets hold.
      if (size === 0) await untilStill(() => given.bytes);
      if (size === 0) ahead = given.bytes;
      size += chunk.length;
      readHash.update(chunk);
    }
    expect(size).toBe(50 * mebibyte);
    expect(readHash.digest('hex')).toBe(givenHash.digest('hex'));
    expect(ahead).toBeLessThan(12 * mebibyte);
    await over;
  }, 60_000);

  it('has its name and its type of the first message, and is never shown within a page', async () => {
    give = async function* () {
      yield { data: Buffer.from('a'), name: 'Список КЕ.csv', mediaType: 'text/html' };
      yield { data: Buffer.from('b'), name: 'other', mediaType: 'text/plain' };
    };
    const answer = await get();
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html',
      'content-disposition': `attachment; filename="______ __.csv"; filename*=UTF-8''%D0%A1%D0%BF%D0%B8%D1%81%D0%BE%D0%BA%20%D0%9A%D0%95.csv`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'accept-ranges': 'none',
      'transfer-encoding': 'chunked',
    });
    expect(await answer.text()).toBe('ab');
  });

  it('may be empty', async () => {
    give = async function* () {};
    const nothing = await get();
    expect([nothing.status, nothing.headers.get('content-type'), await nothing.text()]).toEqual([200, 'application/octet-stream', '']);
    give = async function* () {
      yield { data: Buffer.alloc(0), name: 'a.csv', mediaType: 'text/csv' };
    };
    const empty = await get();
    expect([empty.status, empty.headers.get('content-type'), await empty.text()]).toEqual([200, 'text/csv', '']);
  });

  it('is told of by HEAD as by GET, without its bytes, and who makes it is let go', async () => {
    const [over, end] = makeLatch<void>();
    give = async function* () {
      try {
        yield { data: Buffer.from('a'), name: 'a.csv', mediaType: 'text/csv' };
        yield { data: Buffer.from('b') };
      } finally {
        end();
      }
    };
    const answer = await get(path, 'HEAD');
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/csv', '']);
    expect(answer.headers.get('content-disposition')).toContain('a.csv');
    await over;
  });

  it('is there for the methods that OPTIONS tells, and no other', async () => {
    const [options, put] = [await get(path, 'OPTIONS'), await get(path, 'PUT')];
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
    expect(put.status).toBe(405);
  });

  it('is refused for who may not have it, with an Idempotency-Key, and for a request that does not fit', async () => {
    const { given } = giveMany(Buffer.from('a'), 1);
    const post = (headers: Record<string, string>, body: string) =>
      fetch(`${fixture.web.url}/api/v1/lamps/plans/export`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    expect(await problemOf(await post({ 'idempotency-key': 'k' }, '{}'))).toMatchObject({ status: 400 });
    expect(await problemOf(await post({}, '{"streets":7}'))).toMatchObject({ status: 422, body: { errors: [{ pointer: '/streets' }] } });
    expect(await problemOf(await get(`${path}?format=pdf`))).toMatchObject({ status: 422, body: { errors: [{ pointer: '/format' }] } });
    principal = { ...person, permissions: ['lamps.read'] };
    expect(await problemOf(await get())).toMatchObject({ status: 403, body: { detail: expect.stringContaining('lamps.plan') } });
    expect(given.bytes).toBe(0);
  });

  describe('that fails', () => {
    it('before its first byte is an ordinary problem', async () => {
      give = async function* () {
        yield { data: Buffer.alloc(0), name: 'a.csv', mediaType: 'text/csv' };
        throw new AppError('not_found', 'There is no such plan.');
      };
      const answer = await get();
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('content-disposition')).toBeNull();
      expect(await problemOf(answer)).toMatchObject({ status: 404, body: { detail: 'There is no such plan.', traceId: expect.any(String) } });
    });

    it('in the middle breaks the connection off, so that nobody has a short file that looks whole', async () => {
      const [seen, see] = makeLatch<void>();
      give = async function* () {
        yield { data: Buffer.from('a') };
        await seen;
        throw new TypeError('hunter2');
      };
      const response = await open();
      expect(String((await once(response, 'data'))[0])).toBe('a');
      see();
      await expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
      expect(fixture.log.filter(({ msg }) => msg === 'a call failed of a fault of ours')).toHaveLength(1);
    });

    it.each(['1.1', '1.0'])('in the middle is no end for who speaks HTTP/%s, not even the end of the connection', async (httpVersion) => {
      const [seen, see] = makeLatch<void>();
      give = async function* () {
        yield { data: Buffer.alloc(100, 'a') };
        await seen;
        throw new AppError('unavailable', 'hunter2');
      };
      const { ended, text } = await talk(httpVersion, see);
      expect(ended).toBe('ECONNRESET');
      expect(text).not.toMatch(/hunter2|\r\n0\r\n\r\n$/);
      give = async function* () {
        yield { data: Buffer.alloc(100, 'a') };
      };
      const whole = await talk(httpVersion);
      expect(whole.ended).toBe('its end');
      expect(whole.text).toMatch(httpVersion === '1.1' ? /a{100}\r\n0\r\n\r\n$/ : /\r\n\r\na{100}$/);
    });
  });

  describe('whose reader', () => {
    it('goes away is ended at who makes it, at work or waiting', async () => {
      for (const isWaiting of [false, true]) {
        const [over, end] = makeLatch<unknown>();
        give = async function* (_, { signal }) {
          try {
            yield { data: Buffer.from('a') };
            if (isWaiting) await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
            for (;;) yield { data: Buffer.alloc(longestPiece) };
          } finally {
            end(undefined);
          }
        };
        const response = await open();
        await once(response, 'data');
        response.destroy();
        await over;
      }
      await untilTrue(() => fixture.log.filter(({ status }) => status === 499).length === 2);
    });

    it('reads no more is let go after a while, and who makes it too', async () => {
      const { over, given } = giveMany(Buffer.alloc(longestPiece));
      const response = await open();
      await untilStill(() => given.bytes);
      await over;
      response.resume();
      await untilTrue(() => response.closed);
      expect(response.complete).toBe(false);
    });

    it('waits long for a piece that takes long to make is not taken for one that reads no more', async () => {
      give = async function* () {
        yield { data: Buffer.from('a') };
        await new Promise((resolve) => setTimeout(resolve, 1_300));
        yield { data: Buffer.from('b') };
      };
      expect(await (await get()).text()).toBe('ab');
    });
  });

  it('has one trace, one line in the log and a place in the metrics, as every request', async () => {
    let traceId: string | undefined;
    give = async function* () {
      traceId = currentTraceId();
      yield { data: Buffer.from('a') };
    };
    const answer = await get();
    expect(await answer.text()).toBe('a');
    expect(answer.headers.get('x-trace-id')).toBe(traceId);
    await untilTrue(() => fixture.log.some(({ msg }) => msg === 'answered'));
    expect(fixture.log.filter(({ msg }) => msg === 'answered')).toMatchObject([{ method: 'GET', path, status: 200, principal: 'a-1', traceId }]);
    expect(fixture.log.filter(({ msg }) => msg === 'call served')).toMatchObject([{ rpc: 'LampService/DownloadPlan', code: 'OK', traceId }]);
    expect(await fixture.metrics.registry.metrics()).toContain('route="/api/v1/lamps/:lampId/plan",status="200"');
  });

  it('counts against what the hub may hold, and gives its place back however it ends', async () => {
    const most = fixtureLimits.heldBytes / longestPiece;
    const ends: (() => void)[] = [];
    give = async function* () {
      yield { data: Buffer.from('a') };
      await new Promise<void>((resolve) => ends.push(resolve));
    };
    const openMany = () => Promise.all(Array.from({ length: most }, open));
    for (const response of await openMany()) response.destroy();
    await untilTrue(() => fixture.log.filter(({ status }) => status === 499).length === most);
    ends.length = 0;
    const opened = await openMany();
    expect(await problemOf(await get())).toMatchObject({ status: 503, body: { detail: expect.stringContaining('holds as much') } });
    await untilTrue(() => ends.length >= most);
    for (const end of ends) end();
    for (const response of opened) expect(String(await response.toArray())).toBe('a');
    give = async function* () {};
    expect((await get()).status).toBe(200);
  });

  it('is broken off when the hub is about to stop, and no other is given', async () => {
    const [over, end] = makeLatch<void>();
    give = async function* (_, { signal }) {
      try {
        yield { data: Buffer.from('a') };
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      } finally {
        end();
      }
    };
    const response = await open();
    await once(response, 'data');
    const broken = expect(once(response, 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
    fixture.drainRest();
    await broken;
    await over;
    expect(await problemOf(await get())).toMatchObject({ status: 503 });
    await nextTurn();
  });
});
