import { newUuid } from '../clock/clock.ts';
import { createLogger } from '../log/logger.ts';
import type { Principal, StreamCall } from '../rpc/call.ts';
import { createGrpcTransport } from '../rpc/grpc.ts';
import { generateFixture } from './fixtures/generate-fixture.ts';
import { addLightReports, type LightReport, lampService } from './fixtures/light-reports.ts';
import { type ServedFixture, serveFixture } from './fixtures/serve-fixture.ts';
import { loadContract } from './load-contract.ts';

const id = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const seen: LightReport[] = [];

/** All that its service says of it. */
async function reportLight(requests: AsyncIterable<LightReport>, call: StreamCall) {
  seen.length = 0;
  for await (const report of requests) {
    await call.beginDecision().commit({}, {});
    seen.push(report);
  }
  return { reports: seen.length, by: call.principal.name };
}

describe('a method that takes a stream, added to proto with its use case and nothing else,', () => {
  const made = generateFixture(addLightReports);
  const contract = loadContract(made.folder);
  const person: Principal = { kind: 'account', id: newUuid(), name: 'Мария', permissions: ['lamps.report'] };
  let fixture: ServedFixture;

  beforeAll(async () => {
    const log = createLogger({ level: 'silent' });
    const open = (findPeer: () => string) =>
      createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer, proof: { key: 'k'.repeat(32) }, log });
    const serving = open(() => 'none');
    const transports = { serving, calling: open(() => `127.0.0.1:${serving.port()}`) };
    fixture = await serveFixture({ contract, service: lampService, methods: { reportLight }, transports, principal: person });
  });
  afterAll(async () => {
    await fixture.stop();
    made.remove();
  });

  const send = (contentType: string, body: string) =>
    fetch(`${fixture.web.url}/api/v1/lamps/${id}/reports`, { method: 'POST', headers: { 'content-type': contentType }, body });

  it('answers by gRPC', async () => {
    const reports = [
      { lampId: id, key: 'a' },
      { lampId: id, key: 'b', mode: 'dim' },
    ];
    const options = { deadline: Date.now() + 5000, principal: person };
    const { answer } = await fixture.invokeStream(contract.method(lampService, 'ReportLight'), reports, options);
    expect(answer).toEqual({ reports: 2, by: 'Мария' });
    expect(seen).toEqual(reports);
  });

  it('answers by REST, where each line is a message and the path stands in all of them', async () => {
    const answer = await send('application/x-ndjson', '{"key":"a","sensor":{"lux":7}}\n{"key":"b","mode":"off"}\n');
    expect([answer.status, await answer.json()]).toEqual([200, { reports: 2, by: 'Мария' }]);
    expect(seen).toEqual([
      { lampId: id, key: 'a', sensor: '{"lux":7}' },
      { lampId: id, key: 'b', mode: 'off' },
    ]);
  });

  it('answers by REST for a JSON array too', async () => {
    const answer = await send('application/json', '[{"key":"a"},{"key":"b"},{"key":"c"}]');
    expect([answer.status, await answer.json()]).toEqual([200, { reports: 3, by: 'Мария' }]);
  });

  it('is validated, line by line', async () => {
    const answer = await send('application/x-ndjson', '{"key":"a"}\n{"mode":"loud","colour":"red"}\n');
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      errors: [
        { line: 2, pointer: '/key', message: 'key is missing: give it a value' },
        { line: 2, pointer: '/colour', message: expect.stringContaining('colour is not known here') },
        { line: 2, pointer: '/mode', message: 'mode must be one of: on, off, dim' },
      ],
    });
  });

  it('stands in OpenAPI with both forms of its body, and without a key that it does not take', () => {
    const { post } = (contract.openapi as { paths: Record<string, Record<string, Record<string, unknown>>> }).paths[
      '/api/v1/lamps/{lampId}/reports'
    ] as Record<string, Record<string, unknown>>;
    expect(post).toMatchObject({ summary: 'Takes what a lamp reports of itself', description: expect.stringContaining('`lamps.report`') });
    expect(post?.['parameters']).toEqual([{ name: 'lampId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }]);
    const line = { type: 'object', required: ['key'], additionalProperties: false, properties: { sensor: { description: 'Any JSON value.' } } };
    expect(post?.['requestBody']).toMatchObject({
      required: true,
      content: { 'application/x-ndjson': { schema: line }, 'application/json': { schema: { type: 'array', items: line } } },
    });
    expect(JSON.stringify(post?.['requestBody'])).not.toContain('"lampId"');
  });

  it('is told by reflection to take a stream', () => {
    expect(contract.definitions[lampService]).toMatchObject({
      ReportLight: { requestStream: true, responseStream: false },
      GetLamp: { requestStream: false },
    });
  });

  it('stands in the types: it is given an iterable and a call that begins decisions, and its client sends one', () => {
    const program = `
      import { LampService, type LampService as Lamps } from './generated/opora/lamps/v1/lamps.ts';
      import type { Client, StreamCall } from './platform/rpc/call.ts';
      declare const rest: Omit<Lamps, 'reportLight'>;
      declare const client: Client<Lamps>;
      declare const within: Parameters<Client<Lamps>['getLamp']>[1];
      // @ts-expect-error reportLight is missing
      export const unfinished: Lamps = { ...rest };
      export const finished: Lamps = {
        ...rest,
        async reportLight(requests, call) {
          // @ts-expect-error a stream has no decision of its own
          await call.commit({}, {});
          for await (const { key } of requests) await call.beginDecision().commit({}, key.trim());
          return { reports: 1, by: call.principal.name };
        },
      };
      export const sent: Promise<{ reports: number }> = client.reportLight([{ lampId: '1', key: 'a', mode: 'dim' }], within);
      export const token: string = LampService.name;
      export const call: StreamCall | undefined = undefined;
      // @ts-expect-error a stream takes no idempotency key
      void client.reportLight([], { deadline: 1, principal: within.principal, idempotencyKey: 'k' });
    `;
    expect(made.compile(program)).toEqual([]);
  }, 60_000);
});

describe('what a stream cannot be', () => {
  it('is refused with its place', () => {
    const broken = generateFixture({
      'opora/flows/v1/flows.proto': `syntax = "proto3";
package opora.flows.v1;
import "google/api/annotations.proto";
import "opora/api/v1/options.proto";
service FlowService {
  rpc Watch(Part) returns (stream Part);
  rpc Chat(stream Part) returns (stream Part);
  rpc Change(stream Part) returns (Part) {
    option (opora.api.v1.method).needs_if_match = true;
  }
  rpc Route(stream Part) returns (Part) {
    option (opora.api.v1.method).routed_by = "host";
  }
  rpc Ask(stream Part) returns (Part) {
    option (google.api.http) = {get: "/api/v1/flows"};
  }
}
message Part {
  string host = 1;
  int32 expected_version = 2;
}
`,
    });
    expect(broken.refusals).toEqual([
      'proto/opora/flows/v1/flows.proto:6: FlowService.Watch: a stream of answers is a file: name the field of its bytes in answer_bytes. Lists are paged and news are events',
      'proto/opora/flows/v1/flows.proto:7: FlowService.Chat: a stream goes one way: a method takes one or gives one',
      'proto/opora/flows/v1/flows.proto:8: FlowService.Change: needs_if_match is for a method that takes one message: there is no one object that a stream changes',
      'proto/opora/flows/v1/flows.proto:11: FlowService.Route: routed_by is for a method that takes one message: a stream is sent before its fields are known',
      'proto/opora/flows/v1/flows.proto:14: FlowService.Ask: a stream stands in the body: give its route body: "*"',
    ]);
    broken.remove();
  });
});
