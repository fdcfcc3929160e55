import { newUuid } from '../clock/clock.ts';
import type { Principal, ReadCall, StreamCall } from '../rpc/call.ts';
import { openTransports, waysOfTransport } from '../rpc/each-transport.contract.ts';
import { generateFixture } from './fixtures/generate-fixture.ts';
import { addLampPlans, type UploadPlanRequest } from './fixtures/lamp-plans.ts';
import { lampService } from './fixtures/light-reports.ts';
import { type ServedFixture, serveFixture } from './fixtures/serve-fixture.ts';
import { loadContract } from './load-contract.ts';

const lampId = '0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f';
const plan = 'Насос;Зал\r\n4;2\r\n';
const made = generateFixture(addLampPlans);
const contract = loadContract(made.folder);
afterAll(() => made.remove());

/** All that its service says of it. */
const methods = {
  async uploadPlan(requests: AsyncIterable<UploadPlanRequest>, call: StreamCall) {
    const pieces: Uint8Array[] = [];
    let [fileName, sheet]: [string | undefined, number | undefined] = [undefined, undefined];
    for await (const request of requests) {
      fileName ??= request.fileName;
      sheet ??= request.sheet;
      pieces.push(request.data);
    }
    const text = Buffer.concat(pieces).toString();
    return await call.beginDecision().commit({}, { size: text.length, by: [call.principal.name, fileName, sheet, text].join('|') });
  },
  async *downloadPlan({ format = 'csv' }: { lampId: string; format?: string }, call: ReadCall) {
    yield { data: Buffer.from(plan.slice(0, 5)), name: `План ${call.principal.name}.${format}`, mediaType: 'text/csv; charset=utf-8' };
    yield { data: Buffer.from(plan.slice(5)) };
  },
  async *exportPlans({ streets }: { streets: string[] }) {
    yield { data: Buffer.from(streets.join()) };
  },
};

describe.each(waysOfTransport)('methods with files, added to proto with their use cases and nothing else, answered %s', (by) => {
  const person: Principal = { kind: 'account', id: newUuid(), name: 'Мария', permissions: ['lamps.plan'] };
  let fixture: ServedFixture;

  beforeAll(async () => {
    fixture = await serveFixture({ contract, service: lampService, methods, transports: openTransports(by, contract), principal: person });
  });
  afterAll(() => fixture.stop());

  const at = (path: string) => `${fixture.web.url}/api/v1/lamps/${path}`;
  const options = () => ({ deadline: Date.now() + 5000, principal: person });

  it('take a file by REST as it is, with what path and query say', async () => {
    const answer = await fetch(at(`${lampId}/plan?fileName=%D0%9F%D0%BB%D0%B0%D0%BD.csv&sheet=2`), { method: 'POST', body: Buffer.from(plan) });
    expect([answer.status, await answer.json()]).toEqual([200, { size: plan.length, by: `Мария|План.csv|2|${plan}` }]);
  });

  it('take a file by RPC as the messages that its sender makes', async () => {
    const pieces = [{ lampId, fileName: 'a' }, { data: Buffer.from(plan.slice(0, 3)) }, { data: Buffer.from(plan.slice(3)) }];
    const { answer } = await fixture.invokeStream(contract.method(lampService, 'UploadPlan'), pieces, options());
    expect(answer).toEqual({ size: plan.length, by: `Мария|a||${plan}` });
  });

  it('give a file by REST as it is, with its name and type', async () => {
    const answer = await fetch(at(`${lampId}/plan?format=xlsx`));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toContain(`filename*=UTF-8''%D0%9F%D0%BB%D0%B0%D0%BD%20`);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-length')).toBeNull();
    expect(await answer.text()).toBe(plan);
  });

  it('give a file by REST for a body of JSON', async () => {
    const body = JSON.stringify({ streets: ['a', 'b'] });
    const answer = await fetch(at('plans/export'), { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition'), await answer.text()]).toEqual([
      200,
      'application/octet-stream',
      'attachment',
      'a,b',
    ]);
  });

  it('give a file by RPC as the messages that the service makes', async () => {
    const pieces: object[] = [];
    for await (const piece of fixture.invokeAnswers(contract.method(lampService, 'DownloadPlan'), { lampId }, options())) pieces.push(piece);
    expect(pieces).toEqual([
      { data: Buffer.from(plan.slice(0, 5)), name: 'План Мария.csv', mediaType: 'text/csv; charset=utf-8' },
      { data: Buffer.from(plan.slice(5)) },
    ]);
  });

  it('are validated', async () => {
    const upload = await fetch(at('7/plan?sheet=0&colour=red'), { method: 'POST', body: 'x' });
    expect([upload.status, await upload.json()]).toMatchObject([
      422,
      { errors: [{ pointer: '/colour' }, { pointer: '/lampId' }, { pointer: '/sheet' }] },
    ]);
    const download = await fetch(at(`${lampId}/plan?format=pdf`));
    expect([download.status, await download.json()]).toMatchObject([
      422,
      { errors: [{ pointer: '/format', message: 'format must be one of: csv, xlsx' }] },
    ]);
  });
});

describe('methods with files', () => {
  const paths = (contract.openapi as { paths: Record<string, Record<string, Record<string, unknown>>> }).paths;
  const binary = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

  it('stand in OpenAPI with the file as their body or their answer', () => {
    const { post, get } = paths['/api/v1/lamps/{lampId}/plan'] as Record<string, Record<string, unknown>>;
    expect(post).toMatchObject({
      requestBody: { required: true, description: expect.stringContaining('67108864'), content: binary },
      parameters: [
        { name: 'lampId', in: 'path', required: true },
        { name: 'fileName', in: 'query', schema: { type: 'string', minLength: 1, maxLength: 200 } },
        { name: 'sheet', in: 'query' },
      ],
      responses: { 200: { content: { 'application/json': {} } }, 413: {}, 415: {} },
    });
    expect(get).toMatchObject({ responses: { 200: { content: binary, headers: { 'Content-Disposition': {} } }, 403: {}, 404: {} } });
    const { post: exported } = paths['/api/v1/lamps/plans/export'] as Record<string, Record<string, unknown>>;
    expect(exported).toMatchObject({ requestBody: { content: { 'application/json': {} } }, responses: { 200: { content: binary } } });
    expect(exported?.['parameters']).toBeUndefined();
    expect(JSON.stringify(contract.openapi)).not.toContain('opora.api.v1.FileChunk');
  });

  it('are taken by no batch', () => {
    expect(JSON.stringify(paths['/api/v1/lamps:batch'])).not.toMatch(/UploadPlan|ExportPlans/);
  });

  it('are told by reflection to take and to give streams', () => {
    expect(contract.definitions[lampService]).toMatchObject({
      UploadPlan: { requestStream: true, responseStream: false },
      DownloadPlan: { requestStream: false, responseStream: true },
    });
  });

  it('stand in the types: one gives an iterable and can commit nothing, and its client is given one', () => {
    const program = `
      import type { FileChunk } from './generated/opora/api/v1/file.ts';
      import type { LampService as Lamps } from './generated/opora/lamps/v1/lamps.ts';
      import type { Client } from './platform/rpc/call.ts';
      declare const rest: Omit<Lamps, 'downloadPlan'>;
      declare const client: Client<Lamps>;
      declare const within: Parameters<Client<Lamps>['getLamp']>[1];
      // @ts-expect-error downloadPlan is missing
      export const unfinished: Lamps = { ...rest };
      export const finished: Lamps = {
        ...rest,
        async *downloadPlan({ lampId, format }, call) {
          // @ts-expect-error it only reads
          await call.commit({}, {});
          yield { data: Buffer.from(lampId), name: call.principal.name + (format satisfies 'csv' | 'xlsx' | undefined), mediaType: String(call.now) };
        },
      };
      export const given: AsyncIterable<FileChunk> = client.downloadPlan({ lampId: '1' }, within);
      export const taken: Promise<{ size: number }> = client.uploadPlan([{ lampId: '1', data: Buffer.from('a') }], within);
    `;
    expect(made.compile(program)).toEqual([]);
  }, 60_000);
});

describe('what a file cannot be', () => {
  it('is refused with its place', () => {
    const broken = generateFixture({
      'opora/files/v1/files.proto': `syntax = "proto3";
package opora.files.v1;
import "google/api/annotations.proto";
import "opora/api/v1/options.proto";
service FileService {
  rpc Watch(Part) returns (stream Part);
  rpc Chat(stream Part) returns (stream Part) {
    option (opora.api.v1.method).answer_bytes = "data";
  }
  rpc Put(Part) returns (Part) {
    option (opora.api.v1.method).body_bytes = "data";
  }
  rpc Get(Part) returns (Part) {
    option (opora.api.v1.method).answer_bytes = "data";
  }
  rpc Name(stream Part) returns (Empty) {
    option (opora.api.v1.method).body_bytes = "name";
  }
  rpc Rule(Empty) returns (stream Part) {
    option (opora.api.v1.method).answer_bytes = "ruled";
  }
  rpc Most(stream Part) returns (Empty) {
    option (opora.api.v1.method).max_bytes = 7;
  }
  rpc Make(Empty) returns (stream Part) {
    option (google.api.http) = {post: "/api/v1/files" body: "*"};
    option (opora.api.v1.method) = {answer_bytes: "data" location: "/api/v1/files/{name}"};
  }
  rpc Bring(stream Part) returns (Empty) {
    option (google.api.http) = {post: "/api/v1/files/bring" body: "*"};
    option (opora.api.v1.method) = {body_bytes: "data" max_bytes: 0};
  }
}
message Part {
  string name = 1;
  bytes data = 2;
  bytes ruled = 3 [(opora.api.v1.field).required = true];
}
message Empty {}
`,
    });
    expect(broken.refusals.map((line) => line.replace('proto/opora/files/v1/files.proto:', ''))).toEqual([
      '6: FileService.Watch: a stream of answers is a file: name the field of its bytes in answer_bytes. Lists are paged and news are events',
      '7: FileService.Chat: a stream goes one way: a method takes one or gives one',
      '7: FileService.Chat: answer_bytes is for a method that gives a stream',
      '10: FileService.Put: body_bytes is for a method that takes a stream',
      '13: FileService.Get: answer_bytes is for a method that gives a stream',
      '16: FileService.Name: body_bytes: name is not a single bytes field of Part',
      '19: FileService.Rule: answer_bytes: Part.ruled has rules of its own, and a file comes in as many pieces as it likes: max_bytes limits the whole',
      '22: FileService.Most: max_bytes belongs to body_bytes',
      '25: FileService.Make: Part.ruled has bytes: a message of REST has none, except the file that body_bytes or answer_bytes names',
      '25: FileService.Make: location is for a method that makes something: a stream of answers only reads',
      '29: FileService.Bring: max_bytes is more than 0',
      '29: FileService.Bring: Part.ruled has bytes: a message of REST has none, except the file that body_bytes or answer_bytes names',
    ]);
    broken.remove();
  });
});
