/** What every operation of the REST surface shares: headers it takes and ways in which it refuses. */
export const commonParameters = {
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'The ETag that reading the object gave. 428 without it, 412 when somebody else changed the object meanwhile.',
    schema: { type: 'string', examples: ['"3"'] },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key with the same request gives the first answer again (Idempotent-Replayed: true); with another request it is 422.',
    schema: { type: 'string', maxLength: 200 },
  },
};

export const problemSchema = {
  description: 'RFC 9457.',
  type: 'object',
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    traceId: { type: 'string', description: 'Finds this request in the logs of every service.' },
    errors: {
      description: 'Every bad field at once.',
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'A JSON pointer into the request, or into the line: `/externalReference/id`.' },
          line: { type: 'integer', description: 'Of a stream in NDJSON: which line, from 1.' },
          message: { type: 'string', description: 'What is wrong and the way out.' },
        },
        required: ['pointer', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status'],
};

const refusals = {
  400: 'The request cannot be read.',
  401: 'Nobody is signed in.',
  403: 'Not allowed.',
  404: 'Not found.',
  409: 'Not possible in the present state.',
  412: 'Somebody else changed the object meanwhile.',
  413: 'The body is too large.',
  415: 'The body is of a type or encoding that is not taken here.',
  422: 'Some of the input does not fit; `errors` names every field.',
  428: 'If-Match is needed.',
  429: 'Too many requests; Retry-After says when to ask again.',
  503: 'Not available for the moment; Retry-After says when to ask again.',
};

export const commonResponses = Object.fromEntries(
  Object.entries(refusals).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
  ]),
);
