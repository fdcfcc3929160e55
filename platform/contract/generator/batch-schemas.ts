import type { Schema } from '../contract-file.ts';

const text = { type: 'string' };

/** The body of a batch, which the edge checks by this very schema. */
export const batchSchema: Schema = {
  description: 'Operations on one collection, at most 1000.',
  type: 'object',
  properties: {
    mode: {
      ...text,
      enum: ['each', 'all'],
      default: 'each',
      description: '`each`: every operation for itself. `all`: one transaction, all of them have their effect or none. May also stand in the query.',
    },
    operations: {
      type: 'array',
      minItems: 1,
      maxItems: 1000,
      items: {
        type: 'object',
        properties: {
          method: { ...text, enum: ['POST', 'PATCH', 'PUT', 'DELETE'] },
          path: {
            ...text,
            maxLength: 2000,
            pattern: '^(?:$|[/?])',
            examples: ['/0197f0c4-1c2d-7a3b-9e4f-5a6b7c8d9e0f/transitions'],
            description: 'Relative to the collection; left out, it is the collection itself.',
          },
          body: { type: 'object', description: 'As the operation takes it alone.' },
          ifMatch: { ...text, maxLength: 50, examples: ['"3"'], description: 'What If-Match is for the operation alone.' },
          idempotencyKey: {
            ...text,
            pattern: '^[\\x20-\\x7e]{1,200}$',
            examples: ['order-17/1'],
            description: 'What Idempotency-Key is for the operation alone.',
          },
        },
        required: ['method'],
        additionalProperties: false,
      },
    },
  },
  required: ['operations'],
  additionalProperties: false,
};

const resultSchema: Schema = {
  description: 'What became of one operation, as its own answer would tell it.',
  type: 'object',
  properties: {
    status: { type: 'integer' },
    etag: text,
    location: text,
    replayed: { type: 'boolean', description: 'An idempotency key gave the first answer again.' },
    retryAfter: { type: 'integer', description: 'Seconds after which it is worth asking again.' },
    body: { type: 'object' },
    problem: { $ref: '#/components/schemas/Problem' },
  },
  required: ['status'],
};

const results = { type: 'array', description: 'In the order of the operations.', items: { $ref: '#/components/schemas/BatchResult' } };

/** What OpenAPI says of every batch. */
export const batchComponents: Record<string, Schema> = {
  Batch: batchSchema,
  BatchResult: resultSchema,
  BatchResults: { type: 'object', properties: { results }, required: ['results'] },
  BatchProblem: {
    description:
      'No operation has had an effect. `errors` points into the batch; `results` tells of each operation whether it failed, or was undone because of another.',
    allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', properties: { results } }],
  },
};
