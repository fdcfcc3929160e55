import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, gzipSync } from 'node:zlib';
import { generateFixture } from '../contract/fixtures/generate-fixture.ts';
import { addLightReports, type LightReport, type LightSummary, lampService } from '../contract/fixtures/light-reports.ts';
import { fixtureLimits, kibibyte, type ServedFixture, serveFixture } from '../contract/fixtures/serve-fixture.ts';
import { untilStill, untilTrue } from '../contract/fixtures/turns.ts';
import { loadContract } from '../contract/load-contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal, StreamMethod } from '../rpc/call.ts';
import { openTransports, waysOfTransport } from '../rpc/each-transport.contract.ts';
import { makeLatch } from '../rpc/fixtures/note-service.ts';
import { currentTraceId } from '../telemetry/tracing.ts';

const lampId = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const path = `/api/v1/lamps/${lampId}/reports`;
const ndjson = { 'content-type': 'application/x-ndjson' };
const largestStream = 40 * 1024 * kibibyte;
const person: Principal = { kind: 'account', id: 'a-1', name: 'Мария', permissions: ['lamps.report', 'lamps.create'] };

const made = generateFixture(addLightReports);
const contract = loadContract(made.folder);
afterAll(() => made.remove());

describe.each(waysOfTransport)('a stream over HTTP, taken %s,', (by) => {
  let fixture: ServedFixture;
  let principal = person;
  let take: StreamMethod<LightReport, LightSummary>;
  let taken: LightReport[];

  beforeAll(async () => {
    fixture = await serveFixture({
      contract,
      service: lampService,
      methods: { reportLight: (...given: Parameters<typeof take>) => take(...given) },
      transports: openTransports(by, contract),
      principal: person,
      streamIdle: 2_000,
      http: { bodyPatience: 300 },
      rest: { streamBytes: largestStream, identify: async () => principal },
    });
  });
  afterAll(() => fixture.stop());

  beforeEach(() => {
    principal = person;
    taken = [];
    take = async (requests, call) => {
      let reports = 0;
      for await (const report of requests) reports = taken.push(report) && reports + 1;
      return { reports, by: call.principal.name };
    };
  });

  const post = async (body: string | Uint8Array, headers: Record<string, string> = ndjson, at = path) => {
    const answer = await fetch(fixture.web.url + at, { method: 'POST', headers, body: Buffer.from(body) });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  };
  /** A request that is sent piece by piece. */
  const open = (
    headers: Record<string, string> = ndjson,
  ): { sent: ClientRequest; answer: Promise<{ status: number; body: Record<string, unknown> }> } => {
    const sent = openRequest(fixture.web.url + path, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined);
    const answer = once(sent, 'response').then(async ([response]) => {
      let text = '';
      for await (const chunk of response as IncomingMessage) text += String(chunk);
      return { status: Number(response.statusCode), body: JSON.parse(text) as Record<string, unknown> };
    });
    answer.catch(() => undefined);
    return { sent, answer };
  };
  const line = (key: string) => `${JSON.stringify({ key })}\n`;

  it('is taken line by line as it comes, while the sender still sends', async () => {
    const [first, onFirst] = makeLatch<void>();
    take = async (requests) => {
      for await (const report of requests) {
        taken.push(report);
        onFirst();
      }
      return { reports: taken.length, by: 'x' };
    };
    const { sent, answer } = open();
    sent.write(line('one'));
    sent.write('{"key":"tw');
    await first;
    expect(taken).toEqual([{ lampId, key: 'one' }]);
    sent.end('о 🚱","sensor":[1,{"a":null}]}');
    expect(await answer).toEqual({ status: 200, body: { reports: 2, by: 'x' } });
    expect(taken[1]).toEqual({ lampId, key: 'twо 🚱', sensor: '[1,{"a":null}]' });
  });

  it('may come with gzip, a byte order mark, blank lines and carriage returns, and be empty', async () => {
    const text = `\ufeff${line('a')}\r\n\n${JSON.stringify({ key: 'b' })}\r\n`;
    expect(await post(gzipSync(text), { ...ndjson, 'content-encoding': 'gzip' })).toMatchObject({ status: 200, body: { reports: 2 } });
    expect(await post('')).toMatchObject({ status: 200, body: { reports: 0 } });
    expect(await post(text, { 'content-type': 'application/ndjson; charset=utf-8' })).toMatchObject({ status: 200, body: { reports: 2 } });
  });

  it('as a JSON array is told all its faults before any of it is taken', async () => {
    const answer = await post('[{"key":"a"},{"key":"b","mode":"loud"},7,{"key":"c","lampId":"x"}]', { 'content-type': 'application/json' });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/1/mode' }, { pointer: '/2', message: 'must be a JSON object' }, { pointer: '/3/lampId' }] },
    });
    expect(taken).toEqual([]);
    expect(await post('{"key":"a"}', { 'content-type': 'application/json' })).toMatchObject({ status: 422 });
    const big = JSON.stringify(Array.from({ length: 100 }, () => ({ key: 'x'.repeat(900) })));
    expect(await post(big, { 'content-type': 'application/json' })).toMatchObject({ status: 413 });
  });

  describe('ends with a problem that names the line,', () => {
    it.each<[string, string | Uint8Array, number, object]>([
      ['that is no JSON', '{"key":', 400, { detail: expect.stringContaining('Line 3 is not JSON'), errors: [{ line: 3, pointer: '' }] }],
      ['that is no object', '[]', 422, { errors: [{ line: 3, pointer: '', message: 'must be a JSON object' }] }],
      [
        'that does not fit',
        '{"key":"","mode":"loud"}',
        422,
        {
          detail: 'Line 3 does not fit. What was committed of the lines before it stays.',
          errors: [
            { line: 3, pointer: '/key' },
            { line: 3, pointer: '/mode', message: 'mode must be one of: on, off, dim' },
          ],
        },
      ],
      ['that names what stands in the path', `{"key":"c","lampId":"${lampId}"}`, 422, { errors: [{ line: 3, pointer: '/lampId' }] }],
      ['with broken UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), 400, { detail: expect.stringContaining('Line 3 is not UTF-8') }],
      ['that is nested too deep', '['.repeat(40), 400, { errors: [{ line: 3, pointer: '', message: expect.stringContaining('Line 3 is nested') }] }],
      ['with U+0000', '{"key":"a\\u0000"}', 400, { errors: [{ line: 3, pointer: '/key' }] }],
      ['that is too long', 'x'.repeat(fixtureLimits.bodyBytes + 1), 413, { errors: [{ line: 3, pointer: '' }] }],
    ])('%s, and what was taken before stays', async (_, bad, status, problem) => {
      const lines = [Buffer.from(`${line('a')}\n`), Buffer.from(bad), Buffer.from(`\n${line('d')}`)];
      const answer = await post(Buffer.concat(lines));
      expect(answer).toMatchObject({ status, body: { status, traceId: expect.any(String), ...problem } });
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(taken.length).toBeLessThan(2);
      if (by === 'within a process') expect(taken).toEqual([{ lampId, key: 'a' }]);
    });
  });

  it.each<[string, string | Uint8Array, Record<string, string>, number, string?]>([
    ['of another type', line('a'), { 'content-type': 'text/plain' }, 415],
    ['in another charset', line('a'), { 'content-type': 'application/x-ndjson; charset=windows-1251' }, 415],
    ['in an unknown encoding', line('a'), { ...ndjson, 'content-encoding': 'br' }, 415],
    ['with an Idempotency-Key', line('a'), { ...ndjson, 'idempotency-key': 'k' }, 400],
    ['with a query', line('a'), ndjson, 422, `${path}?colour=red`],
    ['that is not the gzip that it says', line('a'), { ...ndjson, 'content-encoding': 'gzip' }, 400],
    ['whose gzip is cut short', gzipSync(line('a').repeat(100)).subarray(0, -12), { ...ndjson, 'content-encoding': 'gzip' }, 400],
    ['that unfolds into far more than it is', gzipSync(Buffer.alloc(32 * 1024 * kibibyte, '\n')), { ...ndjson, 'content-encoding': 'gzip' }, 413],
  ])('%s is refused', async (_, body, headers, status, at = path) => {
    expect(await post(body, headers, at)).toMatchObject({ status, body: { status, detail: expect.any(String) } });
  });

  it('of more bytes than a stream may have is refused, and what was taken before stays', async () => {
    const big = `{"key":"a","sensor":"${'x'.repeat(60_000)}"}\n`;
    const answer = await post(big.repeat(Math.ceil(largestStream / big.length) + 1));
    expect(answer).toMatchObject({ status: 413, body: { detail: expect.stringContaining(String(largestStream)) } });
    expect(taken.length).toBeGreaterThan(500);
  });

  it('is refused for who may not send it, before any of it is read', async () => {
    principal = { ...person, permissions: ['lamps.read'] };
    const { sent, answer } = open();
    sent.write(line('a'));
    expect(await answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining('lamps.report') } });
    expect(taken).toEqual([]);
  });

  it('brings back what its service refuses, and tells nothing of a bug', async () => {
    take = () => Promise.reject(new AppError('illegal_state', 'This snapshot is closed.'));
    expect(await post(line('a'))).toMatchObject({ status: 409, body: { detail: 'This snapshot is closed.' } });
    take = () => Promise.reject(new TypeError('hunter2'));
    const bug = await post(line('a'));
    expect(bug.status).toBe(500);
    expect(JSON.stringify(bug.body)).not.toContain('hunter2');
  });

  it('has one trace, one line in the log and a place in the metrics, as every request', async () => {
    let traceId: string | undefined;
    take = async (requests) => {
      for await (const _ of requests) traceId = currentTraceId();
      return { reports: 1, by: 'x' };
    };
    fixture.log.length = 0;
    const answer = await post(line('a'));
    expect(answer.headers.get('x-trace-id')).toBe(traceId);
    await untilTrue(() => fixture.log.some(({ msg }) => msg === 'answered'));
    expect(fixture.log.filter(({ msg }) => msg === 'answered')).toMatchObject([{ method: 'POST', path, status: 200, principal: 'a-1', traceId }]);
    expect(fixture.log.filter(({ msg }) => msg === 'call served')).toMatchObject([{ rpc: 'LampService/ReportLight', code: 'OK', traceId }]);
    expect(await fixture.metrics.registry.metrics()).toContain('route="/api/v1/lamps/:lampId/reports",status="200"');
  });

  describe('whose sender goes away', () => {
    it.each([
      ['with a length', { 'content-length': '1000' }],
      ['in chunks', {}],
      ['with gzip', { 'content-encoding': 'gzip' }],
    ])('%s is no stream that ended: waiting for more, or at work', async (_, more) => {
      for (const isAtWork of [false, true]) {
        const [begun, begin] = makeLatch<void>();
        const [ended, end] = makeLatch<unknown>();
        const [gone, goAway] = makeLatch<void>();
        take = async (requests) => {
          try {
            for await (const _ of requests) {
              begin();
              if (isAtWork) await gone;
            }
            end('its own end');
          } catch (error) {
            end(error);
          }
          return { reports: 1, by: 'x' };
        };
        fixture.log.length = 0;
        const { sent } = open({ ...ndjson, ...more });
        const lines = line('a').repeat(8);
        sent.write('content-encoding' in more ? gzipSync(lines, { finishFlush: constants.Z_SYNC_FLUSH }) : lines);
        await begun;
        await leave(sent);
        // The hub has seen it go when its line is in the log.
        await untilTrue(() => isAtWork || fixture.log.some(({ status }) => status === 499));
        if (isAtWork) for (let turns = 0; turns < 50; turns++) await nextTurn();
        goAway();
        expect(await ended).toMatchObject({ kind: 'unavailable' });
      }
    });
  });

  it('may be answered before its end, and its sender hears it at once', async () => {
    take = async (requests) => {
      for await (const _ of requests) return { reports: 1, by: 'early' };
      return { reports: 0, by: 'x' };
    };
    const { sent, answer } = open();
    sent.write(line('a').repeat(10_000));
    expect(await answer).toEqual({ status: 200, body: { reports: 1, by: 'early' } });
    sent.destroy();
  });

  it('waits for the taker: the hub holds only what is on the way, however long the stream', async () => {
    const count = 200_000;
    const text = Buffer.from(line('x'.repeat(150)).repeat(100));
    let [written, furthest, reports] = [0, 0, 0];
    take = async (requests) => {
      for await (const _ of requests) {
        if (++reports % 100_000 === 1) await untilStill(() => written);
        furthest = Math.max(furthest, written - reports);
      }
      return { reports, by: 'x' };
    };
    const { sent, answer } = open();
    for (; written < count; written += 100) if (!sent.write(text)) await once(sent, 'drain');
    sent.end();
    expect(await answer).toMatchObject({ status: 200, body: { reports: count } });
    // What the system's sockets hold on both sides counts too: some megabytes, and 160 bytes a line.
    expect(furthest).toBeLessThan(80_000);
    expect(count * text.length).toBeGreaterThan(100 * fixtureLimits.heldBytes);
  }, 60_000);

  it('that lasts is not held against its sender, while any other body must come in time', async () => {
    const { sent, answer } = open();
    sent.write(line('a'));
    const slow = openRequest(`${fixture.web.url}/api/v1/lamps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '9' },
    });
    slow.on('error', () => undefined);
    slow.write('{');
    const [refused] = (await once(slow, 'response')) as [IncomingMessage];
    expect(refused.statusCode).toBe(408);
    refused.destroy();
    sent.end(line('b'));
    expect(await answer).toMatchObject({ status: 200, body: { reports: 2 } });
  });

  it('is ended when no line comes for too long', async () => {
    const { sent, answer } = open();
    sent.write(`${line('a')}{"key":`);
    expect(await answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('No message came for 2 s') } });
    sent.destroy();
  });

  it('counts as one request, and gives its place back however it ends', async () => {
    for (let times = 0; times < 3 * fixtureLimits.inFlight; times++) {
      const { sent } = open();
      sent.write(line('a'));
      await untilTrue(() => taken.length > times);
      await leave(sent);
    }
    const streams = [];
    await untilTrue(() => fixture.log.filter(({ status }) => status === 499).length >= 3 * fixtureLimits.inFlight);
    for (let index = 0; index < fixtureLimits.inFlight; index++) {
      const before = taken.length;
      streams.push(open());
      streams.at(-1)?.sent.write(line('b'));
      await untilTrue(() => taken.length > before);
    }
    expect(await post(line('c'))).toMatchObject({ status: 503 });
    for (const { sent, answer } of streams) {
      sent.end();
      expect(await answer).toMatchObject({ status: 200 });
    }
  });

  it('is ended when the hub is about to stop, with a time to come again, and no other is taken', async () => {
    const { sent, answer } = open();
    sent.write(line('a'));
    await untilTrue(() => taken.length === 1);
    fixture.drainRest();
    expect(await answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('stopping') } });
    expect(await post(line('a'))).toMatchObject({ status: 503 });
    sent.destroy();
  });
});

async function leave(sent: ClientRequest): Promise<void> {
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.destroy();
  await closed;
}
