import { newUuid, systemClock } from '../clock/clock.ts';
import { createEdge } from '../http/create-edge.ts';
import { mountRest } from '../http/rest.ts';
import { type HttpServer, serveHttp } from '../http/serve-http.ts';
import { createLogger } from '../log/logger.ts';
import { openTestDatabase, type TestDatabase } from '../postgres/test-database.ts';
import type { Call, Principal } from '../rpc/call.ts';
import { createInvoke, createInvokeAnswers, createInvokeStream } from '../rpc/client.ts';
import { createGrpcTransport, type GrpcTransport } from '../rpc/grpc.ts';
import { bindMethods } from '../rpc/server.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { generateFixture } from './fixtures/generate-fixture.ts';
import { loadContract } from './load-contract.ts';

const lamps = 'opora/lamps/v1/lamps.proto';
const service = 'opora.lamps.v1.LampService';
const id = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const log = createLogger({ level: 'silent' });

/** What a person writes to add a method: this in proto … */
const method = `
  // Lets a lamp blink.
  rpc BlinkLamp(BlinkLampRequest) returns (BlinkLampResponse) {
    option (google.api.http) = {post: "/api/v1/lamps/{lamp_id}/blinks" body: "*"};
    option (opora.api.v1.method).permissions = "lamps.blink";
  }
}
`;
const messages = `
message BlinkLampRequest {
  string lamp_id = 1 [(opora.api.v1.field) = {required: true format: "uuid"}];
  int32 times = 2 [(opora.api.v1.field) = {required: true minimum: 1 maximum: 5}];
}

message BlinkLampResponse {
  repeated string seen = 1;
  string by = 2;
}
`;
/** … and this in its service. */
async function blinkLamp({ lampId, times }: { lampId: string; times: number }, call: Call) {
  return { seen: Array<string>(times).fill(`blink of ${lampId}`), by: call.principal.name };
}

describe('a method added to proto, with its use case and nothing else,', () => {
  const before = generateFixture();
  const made = generateFixture({ [lamps]: (text) => text.replace(/\n\}\n\n(?=\/\/ A lamp\.)/, `\n${method}\n`) + messages });
  const contract = loadContract(made.folder);
  const others = contract.methods
    .filter(({ name }) => name !== 'BlinkLamp')
    .map(({ name }) => [name[0]?.toLowerCase() + name.slice(1), async () => ({})]);
  const person: Principal = { kind: 'account', id: newUuid(), name: 'Мария', permissions: ['lamps.blink'] };
  const running: { stop(): Promise<unknown> }[] = [];
  let database: TestDatabase;
  let calling: GrpcTransport;
  let web: HttpServer;

  beforeAll(async () => {
    running.push(await startTracing({ serviceName: 'test', exported: false }));
    database = await openTestDatabase({ name: 'lamps' });
    const open = (findPeer: () => string) =>
      createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer, proof: { key: 'k'.repeat(32) }, log });
    const serving = open(() => 'none');
    const metrics = createMetrics();
    const served = [{ token: { name: service }, methods: { ...Object.fromEntries(others), blinkLamp } }];
    const bound = bindMethods({ served, contract, database, clock: systemClock, newId: newUuid, log, metrics });
    for (const [name, methods] of Object.entries(bound)) await serving.serve(name, methods);
    calling = open(() => `127.0.0.1:${serving.port()}`);
    running.push(serving, calling);
    const invoke = createInvoke({ contract, transport: calling });
    const invokeStream = createInvokeStream({ contract, transport: calling });
    const invokeAnswers = createInvokeAnswers({ contract, transport: calling });
    const app = createEdge({
      log,
      metrics,
      limits: { bodyBytes: 100_000, inFlight: 10, heldBytes: 1_000_000, perPrincipal: 1000, perAddress: 1000 },
      trustedProxies: [],
      quietPaths: [],
      mount: (mounted, edge) =>
        mountRest(mounted, edge, { contract, clock: systemClock, identify: async () => person, invoke, invokeStream, invokeAnswers }),
    });
    web = await serveHttp(app, { host: '127.0.0.1', port: 0, portVariable: 'OPORA_PORT' });
  });
  afterAll(async () => {
    await web.drain(1000);
    for (const { stop } of running.reverse()) await stop();
    await database.close();
    made.remove();
    before.remove();
  });

  const blink = (body: object) =>
    fetch(`http://127.0.0.1:${web.port}/api/v1/lamps/${id}/blinks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('was not there before', () => {
    expect(() => loadContract(before.folder).method(service, 'BlinkLamp')).toThrow('has no method');
  });

  it('answers by gRPC', async () => {
    const found = contract.method(service, 'BlinkLamp');
    const { answer } = await createInvoke({ contract, transport: calling })(
      found,
      { lampId: id, times: 2 },
      { deadline: Date.now() + 5000, principal: person },
    );
    expect(answer).toEqual({ seen: [`blink of ${id}`, `blink of ${id}`], by: 'Мария' });
  });

  it('answers by REST', async () => {
    const answer = await blink({ times: 1 });
    expect([answer.status, await answer.json()]).toEqual([200, { seen: [`blink of ${id}`], by: 'Мария' }]);
  });

  it('is validated', async () => {
    const answer = await blink({ times: 9, colour: 'red' });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      errors: [
        { pointer: '/colour', message: 'colour is not known here: leave it out, or use one of: lampId, times' },
        { pointer: '/times', message: 'times must be 5 or less' },
      ],
    });
  });

  it('stands in OpenAPI', () => {
    expect(contract.openapi).toHaveProperty(['paths', '/api/v1/lamps/{lampId}/blinks', 'post', 'summary'], 'Lets a lamp blink');
  });

  it('stands in the types: a service without its use case does not compile, one with it does', () => {
    const program = `
      import type { LampService } from './generated/opora/lamps/v1/lamps.ts';
      import { lampLit, type LampsEvent } from './generated/opora/lamps/v1/events.ts';
      declare const rest: Omit<LampService, 'blinkLamp'>;
      // @ts-expect-error blinkLamp is missing
      export const unfinished: LampService = { ...rest };
      export const finished: LampService = {
        ...rest,
        async blinkLamp({ lampId, times }, call) { return { seen: [lampId.trim() + times.toFixed()], by: call.principal.name }; },
      };
      export const type: LampsEvent['type'] = lampLit({ lampId: '1', tags: [], count: 1 }).type;
    `;
    expect(made.compile(program)).toEqual([]);
  }, 60_000);
});
