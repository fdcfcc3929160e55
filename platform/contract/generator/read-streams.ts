import type { DescMethod } from '@bufbuild/protobuf';
import type { MessageModel, MethodModel } from './model.ts';
import type { MethodOption } from './read-options.ts';

/** What a method streams: the messages that it takes, or those that it gives. */
export type Streams = Pick<MethodModel, 'takesStream' | 'bodyBytes' | 'givesStream' | 'answerBytes'>;

type Kind = DescMethod['methodKind'];

interface StreamParts {
  kind: Kind;
  rules: MethodOption | undefined;
  request: MessageModel | undefined;
  response: MessageModel | undefined;
  refuse(reason: string): void;
}

const mostBytes = 100 * 1024 * 1024;

export function readStreams({ kind, rules, request, response, refuse }: StreamParts): Streams {
  const { bodyBytes = '', answerBytes = '' } = rules ?? {};
  const most = rules && Object.hasOwn(rules, 'maxBytes') ? rules.maxBytes : undefined;
  if (kind === 'bidi_streaming') refuse('a stream goes one way: a method takes one or gives one');
  if (kind === 'server_streaming' && answerBytes === '')
    refuse('a stream of answers is a file: name the field of its bytes in answer_bytes. Lists are paged and news are events');
  if (bodyBytes !== '' && kind !== 'client_streaming') refuse('body_bytes is for a method that takes a stream');
  if (answerBytes !== '' && kind !== 'server_streaming') refuse('answer_bytes is for a method that gives a stream');
  if (most !== undefined && bodyBytes === '') refuse('max_bytes belongs to body_bytes');
  if (most === 0) refuse('max_bytes is more than 0');
  if (bodyBytes !== '' && request) requireBytes('body_bytes', bodyBytes, request, refuse);
  if (answerBytes !== '' && response) requireBytes('answer_bytes', answerBytes, response, refuse);
  return {
    ...(kind === 'client_streaming' && { takesStream: true }),
    ...(bodyBytes !== '' && { bodyBytes: { field: bodyBytes, most: most ?? mostBytes } }),
    ...(kind === 'server_streaming' && { givesStream: true }),
    ...(answerBytes !== '' && { answerBytes }),
  };
}

function requireBytes(option: string, name: string, { name: message, fields }: MessageModel, refuse: StreamParts['refuse']): void {
  const field = fields.find((one) => one.name === name);
  const isBytes = field?.shape === 'single' && 'scalar' in field.type && field.type.scalar === 'bytes';
  if (!field || !isBytes) refuse(`${option}: ${name} is not a single bytes field of ${message}`);
  else if (field.rules.required || field.rules.minLength !== undefined || field.rules.maxLength !== undefined)
    refuse(`${option}: ${message}.${name} has rules of its own, and a file comes in as many pieces as it likes: max_bytes limits the whole`);
}

/** What is for one message and its answer has no meaning for a stream. */
export function refuseBesideStreams({ takesStream, givesStream }: Streams, { needsIfMatch, location, routedBy, body }: BesideStreams): string[] {
  if (takesStream)
    return [
      ...(needsIfMatch ? ['needs_if_match is for a method that takes one message: there is no one object that a stream changes'] : []),
      ...(routedBy !== '' ? ['routed_by is for a method that takes one message: a stream is sent before its fields are known'] : []),
      ...(body === false ? ['a stream stands in the body: give its route body: "*"'] : []),
    ];
  if (givesStream)
    return [
      ...(needsIfMatch ? ['needs_if_match is for a method that changes something: a stream of answers only reads'] : []),
      ...(location !== '' ? ['location is for a method that makes something: a stream of answers only reads'] : []),
    ];
  return [];
}

interface BesideStreams {
  needsIfMatch: boolean;
  location: string;
  routedBy: string;
  /** Whether its route has a body; undefined without a route. */
  body: boolean | undefined;
}
