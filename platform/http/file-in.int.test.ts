import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, gzipSync } from 'node:zlib';
import { generateFixture } from '../contract/fixtures/generate-fixture.ts';
import { addLampPlans, mostPlanBytes, type PlanOutcome, type UploadPlanRequest } from '../contract/fixtures/lamp-plans.ts';
import { lampService } from '../contract/fixtures/light-reports.ts';
import { fixtureLimits, kibibyte, type ServedFixture, serveFixture } from '../contract/fixtures/serve-fixture.ts';
import { untilStill, untilTrue } from '../contract/fixtures/turns.ts';
import { loadContract } from '../contract/load-contract.ts';
import type { Principal, StreamMethod } from '../rpc/call.ts';
import { openTransports, waysOfTransport } from '../rpc/each-transport.contract.ts';
import { makeLatch } from '../rpc/fixtures/note-service.ts';
import { longestPiece } from './file-body.ts';

const lampId = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const path = `/api/v1/lamps/${lampId}/plan`;
const person: Principal = { kind: 'account', id: 'a-1', name: 'Мария', permissions: ['lamps.plan'] };
const mebibyte = 1024 * kibibyte;

const made = generateFixture(addLampPlans);
const contract = loadContract(made.folder);
afterAll(() => made.remove());

describe.each(waysOfTransport)('a file that comes over HTTP, taken %s,', (by) => {
  let fixture: ServedFixture;
  let principal = person;
  let take: StreamMethod<UploadPlanRequest, PlanOutcome>;
  let taken: UploadPlanRequest[];

  beforeAll(async () => {
    fixture = await serveFixture({
      contract,
      service: lampService,
      methods: { uploadPlan: (...given: Parameters<typeof take>) => take(...given) },
      transports: openTransports(by, contract),
      principal: person,
      rest: { identify: async () => principal },
    });
  });
  afterAll(() => fixture.stop());

  beforeEach(() => {
    principal = person;
    taken = [];
    take = async (requests, call) => {
      for await (const request of requests) taken.push(request);
      return { size: sizeOf(taken), by: call.principal.name };
    };
  });

  const sizeOf = (requests: readonly UploadPlanRequest[]) => requests.reduce((size, { data }) => size + data.length, 0);
  const post = async (body: string | Uint8Array, headers: Record<string, string> = {}, at = path) => {
    const answer = await fetch(fixture.web.url + at, { method: 'POST', headers, body: Buffer.from(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  /** A request that is sent piece by piece. */
  const open = (headers: Record<string, string> = {}) => {
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

  it('is taken as it comes: path and query in the first message, bytes in all of them', async () => {
    const { status } = await post(Buffer.alloc(3 * longestPiece, 7), { 'content-type': 'image/png' }, `${path}?fileName=%D0%B0&sheet=3`);
    expect(status).toBe(200);
    expect(taken.length).toBeGreaterThan(2);
    expect(taken[0]).toMatchObject({ lampId, fileName: 'а', sheet: 3 });
    expect(taken.slice(1)).toEqual(taken.slice(1).map(({ data }) => ({ lampId: '', data })));
    expect(sizeOf(taken)).toBe(3 * longestPiece);
    expect(Math.max(...taken.map(({ data }) => data.length))).toBeLessThanOrEqual(longestPiece);
  });

  it('may be empty, and may come with gzip', async () => {
    expect(await post('')).toEqual({ status: 200, body: { size: 0, by: 'Мария' } });
    expect(taken).toMatchObject([{ lampId }]);
    taken = [];
    expect(await post(gzipSync('Насос'), { 'content-encoding': 'gzip' })).toEqual({ status: 200, body: { size: 10, by: 'Мария' } });
  });

  it('of 50 MB arrives whole, and the hub holds only what is on the way when its taker is slow', async () => {
    const piece = randomBytes(mebibyte);
    const [sentHash, takenHash] = [createHash('sha256'), createHash('sha256')];
    let [written, size, ahead] = [0, 0, 0];
    take = async (requests) => {
      for await (const { data } of requests) {
        // Only here: the more one reads, the more the system's sockets hold.
        if (size === 0) await untilStill(() => written);
        if (size === 0) ahead = written;
        size += data.length;
        takenHash.update(data);
      }
      return { size, by: 'x' };
    };
    const { sent, answer } = open();
    for (let count = 0; count < 50; count++) {
      sentHash.update(piece);
      written += piece.length;
      if (!sent.write(piece)) await once(sent, 'drain');
    }
    sent.end();
    expect(await answer).toMatchObject({ status: 200, body: { size: 50 * mebibyte } });
    expect(takenHash.digest('hex')).toBe(sentHash.digest('hex'));
    expect(ahead).toBeLessThan(12 * mebibyte);
  }, 60_000);

  describe('that has more bytes than the contract takes is refused, which says how many those are,', () => {
    const refused = { status: 413, body: { detail: expect.stringContaining(String(mostPlanBytes)) } };

    it('before any of it is read, when its length is told', async () => {
      const { sent, answer } = open({ 'content-length': String(mostPlanBytes + 1) });
      sent.flushHeaders();
      expect(await answer).toMatchObject(refused);
      expect(taken).toEqual([]);
      sent.destroy();
    });

    it('when it has come to them', async () => {
      take = async (requests) => {
        let size = 0;
        for await (const { data } of requests) size += data.length;
        return { size, by: 'x' };
      };
      const { sent, answer } = open();
      const piece = Buffer.alloc(mebibyte);
      for (let size = 0; size <= mostPlanBytes; size += piece.length) if (!sent.write(piece)) await once(sent, 'drain');
      sent.end();
      expect(await answer).toMatchObject(refused);
    });

    it('when it unfolds into them', async () => {
      take = async (requests) => {
        for await (const _ of requests);
        return { size: 0, by: 'x' };
      };
      const piece = Buffer.concat([randomBytes(kibibyte), Buffer.alloc(63 * kibibyte)]);
      const zipped = gzipSync(Buffer.concat(Array.from({ length: mostPlanBytes / piece.length + 1 }, () => piece)), { level: 1 });
      expect(zipped.length).toBeLessThan(mostPlanBytes / 20);
      expect(await post(zipped, { 'content-encoding': 'gzip' })).toMatchObject(refused);
    });

    it('also when it is sent by RPC', async () => {
      const piece = { data: Buffer.alloc(4 * mebibyte - 100) };
      const pieces = [{ lampId }, ...Array.from({ length: 17 }, () => piece)];
      take = async (requests) => {
        for await (const _ of requests);
        return { size: 0, by: 'x' };
      };
      const sent = fixture.invokeStream(contract.method(lampService, 'UploadPlan'), pieces, { deadline: Date.now() + 10_000, principal });
      await expect(sent).rejects.toMatchObject({ kind: 'invalid_input', message: expect.stringContaining(String(mostPlanBytes)) });
    });
  });

  it('sent by RPC is refused when a later message names once more what stands in the first', async () => {
    const pieces = [
      { lampId, data: Buffer.from('a') },
      { lampId, sheet: 2, data: Buffer.from('b') },
    ];
    const sent = fixture.invokeStream(contract.method(lampService, 'UploadPlan'), pieces, { deadline: Date.now() + 5000, principal });
    await expect(sent).rejects.toMatchObject({
      kind: 'invalid_input',
      message: expect.stringContaining('Message 2 of the stream'),
      violations: [{ pointer: '/lampId', message: expect.stringContaining('leave it out') }, { pointer: '/sheet' }],
    });
    const without = fixture.invokeStream(contract.method(lampService, 'UploadPlan'), [{ data: Buffer.from('a') }], {
      deadline: Date.now() + 5000,
      principal,
    });
    await expect(without).rejects.toMatchObject({ kind: 'invalid_input', violations: [{ pointer: '/lampId' }] });
  });

  it.each<[string, Record<string, string>, string, number]>([
    ['within a form', { 'content-type': 'multipart/form-data; boundary=x' }, path, 415],
    ['in an unknown encoding', { 'content-encoding': 'br' }, path, 415],
    ['that is not the gzip that it says', { 'content-encoding': 'gzip' }, path, 400],
    ['with an Idempotency-Key', { 'idempotency-key': 'k' }, path, 400],
    ['with bytes in its query', {}, `${path}?data=YQ`, 422],
    ['with a field of its path in its query', {}, `${path}?lampId=${lampId}`, 422],
    ['with a name twice', {}, `${path}?fileName=a&fileName=b`, 422],
  ])('%s is refused', async (_, headers, at, status) => {
    expect(await post('x', headers, at)).toMatchObject({ status, body: { status, detail: expect.any(String) } });
    expect(taken).toEqual([]);
  });

  it('is refused for who may not send it, before any of it is read', async () => {
    principal = { ...person, permissions: ['lamps.read'] };
    const { sent, answer } = open();
    sent.write('x');
    expect(await answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining('lamps.plan') } });
    expect(taken).toEqual([]);
    sent.destroy();
  });

  describe('that is cut off in the middle is no file', () => {
    it.each([
      ['with a length', { 'content-length': '1000' }],
      ['in chunks', {}],
      ['with gzip', { 'content-encoding': 'gzip' }],
    ])('%s: its taker hears it, and nothing half is taken', async (_, headers) => {
      const [begun, begin] = makeLatch<void>();
      const [ended, end] = makeLatch<unknown>();
      take = async (requests, call) => {
        try {
          for await (const _piece of requests) begin();
          end('its own end');
        } catch (error) {
          end(error);
          throw error;
        }
        return await call.beginDecision().commit({}, { size: 1, by: 'x' });
      };
      const { sent } = open(headers);
      sent.write('content-encoding' in headers ? gzipSync('abc'.repeat(100), { finishFlush: constants.Z_SYNC_FLUSH }) : 'abc');
      await begun;
      await leave(sent);
      expect(await ended).toMatchObject({ kind: 'unavailable' });
    });
  });

  it('may be answered before its end, and its sender hears it at once', async () => {
    take = async (requests) => {
      for await (const _ of requests) return { size: 1, by: 'early' };
      return { size: 0, by: 'x' };
    };
    const { sent, answer } = open();
    sent.write(Buffer.alloc(mebibyte));
    expect(await answer).toEqual({ status: 200, body: { size: 1, by: 'early' } });
    sent.destroy();
  });

  it('counts against what the hub may hold, and gives its place back however it ends', async () => {
    const most = fixtureLimits.heldBytes / longestPiece;
    const openMany = async () => {
      const opened = [];
      for (let index = 0; index < most; index++) {
        const before = taken.length;
        opened.push(open());
        opened.at(-1)?.sent.write('a');
        await untilTrue(() => taken.length > before);
      }
      return opened;
    };
    fixture.log.length = 0;
    for (const { sent } of await openMany()) await leave(sent);
    await untilTrue(() => fixture.log.filter(({ status }) => status === 499).length === most);
    const opened = await openMany();
    expect(await post('x')).toMatchObject({ status: 503, body: { detail: expect.stringContaining('holds as much') } });
    for (const { sent, answer } of opened) {
      sent.end();
      expect(await answer).toMatchObject({ status: 200 });
    }
    expect(await post('x')).toMatchObject({ status: 200 });
  });

  it('is ended when the hub is about to stop, and no other is taken', async () => {
    const { sent, answer } = open();
    sent.write('a');
    await untilTrue(() => taken.length === 1);
    fixture.drainRest();
    expect(await answer).toMatchObject({ status: 503, body: { detail: expect.stringContaining('stopping') } });
    expect(await post('x')).toMatchObject({ status: 503 });
    sent.destroy();
  });
});

async function leave(sent: ClientRequest): Promise<void> {
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.destroy();
  await closed;
  await nextTurn();
}
