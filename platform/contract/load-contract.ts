import { readFileSync } from 'node:fs';
import { AppError } from '../errors/app-error.ts';
import { loadCodec } from './codec.ts';
import type { Contract } from './contract.ts';
import type { ContractFile } from './contract-file.ts';
import { jsonFields } from './json-fields.ts';
import { validation } from './validation.ts';

/** Reads what `npm run generate` made; `folder` is another one only for tests of contracts. */
export function loadContract(folder = new URL('../../generated/', import.meta.url)): Contract {
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const file: ContractFile = read('contract.json');
  const methods = new Map(file.methods.map((method) => [`${method.service}/${method.name}`, method]));
  const events = new Map(file.events.map((event) => [event.type, event]));
  const violations = validation(file);
  return {
    methods: file.methods,
    events: file.events,
    guarded: file.guarded,
    method(service, name) {
      const method = methods.get(`${service}/${name}`);
      if (!method) throw new Error(`The contract has no method ${service}/${name}`);
      return method;
    },
    event: (type) => events.get(type),
    schema(message) {
      const schema = Object.hasOwn(file.components.schemas, message) ? file.components.schemas[message] : undefined;
      if (!schema) throw new Error(`The contract has no message ${message}`);
      return schema;
    },
    violations,
    checkEvent(event) {
      if (!events.has(event.type)) throw new AppError('invalid_input', `${event.type} is not an event of the contract`);
      const found = violations(event.type, event.data);
      if (found.length > 0) throw new AppError('invalid_input', `The data of ${event.type} does not fit its contract`, { violations: found });
    },
    ...loadCodec(file.codec),
    ...jsonFields(file.json),
    openapi: read('openapi.json'),
    asyncapi: read('asyncapi.json'),
  };
}
