import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Envelope } from '../../platform/bus/event.ts';
import type { EventTail } from '../../platform/bus/event-log.ts';
import { systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import { createEdge } from '../../platform/http/create-edge.ts';
import { type HttpServer, serveHttp } from '../../platform/http/serve-http.ts';
import { createLogger } from '../../platform/log/logger.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import type { Identifier, Identity } from './identify.ts';
import { mountStream } from './stream.ts';

const megabyte = 1024 * 1024;

let identity: Identity = {
  principal: { kind: 'account', id: 'a', name: 'a', permissions: ['*'] },
  credentialId: 'c',
  expiresAt: Number.POSITIVE_INFINITY,
};
const identifier: Identifier = {
  recognize: async () => identity,
  identify: async () => identity,
  hear: () => undefined,
  forget: () => undefined,
  onEnded: () => undefined,
};

/** A log whose events come when the test says so. */
function createSource() {
  const hearers = new Set<Parameters<EventTail>[0]['onEvent']>();
  let position = 0;
  const tail: EventTail = async ({ onEvent }) => {
    hearers.add(onEvent);
    return { stop: async () => void hearers.delete(onEvent) };
  };
  return {
    tail,
    hearers,
    say(subject: string) {
      const event: Envelope = {
        id: String(++position),
        type: 'opora.tickets.v1.TicketOpened',
        key: 'x',
        source: 'tickets',
        time: '2026-03-01T00:00:00.000Z',
        data: { subject },
      };
      for (const hear of hearers) hear(event, `tickets:${position}`);
    },
  };
}

const source = createSource();
let server: HttpServer;
let stream: ReturnType<typeof mountStream>;

beforeAll(async () => {
  const log = createLogger({ level: 'silent' });
  const limits = { bodyBytes: 1, inFlight: 10, heldBytes: 1, perPrincipal: 100, perAddress: 100 };
  const app = createEdge({
    log,
    metrics: createMetrics(),
    limits,
    trustedProxies: [],
    quietPaths: [],
    mount(mounted, edge) {
      stream = mountStream(mounted, edge, { tail: source.tail, contract: loadContract(), clock: systemClock, log }, identifier);
    },
  });
  server = await serveHttp(app, { host: '127.0.0.1', port: 0, portVariable: 'OPORA_PORT' });
});
afterAll(async () => {
  await Promise.all([server.drain(1_000), stream.drain()]);
});

describe('a reader of the stream', () => {
  it('who does not read is let go, and what waited for them is forgotten', async () => {
    const response = await new Promise<IncomingMessage>((resolve) => request(`${server.url}/api/v1/stream`, resolve).end());
    response.pause();
    const said = 60 * megabyte;
    const before = process.memoryUsage().rss;
    for (let bytes = 0; bytes < said; bytes += 100_000) {
      source.say('x'.repeat(100_000));
      await sleep(0);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * megabyte);
    let received = 0;
    response.on('data', (chunk: Buffer) => (received += chunk.length));
    response.on('error', () => undefined);
    const closed = new Promise((resolve) => response.on('close', resolve));
    response.resume();
    await closed;
    // The systems' own buffers between the two hold some megabytes; the rest was never sent.
    expect(received).toBeLessThan(said / 3);
  });

  it('sees nothing by rights on some objects only: an event does not say whose it is', async () => {
    const whole = identity;
    const grants = [{ permission: 'tickets.read', where: { site: ['N'] } }];
    identity = { ...whole, principal: { kind: 'account', id: 'b', name: 'b', permissions: ['cmdb.read'], grants } };
    const response = await fetch(`${server.url}/api/v1/stream`);
    identity = whole;
    const other = await fetch(`${server.url}/api/v1/stream`);
    source.say('whose is it');
    await stream.drain();
    expect(await response.text()).not.toContain('whose is it');
    expect(await other.text()).toContain('whose is it');
  });

  it('is sent away when the hub stops', async () => {
    const response = await fetch(`${server.url}/api/v1/stream`);
    const text = response.text();
    source.say('last words');
    await stream.drain();
    expect(await text).toContain('last words');
    expect(source.hearers.size).toBe(0);
  });
});
