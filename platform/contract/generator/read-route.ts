import type { HttpRoute, QueryType } from '../contract.ts';
import { findBytes } from './find-bytes.ts';
import type { FieldModel, MessageModel } from './model.ts';
import type { HttpRule } from './read-options.ts';
import type { Streams } from './read-streams.ts';

const verbs = ['get', 'post', 'put', 'patch', 'delete'] as const;

interface RouteParts {
  rule: HttpRule;
  request: MessageModel;
  response: MessageModel;
  messages: ReadonlyMap<string, MessageModel>;
  needsIfMatch: boolean;
  location: string;
  streams: Streams;
  refuse(reason: string): void;
}

/** The option `google.api.http` as a route, as far as our mapping takes it. */
export function readRoute({ rule, request, response, messages, needsIfMatch, location, streams, refuse }: RouteParts): HttpRoute | undefined {
  const verb = verbs.find((known) => known === rule.pattern.case);
  const template = String(rule.pattern.value ?? '');
  if (!verb) {
    refuse('google.api.http names get, post, put, patch or delete');
    return undefined;
  }
  if (rule.body !== '' && rule.body !== '*') refuse('body is "*" or absent: the body is the request without its path fields');
  if (rule.responseBody !== '') refuse('response_body: the answer is the whole message');
  if (rule.additionalBindings.length > 0) refuse('additional_bindings: a method has one route');
  const body = rule.body === '*';
  if (body && (verb === 'get' || verb === 'delete')) refuse(`${verb} has no body`);

  const pathFields = readPathFields(template, request, refuse);
  const { bodyBytes, answerBytes } = streams;
  const others = request.fields.filter(
    ({ name }) => !pathFields.includes(name) && !(needsIfMatch && name === 'expectedVersion') && name !== bodyBytes?.field,
  );
  const query = body && !bodyBytes ? {} : Object.fromEntries(others.map((field) => [field.name, queryTypeOf(field, refuse)]));
  for (const message of [without(request, bodyBytes?.field), without(response, answerBytes)]) {
    const withBytes = findBytes(message, messages);
    if (withBytes) refuse(`${withBytes} has bytes: a message of REST has none, except the file that body_bytes or answer_bytes names`);
  }
  for (const [, name] of location.matchAll(/\{([^}]*)\}/g)) {
    if (!response.fields.some((field) => field.name === name)) refuse(`location: {${name}} is not a field of ${response.name}`);
  }
  return {
    verb,
    path: toExpressPath(template, request),
    pathFields,
    body,
    query,
    ...(location !== '' && { location }),
    status: location !== '' ? 201 : response.fields.length === 0 ? 204 : 200,
  };
}

/** The message without the field that is a file, which REST carries as it is. */
function without(message: MessageModel, field: string | undefined): MessageModel {
  return field === undefined ? message : { ...message, fields: message.fields.filter(({ name }) => name !== field) };
}

function readPathFields(template: string, request: MessageModel, refuse: (reason: string) => void): string[] {
  if (!template.startsWith('/')) refuse(`path "${template}" begins with "/"`);
  return [...template.matchAll(/\{([^}]*)\}/g)].flatMap(([, name = '']) => {
    const field = fieldNamed(request, name);
    if (!field) refuse(`path field {${name}} is missing from ${request.name}`);
    else if (field.shape !== 'single' || !('scalar' in field.type) || field.type.scalar !== 'string')
      refuse(`path field {${name}} must be a single string`);
    else if (!field.rules.required) refuse(`path field {${name}} must be required in ${request.name}`);
    return field ? [field.name] : [];
  });
}

/** `/tickets/{ticket_id}:batch` → `/tickets/:ticketId\:batch` */
function toExpressPath(template: string, request: MessageModel): string {
  return template
    .split(/(\{[^}]*\})/)
    .map((part) => (part.startsWith('{') ? `:${fieldNamed(request, part.slice(1, -1))?.name ?? part}` : part.replace(/[:*?+(){}[\]!\\]/g, '\\$&')))
    .join('');
}

/** google.api.http names fields as proto does. */
function fieldNamed(message: MessageModel, name: string): FieldModel | undefined {
  const camelCase = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return message.fields.find((field) => field.name === camelCase);
}

function queryTypeOf(field: FieldModel, refuse: (reason: string) => void): QueryType {
  if (field.shape === 'map' || 'message' in field.type || field.rules.json) {
    refuse(`${field.name} cannot stand in a query: give the method body: "*"`);
    return 'string';
  }
  const { scalar } = field.type;
  const type = scalar === 'string' || scalar === 'bytes' ? 'string' : scalar === 'bool' ? 'boolean' : 'number';
  return field.shape === 'list' ? `${type}[]` : type;
}
