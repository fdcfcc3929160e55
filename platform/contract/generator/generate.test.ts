import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv, type SchemaObject } from 'ajv';
import { generateFixture } from '../fixtures/generate-fixture.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

describe('what is made of proto', () => {
  const made = generateFixture();
  const contract = JSON.parse(made.read('contract.json'));
  const openapi = JSON.parse(made.read('openapi.json'));
  const asyncapi = JSON.parse(made.read('asyncapi.json'));
  afterAll(() => made.remove());

  it('is TypeScript that a person would have written: literal unions, optional keys, lists, maps, service and token', () => {
    expect(made.read('opora/lamps/v1/lamps.ts')).toBe(fixture('expected/lamps.ts.txt'));
  });

  it('is a constructor for each event, keyed by the field that the contract names, and one union of them', () => {
    expect(made.read('opora/lamps/v1/events.ts')).toBe(fixture('expected/events.ts.txt'));
  });

  it('tells the schema of a message by the rules of its fields', () => {
    expect(contract.components.schemas['opora.lamps.v1.CreateLampRequest']).toEqual({
      type: 'object',
      properties: {
        street: { type: 'string', minLength: 1, maxLength: 20, examples: ['Невский проспект'] },
        mode: { type: 'string', enum: ['on', 'off', 'dim'] },
        position: { $ref: '#/components/schemas/opora.lamps.v1.Position' },
        maker: { type: 'string', json: true },
        tags: { type: 'array', items: { type: 'string', pattern: '^(?:[a-z]+)$', examples: ['old'] }, maxItems: 3, default: [] },
        neighbours: { type: 'object', additionalProperties: { $ref: '#/components/schemas/opora.lamps.v1.Position' }, default: {} },
        litAt: { type: 'string', format: 'date-time' },
        broken: { type: 'boolean', default: false },
        notes: { type: 'array', items: { type: 'string', json: true }, default: [] },
      },
      required: ['street'],
      additionalProperties: false,
    });
  });

  it('tells where each method stands in REST, who may call it and whether it may be repeated', () => {
    const routes = contract.methods.map(({ name, http }: { name: string; http?: { verb: string; path: string; status: number } }) =>
      http ? `${name} ${http.verb} ${http.path} ${http.status}` : name,
    );
    expect(routes).toEqual([
      'CreateLamp post /api/v1/lamps 201',
      'GetLamp get /api/v1/lamps/:lampId 200',
      'ListLamps get /api/v1/lamps 200',
      'UpdateLamp patch /api/v1/lamps/:lampId 200',
      'RemoveLamp delete /api/v1/lamps/:lampId 204',
      String.raw`CreateLamps post /api/v1/lamps\:import 200`,
      'TakeReading',
    ]);
    expect(contract.methods[2]).toMatchObject({
      permissions: ['lamps.read', 'lamps.read_own'],
      public: false,
      retrySafe: true,
      http: { query: { limit: 'number', broken: 'boolean', tags: 'string[]', heights: 'number[]', street: 'string' } },
    });
    expect(contract.methods[3]).toMatchObject({ needsIfMatch: true, retrySafe: true });
    expect(contract.methods[0]).toMatchObject({ retrySafe: false, http: { location: '/api/v1/lamps/{id}' } });
  });

  it('tells of what changes something to which collection it belongs, so that batches of it are taken there', () => {
    const collections = contract.methods.map(({ name, http }: { name: string; http?: { collection?: string } }) => `${name} ${http?.collection}`);
    expect(collections).toEqual([
      'CreateLamp /api/v1/lamps',
      'GetLamp undefined',
      'ListLamps undefined',
      'UpdateLamp /api/v1/lamps',
      'RemoveLamp /api/v1/lamps',
      'CreateLamps undefined',
      'TakeReading undefined',
    ]);
    const { post } = openapi.paths['/api/v1/lamps:batch'];
    expect(post.description).toContain('* `POST` CreateLamp\n* `PATCH /{lampId}` UpdateLamp\n* `DELETE /{lampId}` RemoveLamp');
    expect(post.requestBody.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Batch' });
    expect(openapi.components.schemas.Batch).toEqual(contract.components.schemas.Batch);
  });

  it('tells of each event its source, its key and who may see it', () => {
    expect(contract.events[0]).toEqual({
      type: 'opora.lamps.v1.LampLit',
      source: 'lamps',
      key: 'lampId',
      permissions: ['lamps.read'],
      owners: ['litBy'],
    });
  });

  it('is an OpenAPI 3.1 document by its own schema', async () => {
    const result = await new Validator().validate(openapi);
    expect(result.errors ?? []).toEqual([]);
    expect(openapi.openapi).toBe('3.1.0');
  });

  it('says in OpenAPI what an operation takes', () => {
    const update = openapi.paths['/api/v1/lamps/{lampId}'].patch;
    expect(update.parameters).toEqual([
      { name: 'lampId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      { $ref: '#/components/parameters/IfMatch' },
      { $ref: '#/components/parameters/IdempotencyKey' },
    ]);
    const body = update.requestBody.content['application/json'].schema;
    expect(Object.keys(body.properties)).toEqual(['street', 'patternLamp']);
    expect(body.additionalProperties).toBe(false);
    expect(openapi.paths['/api/v1/lamps'].get.parameters).toContainEqual({
      name: 'limit',
      in: 'query',
      schema: { type: 'integer', minimum: 1, maximum: 500 },
    });
  });

  it('says in OpenAPI what an operation answers, and only the ways in which it can refuse', () => {
    const create = openapi.paths['/api/v1/lamps'].post;
    expect(create).toMatchObject({ summary: 'Puts up a lamp', description: expect.stringContaining('`lamps.create`') });
    expect(create.responses[201].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/opora.lamps.v1.Lamp' });
    expect(Object.keys(create.responses[201].headers)).toEqual(['Location', 'ETag']);
    expect(Object.keys(openapi.paths['/api/v1/lamps/{lampId}'].delete.responses)).toEqual('204 400 401 403 404 409 422 429 503'.split(' '));
    const { get } = openapi.paths['/api/v1/lamps/{lampId}'];
    expect(get.security).toEqual([]);
    expect(get.responses[404]).toEqual({ $ref: '#/components/responses/404' });
    expect(Object.keys(openapi.components.responses[404].content)).toEqual(['application/problem+json']);
  });

  it('shows an open JSON value as a value to the outside, and nothing of what only our validators know', () => {
    const { schemas } = openapi.components;
    expect(schemas['opora.lamps.v1.Lamp'].properties.maker).toEqual({ description: 'Whatever the maker says of it.' });
    expect(openapi.paths['/api/v1/lamps'].post.requestBody.content['application/json'].schema.properties.notes).toMatchObject({
      type: 'array',
      items: {},
    });
    expect(JSON.stringify(openapi)).not.toMatch(/"json":|"bytes":/);
    expect(JSON.stringify(asyncapi)).not.toMatch(/"json":/);
  });

  it('closes what we take and leaves open what we give, so that an answer may grow', () => {
    const { schemas } = openapi.components;
    expect(schemas['opora.lamps.v1.Position'].additionalProperties).toBe(false);
    expect(schemas['opora.lamps.v1.LampList']).not.toHaveProperty('additionalProperties');
    expect(schemas['opora.lamps.v1.LampList'].required).toEqual(['items']);
  });

  it('is an AsyncAPI 3.0 document by its own schema, with a channel for each service', () => {
    const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false, meta: false, validateSchema: false }).compile(
      specs.schemas['3.0.0'] as SchemaObject,
    );
    validate(asyncapi);
    expect(validate.errors ?? []).toEqual([]);
    expect(asyncapi.channels.lamps).toMatchObject({
      address: 'opora.lamps.v1',
      messages: { LampLit: { $ref: '#/components/messages/opora.lamps.v1.LampLit' } },
    });
    expect(asyncapi.components.schemas['opora.lamps.v1.LampLit']).not.toHaveProperty('additionalProperties');
    expect(asyncapi.components.schemas['opora.lamps.v1.LampLit'].required).toEqual(['lampId', 'tags', 'count']);
  });
});

describe('what our mapping cannot carry', () => {
  it('is refused with its place, every mistake at once', () => {
    const broken = generateFixture({ 'opora/broken/v1/broken.proto': fixture('broken.proto') });
    expect(broken.refusals.join('\n')).toBe(fixture('expected/refusals.txt').trim());
    expect(() => broken.read('contract.json')).toThrow('ENOENT');
    broken.remove();
  });

  it('is a route of a collection’s batches: they are there by themselves', () => {
    const made = generateFixture({ 'opora/lamps/v1/lamps.proto': (text) => text.replace('/lamps:import', '/lamps:batch') });
    expect(made.refusals.join('\n')).toContain('there by themselves');
    made.remove();
  });

  it('leaves what was made before in its place', () => {
    const made = generateFixture();
    const kept = made.read('contract.json');
    made.again({ 'opora/lamps/v1/events.proto': (text) => text.replaceAll('key: "lampId"', 'key: "lamp"') });
    expect(made.read('contract.json')).toBe(kept);
    made.remove();
  });
});
