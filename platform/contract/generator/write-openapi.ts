import type { BodyBytes } from '../contract.ts';
import type { Schema } from '../contract-file.ts';
import { batchComponents } from './batch-schemas.ts';
import type { ContractModel, FieldModel, FileModel, MessageModel, MethodModel, ServiceModel } from './model.ts';
import { commonParameters, commonResponses, problemSchema } from './openapi-components.ts';
import { messagesWithin, restSchema } from './public-schemas.ts';
import { isRouted, type Routed, toTemplate } from './routed.ts';
import { writeBatches } from './write-batches.ts';
import { referenceTo, writeField } from './write-schemas.ts';

/** OpenAPI 3.1 of every method that has a route. */
export function writeOpenapi(model: ContractModel): object {
  const paths: Record<string, Record<string, object>> = {};
  const tags: object[] = [];
  for (const file of model.files) {
    for (const service of file.services) {
      const routed = service.methods.filter(isRouted);
      if (routed.length > 0) tags.push({ name: file.source, ...(service.comment && { description: service.comment }) });
      for (const method of routed) (paths[toTemplate(method.http.path)] ??= {})[method.http.verb] = writeOperation(method, service, file, model);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Opora',
      version: 'v1',
      description: 'ITSM integration hub and CMDB mesh. Errors are application/problem+json (RFC 9457) with every bad field at once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags,
    paths: { ...paths, ...writeBatches(model) },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API token, `opora_…`.' } },
      parameters: commonParameters,
      responses: commonResponses,
      schemas: { Problem: problemSchema, ...batchComponents, ...writeComponents(model) },
    },
  };
}

function writeOperation(method: Routed, service: ServiceModel, file: FileModel, model: ContractModel): object {
  const { http, request } = method;
  const fields = model.messages.get(request)?.fields ?? [];
  const inPath = fields.filter((field) => http.pathFields.includes(field.name));
  const inQuery = fields.filter((field) => Object.hasOwn(http.query, field.name));
  const inBody = fields.filter((field) => !inPath.includes(field) && !(method.needsIfMatch && field.name === 'expectedVersion'));
  const changes = http.verb !== 'get';
  const parameters = [
    ...inPath.map((field) => parameterOf(field, 'path')),
    ...inQuery.map((field) => parameterOf(field, 'query')),
    ...(method.needsIfMatch ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    ...(changes && !method.takesStream && !method.givesStream ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
  ];
  return {
    operationId: `${service.name}_${method.name}`,
    tags: [file.source],
    summary: firstSentence(method.comment),
    description: [method.comment, rightsOf(method)].filter(Boolean).join('\n\n'),
    ...(method.public && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(http.body && { requestBody: writeBody(method, model.messages.get(request), inBody) }),
    responses: { ...writeAnswer(method, model), ...writeRefusals(method) },
  };
}

function writeBody({ takesStream, bodyBytes }: Routed, request: MessageModel | undefined, fields: readonly FieldModel[]): object {
  if (!request) return {};
  if (bodyBytes) return { description: aboutFiles(bodyBytes), required: true, content: aFile };
  const schema = restSchema({ ...request, comment: '', fields }, 'closed');
  if (takesStream) return { description: aboutStreams, required: true, content: streamContent(schema) };
  return { required: fields.some((field) => field.rules.required), content: { 'application/json': { schema } } };
}

const aboutStreams =
  'A stream, taken as it is sent and with gzip if you like. A line that does not fit ends it with a problem that names the line; ' +
  'what was committed before stays. A stream takes no Idempotency-Key: send again what was not acknowledged.';

const aFile = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

function aboutFiles({ most }: BodyBytes): string {
  return (
    `The file as it is, of any type but multipart, with gzip if you like; at most ${most} bytes. It takes no Idempotency-Key. ` +
    'A file that is broken off before its end is never taken for a whole one.'
  );
}

/** OpenAPI 3.1 has no word for a sequence of values: the schema of NDJSON is that of each line. */
function streamContent(schema: Schema): object {
  return {
    'application/x-ndjson': { schema: { ...schema, description: 'One line of the stream: a JSON object and a line feed.' } },
    'application/json': { schema: { type: 'array', items: schema, description: 'The whole stream at once, within the limit of a body.' } },
  };
}

const fileAnswer = {
  description:
    'The file as it is; Content-Type says what it is. It comes in pieces, and when it cannot be given to its end the connection is broken off: ' +
    'what ends as HTTP says is whole.',
  headers: { 'Content-Disposition': { description: 'What the file is called.', schema: { type: 'string' } } },
  content: aFile,
};

function writeAnswer({ http, response, answerBytes }: Routed, model: ContractModel): object {
  if (answerBytes !== undefined) return { 200: fileAnswer };
  if (http.status === 204) return { 204: { description: 'Done.' } };
  const message = model.messages.get(response);
  const headers = {
    ...(http.location !== undefined && { Location: { description: 'Where it stands now.', schema: { type: 'string' } } }),
    ...(message?.fields.some((field) => field.name === 'version') && {
      ETag: { description: 'Its version, for If-Match.', schema: { type: 'string' } },
    }),
  };
  return {
    [http.status]: {
      description: message?.comment || (http.status === 201 ? 'Made.' : 'Done.'),
      ...(Object.keys(headers).length > 0 && { headers }),
      content: { 'application/json': { schema: { $ref: referenceTo(response) } } },
    },
  };
}

/** Only what this operation can really answer. */
function writeRefusals(method: Routed): object {
  const { http } = method;
  const statuses = [
    ...(http.body || Object.keys(http.query).length > 0 || http.pathFields.length > 0 ? [400, 422] : []),
    ...(method.public ? [] : [401, 403]),
    ...(http.pathFields.length > 0 ? [404] : []),
    ...(http.verb === 'get' || method.givesStream ? [] : [409]),
    ...(method.needsIfMatch ? [412, 428] : []),
    ...(http.body ? [413, 415] : []),
    429,
    503,
  ];
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));
}

function parameterOf(field: FieldModel, place: 'path' | 'query'): object {
  const { description, default: _, ...schema } = writeField(field);
  return {
    name: field.name,
    in: place,
    ...(description !== undefined && { description }),
    ...((place === 'path' || field.rules.required) && { required: true }),
    schema,
  };
}

function rightsOf({ permissions, restricted, unmaskedBy, public: open }: MethodModel): string {
  if (open) return 'Nobody need be signed in.';
  if (permissions.length === 0) return 'Needs a signed-in principal.';
  return [
    `Needs ${permissions.map((permission) => `\`${permission}\``).join(' or ')}${restricted ? ', for all objects or for those that it is about' : ''}.`,
    ...(unmaskedBy === undefined ? [] : [`Sensitive values need \`${unmaskedBy}\` too.`]),
  ].join(' ');
}

function firstSentence(comment: string): string {
  return (/^[^.\n]*/.exec(comment)?.[0] ?? comment).trim();
}

function writeComponents(model: ContractModel): Record<string, Schema> {
  const routed = model.files.flatMap((file) => file.services.flatMap((service) => service.methods.filter(isRouted)));
  const taken = messagesWithin(
    routed.map((method) => method.request),
    model,
  );
  const given = new Set(routed.filter(({ http, answerBytes }) => http.status !== 204 && answerBytes === undefined).map(({ response }) => response));
  for (const inner of messagesWithin(given, model)) given.add(inner);
  const names = [...new Set([...taken, ...given])].sort();
  return Object.fromEntries(
    names.flatMap((name) => {
      const message = model.messages.get(name);
      return message ? [[name, restSchema(message, taken.has(name) ? 'closed' : 'open')]] : [];
    }),
  );
}
