import type { Contract, MethodContract } from '../../../platform/contract/contract.ts';
import { isAppError } from '../../../platform/errors/app-error.ts';
import type { Principal } from '../../../platform/rpc/call.ts';
import { methodProperty } from '../../../platform/rpc/method-property.ts';
import type { EdgeHub } from '../../edge/start-hub.ts';
import type { Api } from '../../mesh/api.ts';

/** All that a caller is told. */
export interface Told {
  /** `ok`, or the kind of the refusal. */
  outcome: string;
  /** The whole answer, or all words of the refusal. */
  text: string;
  answer: Record<string, unknown>;
}

/** Asks a method of the CMDB by its short name, `GetItem`. */
export type Ask = (method: string, request: object) => Promise<Told>;

const outcomes: Readonly<Record<number, string>> = {
  403: 'not_allowed',
  404: 'not_found',
  409: 'conflict',
  412: 'conflict',
  422: 'invalid_input',
};

export const methodsOfCmdb = (contract: Contract): MethodContract[] => contract.methods.filter(({ service }) => service.startsWith('opora.cmdb.'));

function findMethod(contract: Contract, name: string): MethodContract {
  const found = methodsOfCmdb(contract).find((method) => method.name === name);
  if (!found) throw new Error(`The CMDB has no method ${name}.`);
  return found;
}

/** Past the edge, over gRPC. */
export function askByGrpc({ contract, client }: EdgeHub, principal: Principal): Ask {
  return async (name, request) => {
    const { service, givesStream } = findMethod(contract, name);
    const methods = client<Record<string, (request: object, options: object) => Promise<object>>>({ name: service }) as unknown as Record<
      string,
      (request: object, options: object) => Promise<object>
    >;
    try {
      const told = methods[methodProperty(name)]?.(request, { deadline: Date.now() + 10_000, principal });
      const answer = givesStream ? { file: await readFile(told as unknown as AsyncIterable<{ data: Uint8Array }>) } : await told;
      return { outcome: 'ok', text: JSON.stringify(answer), answer: answer as Record<string, unknown> };
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { outcome: error.kind, text: JSON.stringify([error.message, error.violations]), answer: {} };
    }
  };
}

async function readFile(pieces: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const { data } of pieces) read.push(data);
  return Buffer.concat(read).toString();
}

/** As the contract says that a method stands in REST. A method without a route is asked by gRPC. */
export function askByRest({ contract }: EdgeHub, api: Api, otherwise: Ask): Ask {
  return async (name, request) => {
    const method = findMethod(contract, name);
    const { http } = method;
    if (!http) return otherwise(name, request);
    const fields = { ...(contract.toJson(method.request, request) as Record<string, unknown>) };
    const take = (field: string) => {
      const value = fields[field];
      delete fields[field];
      return value;
    };
    const path = http.path.replaceAll(/(?<!\\):(\w+)/g, (_, field: string) => encodeURIComponent(String(take(field)))).replaceAll('\\', '');
    const query = Object.keys(http.query).flatMap((field) => {
      const value = take(field);
      return value === undefined ? [] : [value].flat().map((one) => `${field}=${encodeURIComponent(String(one))}`);
    });
    const version = method.needsIfMatch ? take('expectedVersion') : undefined;
    const told = await api.send(
      http.verb.toUpperCase(),
      `${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      http.body ? JSON.stringify(fields) : undefined,
      {
        ...(http.body && { 'content-type': 'application/json' }),
        ...(version !== undefined && { 'if-match': `"${String(version)}"` }),
      },
    );
    const { traceId: _, instance: __, ...body } = (typeof told.body === 'string' ? { file: told.body } : told.body || {}) as Record<string, unknown>;
    const outcome = told.status < 300 ? 'ok' : (outcomes[told.status] ?? `status ${told.status}`);
    return { outcome, text: JSON.stringify(body) + (told.headers.get('etag') ?? '') + (told.headers.get('location') ?? ''), answer: body };
  };
}
