import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { MessageModel, MethodModel } from './model.ts';
import type { OptionReader } from './read-options.ts';
import { readRoute } from './read-route.ts';
import { readStreams, refuseBesideStreams } from './read-streams.ts';
import type { Refusals } from './refusals.ts';
import { commentOf } from './source-location.ts';

export function readMethod(method: DescMethod, messages: ReadonlyMap<string, MessageModel>, options: OptionReader, refusals: Refusals): MethodModel {
  const refuse = (reason: string) => refusals.refuse(method, `${method.parent.name}.${method.name}: ${reason}`);
  const rules = options.methodOf(method);
  const request = messages.get(method.input.typeName);
  const response = messages.get(method.output.typeName);
  const streams = readStreams({ kind: method.methodKind, rules, request, response, refuse });
  for (const [type, model] of [
    [method.input, request],
    [method.output, response],
  ] as const) {
    if (!model) refuse(`${type.typeName} is not a message of this contract: declare one of its own, empty if need be`);
  }
  const needsIfMatch = rules?.needsIfMatch ?? false;
  if (needsIfMatch && request && !request.fields.some((field) => field.name === 'expectedVersion')) {
    refuse('needs_if_match fills expected_version, which its request does not have');
  }
  const level = method.idempotency;
  const rule = options.httpOf(method);
  const location = rules?.location ?? '';
  const http = rule && request && response && readRoute({ rule, request, response, messages, needsIfMatch, location, streams, refuse });
  const routedBy = rules?.routedBy ?? '';
  if (routedBy !== '' && request && !request.fields.some((field) => field.name === routedBy))
    refuse(`routed_by: ${routedBy} is not a field of ${request.name}`);
  for (const reason of refuseBesideStreams(streams, { needsIfMatch, location, routedBy, body: http?.body })) refuse(reason);
  if (rules?.restricted && rules.permissions.length === 0) refuse('restricted is about permissions: name those that may hold for some objects only');
  if (!rule && location !== '') refuse('location belongs to a method with google.api.http');
  return {
    name: method.name,
    comment: commentOf(method),
    request: method.input.typeName,
    response: method.output.typeName,
    permissions: [...(rules?.permissions ?? [])],
    ...(rules?.restricted && { restricted: true as const }),
    ...(rules?.unmaskedBy && { unmaskedBy: rules.unmaskedBy }),
    public: rules?.public ?? false,
    retrySafe: level === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS || level === MethodOptions_IdempotencyLevel.IDEMPOTENT,
    needsIfMatch,
    ...(routedBy !== '' && { routedBy }),
    ...streams,
    ...(http && { http }),
  };
}
