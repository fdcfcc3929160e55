import specs from '@asyncapi/specs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv, type SchemaObject } from 'ajv';
import { loadContract } from './load-contract.ts';

describe('the contract of this hub', () => {
  const contract = loadContract();

  it('is valid OpenAPI 3.1', async () => {
    const { errors } = await new Validator().validate({ ...contract.openapi });
    expect(errors ?? []).toEqual([]);
  });

  it('is valid AsyncAPI 3.0', () => {
    const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false, meta: false, validateSchema: false }).compile(
      specs.schemas['3.0.0'] as SchemaObject,
    );
    validate(contract.asyncapi);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('has a validator and an encoding for each of its messages', () => {
    const messages = [...contract.methods.flatMap(({ request, response }) => [request, response]), ...contract.events.map(({ type }) => type)];
    for (const message of messages) {
      expect(Array.isArray(contract.violations(message, {}))).toBe(true);
      expect(contract.encode(message, contract.decode(message, new Uint8Array())).length).toBeGreaterThanOrEqual(0);
    }
    expect(messages.length).toBeGreaterThan(50);
  });

  it('gives each method one gRPC path', () => {
    for (const { service, name } of contract.methods) expect(contract.definitions[service]).toHaveProperty([name, 'path'], `/${service}/${name}`);
  });
});
