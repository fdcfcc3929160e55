import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Client, credentials, loadPackageDefinition, Metadata, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as healthService } from 'grpc-health-check';
import { AppError } from '../errors/app-error.ts';
import { createLogger } from '../log/logger.ts';
import type { CallOptions } from './call.ts';
import { loadNotesContract } from './fixtures/notes-contract.ts';
import { openTcpGate, type TcpGate } from './fixtures/tcp-gate.ts';
import { createGrpcTransport, type GrpcOptions, type GrpcTransport } from './grpc.ts';
import type { BoundMethod, BoundStream } from './transport.ts';

const service = 'opora.notes.v1.NoteService';
const contract = loadNotesContract();
const key = 'k'.repeat(32);
const within = (milliseconds: number): CallOptions => ({
  deadline: Date.now() + milliseconds,
  principal: { kind: 'account', id: 'a-1', name: 'Мария', permissions: ['notes.write'] },
});
const answerNothing: BoundMethod = async () => ({ body: new Uint8Array(), replayed: false });

describe('the mesh by gRPC', () => {
  const opened: GrpcTransport[] = [];
  let lines: string[];
  let gate: TcpGate | undefined;

  const open = (options: Partial<GrpcOptions> = {}): GrpcTransport => {
    const log = createLogger({ stream: { write: (line) => lines.push(line) } });
    const transport = createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer: () => '127.0.0.1:1', proof: { key }, log, ...options });
    opened.push(transport);
    return transport;
  };
  const openServing = async (options: Partial<GrpcOptions> = {}, whoAmI = answerNothing): Promise<GrpcTransport> => {
    const serving = open(options);
    await serving.serve(service, { WhoAmI: whoAmI });
    return serving;
  };
  const ask = (transport: GrpcTransport, milliseconds = 2000) => transport.invoke(service, 'WhoAmI', new Uint8Array(), within(milliseconds));
  const countRebuilt = () => lines.filter((line) => line.includes('built anew')).length;

  beforeEach(() => {
    lines = [];
  });
  afterEach(async () => {
    for (const transport of opened.splice(0)) await transport.stop();
    await gate?.close();
    gate = undefined;
  });

  describe('believes a caller', () => {
    it('that has the key, and no other', async () => {
      const serving = await openServing();
      const findPeer = () => `127.0.0.1:${serving.port()}`;
      expect((await ask(open({ findPeer }))).body).toHaveLength(0);
      for (const wrong of ['x'.repeat(32), 'k', `${key}k`]) {
        await expect(ask(open({ findPeer, proof: { key: wrong } }))).rejects.toMatchObject({ kind: 'unauthenticated' });
      }
    });

    it('that has a certificate of the mesh’s authority, and no other', async () => {
      const path = (name: string) => fileURLToPath(new URL(`./fixtures/tls/${name}`, import.meta.url));
      const proof = { tls: { cert: path('service.pem'), key: path('service.key'), ca: path('ca.pem') } };
      const serving = await openServing({ proof });
      const findPeer = () => `localhost:${serving.port()}`;
      expect((await ask(open({ findPeer, proof }))).body).toHaveLength(0);
      const stranger = { tls: { ...proof.tls, cert: path('stranger.pem'), key: path('stranger.key') } };
      await expect(ask(open({ findPeer, proof: stranger }), 1000)).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(ask(open({ findPeer }), 1000)).rejects.toMatchObject({ kind: 'unavailable' });
    });
  });

  describe('tells tools', () => {
    it('by the health service what it serves', async () => {
      const serving = await openServing();
      const Health = loadPackageDefinition({ Health: healthService })['Health'] as ServiceClientConstructor;
      const client = new Health(`127.0.0.1:${serving.port()}`, credentials.createInsecure());
      const check = (name: string) =>
        new Promise((resolve) => void client['check']?.({ service: name }, (error: unknown, answer: unknown) => resolve(error ?? answer)));
      expect(await check(service)).toMatchObject({ status: 'SERVING' });
      expect(await check('opora.other.v1.OtherService')).toMatchObject({ code: 5 });
      client.close();
    });

    it('by reflection which services and messages there are', async () => {
      const serving = await openServing();
      const proto = fileURLToPath(new URL('../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto', import.meta.url));
      const definition = loadSync(proto)['grpc.reflection.v1.ServerReflection'];
      const Reflection = loadPackageDefinition({ Reflection: definition as never })['Reflection'] as ServiceClientConstructor;
      const client = new Reflection(`127.0.0.1:${serving.port()}`, credentials.createInsecure());
      const stream = client['serverReflectionInfo']?.();
      stream.write({ listServices: '' });
      const [listed] = await once(stream, 'data');
      expect(listed.listServicesResponse.service).toContainEqual({ name: service });
      stream.write({ fileContainingSymbol: 'opora.notes.v1.Note' });
      const [found] = await once(stream, 'data');
      expect(found.fileDescriptorResponse.fileDescriptorProto.length).toBeGreaterThan(0);
      stream.end();
      client.close();
    });
  });

  describe('tells the other processes', () => {
    it('which parts of this one are ready', async () => {
      const serving = await openServing();
      const asking = open({ findPeer: (peer) => (peer === 'notes' ? `127.0.0.1:${serving.port()}` : '127.0.0.1:1') });
      serving.tellHealth('notes', false);
      serving.tellHealth('kafka', true);
      expect(await asking.askHealth('notes', 2_000)).toEqual({ '': true, [service]: true, notes: false, kafka: true });
      serving.tellHealth('notes', true);
      expect(await asking.askHealth('notes', 2_000)).toMatchObject({ notes: true });
      await expect(asking.askHealth('lamps', 200)).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('nothing while it is frozen, and is not taken for a stuck connection by who only looked', async () => {
      const serving = await openServing();
      const { port, freezeOpen } = (gate = await openTcpGate(() => serving.port() ?? 0));
      const asking = open({ findPeer: () => `127.0.0.1:${port}` });
      await asking.askHealth('notes', 2_000);
      freezeOpen();
      for (let missed = 0; missed < 4; missed++) await expect(asking.askHealth('notes', 100)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(countRebuilt()).toBe(0);
    });
  });

  it('takes the end of another client’s stream for its end', async () => {
    const serving = open();
    const counting: BoundStream = async (requests) => {
      let count = 0;
      for await (const message of requests) count += message.length;
      return { body: Buffer.alloc(count), replayed: false };
    };
    await serving.serve(service, {}, { taking: { TakeNotes: counting } });
    const client = new Client(`127.0.0.1:${serving.port()}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('opora-mesh-key', key);
    const answer = new Promise((resolve, reject) => {
      const asItIs = (bytes: Buffer) => bytes;
      const sent = client.makeClientStreamRequest(`/${service}/TakeNotes`, asItIs, asItIs, metadata, (error, body) =>
        error ? reject(error) : resolve(body),
      );
      sent.write(Buffer.alloc(3));
      sent.end(Buffer.alloc(4));
    });
    expect(await answer).toHaveLength(7);
    client.close();
  });

  it('goes over to a new connection from time to time, without a call that fails or waits', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let asked = 0;
    const serving = await openServing({}, async () => {
      if (asked++ === 0) await held;
      return { body: new Uint8Array(), replayed: false };
    });
    const gate = await openTcpGate(() => serving.port() ?? 0);
    const calling = open({ findPeer: () => `127.0.0.1:${gate.port}`, channelAge: 100 });
    const underWay = ask(calling, 20_000);
    while (gate.count() < 4) await ask(calling);
    release();
    expect((await underWay).body).toHaveLength(0);
    await calling.stop();
    await gate.close();
  });

  it('brings back as many violations as fit, and tells of the rest', async () => {
    const violations = Array.from({ length: 100 }, (_, index) => ({ pointer: `/поле/${index}`, message: 'слово '.repeat(100) }));
    const serving = await openServing({}, () => Promise.reject(new AppError('invalid_input', 'нет '.repeat(1000), { violations })));
    const error = await ask(open({ findPeer: () => `127.0.0.1:${serving.port()}` })).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'invalid_input' });
    expect((error as AppError).violations).toHaveLength(41);
    expect((error as AppError).violations.at(-1)).toEqual({ pointer: '', message: 'and 60 more' });
  });

  it('says which address is taken already', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(openServing({ port })).rejects.toThrow(`127.0.0.1:${port}`);
    server.close();
  });

  describe('when a service is down', () => {
    it('says so, with a time to come back, before the deadline', async () => {
      const began = Date.now();
      await expect(ask(open(), 20_000)).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 2 });
      expect(Date.now() - began).toBeLessThan(6000);
    });

    it('waits a little for one that is just starting', async () => {
      const first = await openServing();
      const port = first.port() ?? 0;
      await first.stop();
      const answer = ask(open({ findPeer: () => `127.0.0.1:${port}` }), 5000);
      await openServing({ port });
      expect((await answer).body).toHaveLength(0);
    });
  });

  describe('when a connection is stuck', () => {
    let peer: ChildProcess | undefined;
    afterEach(async () => {
      peer?.kill('SIGKILL');
      peer = undefined;
    });

    it('builds the channel anew after three missed deadlines', async () => {
      const serving = await openServing();
      const { port, freezeOpen } = (gate = await openTcpGate(() => serving.port() ?? 0));
      const calling = open({ findPeer: () => `127.0.0.1:${port}` });
      await ask(calling);
      freezeOpen();
      const hanging = expect(ask(calling, 3000)).rejects.toMatchObject({ kind: 'unavailable' });
      for (let missed = 0; missed < 3; missed++) await expect(ask(calling, 200)).rejects.toMatchObject({ kind: 'unavailable' });
      expect((await ask(calling)).body).toHaveLength(0);
      expect(countRebuilt()).toBe(1);
      await hanging;
    });

    it('builds the channel anew when it only goes on connecting', async () => {
      const serving = await openServing();
      const { port, freezeNew } = (gate = await openTcpGate(() => serving.port() ?? 0));
      freezeNew(true);
      const watchdog = { connectingMilliseconds: 400, missedDeadlines: 3 };
      const calling = open({ findPeer: () => `127.0.0.1:${port}`, watchdog });
      await expect(ask(calling, 300)).rejects.toMatchObject({ kind: 'unavailable' });
      freezeNew(false);
      expect((await ask(calling, 3000)).body).toHaveLength(0);
      expect(countRebuilt()).toBeGreaterThan(0);
    });

    it('goes on by itself with a process that was frozen for a while', async () => {
      peer = fork(fileURLToPath(new URL('./fixtures/peer.mjs', import.meta.url)), { execArgv: [] });
      const [{ port }] = (await once(peer, 'message')) as [{ port: number }];
      const calling = open({ findPeer: () => `127.0.0.1:${port}`, watchdog: { connectingMilliseconds: 500, missedDeadlines: 3 } });
      await ask(calling);
      peer.kill('SIGSTOP');
      for (let missed = 0; missed < 5; missed++) await expect(ask(calling, 300)).rejects.toMatchObject({ kind: 'unavailable' });
      expect(countRebuilt()).toBeGreaterThan(0);
      peer.kill('SIGCONT');
      expect((await ask(calling)).body).toHaveLength(0);
    });
  });
});
