import { Client, credentials, Metadata, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { type IngestRequest, type IngestResponse, IngestService } from '../../generated/opora/monitoring/v1/monitoring.ts';
import { newUuid, systemClock } from '../../platform/clock/clock.ts';
import { loadContract } from '../../platform/contract/load-contract.ts';
import type { Database } from '../../platform/postgres/database.ts';
import type { CallOptions } from '../../platform/rpc/call.ts';
import { createClient } from '../../platform/rpc/client.ts';
import { createGrpcTransport } from '../../platform/rpc/grpc.ts';
import { createInProcessTransport } from '../../platform/rpc/in-process.ts';
import { bindMethods } from '../../platform/rpc/server.ts';
import type { RpcTransport } from '../../platform/rpc/transport.ts';
import { serve } from '../../platform/service/define-service.ts';
import { createMetrics } from '../../platform/telemetry/metrics.ts';
import { type Benchmark, drive, perSecond, thousands } from './benchmark.ts';
import { silent } from './log-latency.ts';

const lanes = 16;
const count = 30_000;
/** They take turns, so that what the machine does meanwhile is the same for both. */
const rounds = 6;
const contract = loadContract();
const request: IngestRequest = { source: 'alertmanager', contentType: 'application/json', body: Buffer.alloc(500, 120) };
const answer: IngestResponse = { eventId: newUuid(), opened: 1, repeated: 2, resolved: 3 };
const options = (): CallOptions => ({
  deadline: Date.now() + 10_000,
  principal: { kind: 'service', id: 'bench', name: 'bench', permissions: ['*'] },
});

export const rpc: Benchmark = {
  name: 'rpc',
  async run(report) {
    report('raw grpc-js with the same message, and the same over our gRPC transport, in turn');
    const proof = { key: 'a key of more than thirty-two characters' };
    let port = 0;
    const transport = createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer: () => `127.0.0.1:${port}`, proof, log: silent });
    await serveIngest(transport);
    port = transport.port() ?? 0;
    const ours = createClient(IngestService, { contract, transport });
    const bare = await startRaw();
    const spent = { ours: 0, raw: 0 };
    await drive(count / 3, lanes, bare.call);
    await drive(count / 3, lanes, () => ours.ingest(request, options()));
    for (let round = 0; round < rounds; round++) {
      spent.raw += (await drive(count / rounds, lanes, bare.call)).seconds;
      spent.ours += (await drive(count / rounds, lanes, () => ours.ingest(request, options()))).seconds;
    }
    bare.stop();
    await transport.stop();
    const [raw, grpc] = [perSecond(count, spent.raw), perSecond(count, spent.ours)];
    report('the same in process');
    const inProcess = createInProcessTransport();
    await serveIngest(inProcess);
    const client = createClient(IngestService, { contract, transport: inProcess });
    await drive(count, 1, () => client.ingest(request, options()));
    const { seconds } = await drive(count, 1, () => client.ingest(request, options()));
    const microseconds = (seconds / count) * 1e6;
    return [
      {
        what: `RPC unary over gRPC, ${lanes} at once, 500 B`,
        measured: `${thousands(grpc)}/s`,
        floor: `raw grpc-js with the same message: ${thousands(raw)}/s`,
        ratio: grpc / raw,
        reach: '≥ 0.8',
        reached: grpc / raw >= 0.8,
      },
      { what: 'RPC unary in process', measured: `${microseconds.toFixed(1)} µs a call`, reach: '< 50 µs', reached: microseconds < 50 },
    ];
  },
};

async function serveIngest(transport: RpcTransport): Promise<void> {
  const unused = new Proxy({}, { get: () => () => Promise.reject(new Error('This benchmark writes nothing.')) }) as Database;
  const served = [serve(IngestService, { ingest: async () => answer })];
  const bound = bindMethods({ served, contract, database: unused, clock: systemClock, newId: newUuid, log: silent, metrics: createMetrics() });
  for (const [name, methods] of Object.entries(bound)) await transport.serve(name, methods);
}

/** grpc-js by itself: the same bytes encoded by the same codec, and nothing else of ours. */
async function startRaw(): Promise<{ call(): Promise<void>; stop(): void }> {
  const path = '/opora.monitoring.v1.IngestService/Ingest';
  const encodeRequest = (value: IngestRequest) => Buffer.from(contract.encode('opora.monitoring.v1.IngestRequest', value));
  const decodeRequest = (bytes: Buffer) => contract.decode('opora.monitoring.v1.IngestRequest', bytes) as IngestRequest;
  const encodeAnswer = (value: IngestResponse) => Buffer.from(contract.encode('opora.monitoring.v1.IngestResponse', value));
  const decodeAnswer = (bytes: Buffer) => contract.decode('opora.monitoring.v1.IngestResponse', bytes) as IngestResponse;
  const definition: ServiceDefinition = {
    Ingest: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: encodeRequest,
      requestDeserialize: decodeRequest,
      responseSerialize: encodeAnswer,
      responseDeserialize: decodeAnswer,
    },
  };
  const server = new Server();
  server.addService(definition, { Ingest: (_call: unknown, done: (error: null, value: IngestResponse) => void) => done(null, answer) });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = () =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(path, encodeRequest, decodeAnswer, request, new Metadata(), { deadline: Date.now() + 10_000 }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  return {
    call,
    stop() {
      client.close();
      server.forceShutdown();
    },
  };
}
