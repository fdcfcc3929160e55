import type { ContractModel } from './model.ts';
import { isRouted, type Routed, toTemplate } from './routed.ts';

const reference = (kind: string, name: string | number) => ({ $ref: `#/components/${kind}/${name}` });
const json = (type: string, schema: string) => ({ [type]: { schema: reference('schemas', schema) } });

/** The batches of each collection, by their path. They follow from the methods that change something there. */
export function writeBatches(model: ContractModel): Record<string, { post: object }> {
  const collections = new Map<string, { tag: string; methods: Routed[] }>();
  for (const { source, services } of model.files) {
    for (const method of services.flatMap(({ methods }) => methods.filter(isRouted))) {
      const { collection } = method.http;
      if (collection === undefined) continue;
      const known = collections.get(collection) ?? { tag: source, methods: [] };
      collections.set(collection, { ...known, methods: [...known.methods, method] });
    }
  }
  return Object.fromEntries(
    [...collections].map(([path, { tag, methods }]) => [`${toTemplate(path)}:batch`, { post: writeBatch(toTemplate(path), tag, methods) }]),
  );
}

function writeBatch(path: string, tag: string, methods: readonly Routed[]): object {
  const taken = methods.map(({ http, name }) => `* \`${`${http.verb.toUpperCase()} ${toTemplate(http.path).slice(path.length)}`.trim()}\` ${name}`);
  return {
    operationId: `batch${path.replace('/api/v1', '').replace(/[/-](\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    tags: [tag],
    summary: `Carries out many operations on ${path} at once`,
    description: [
      'Each operation has the rights, rules and answer that it has alone. With mode `each` all are carried out, in order where they name the same object, and the',
      'answer is 200 whatever became of each. With mode `all` they are one transaction: each sees what those before it wrote, and when one fails none has an effect.',
      ...(methods.every(({ routedBy }) => routedBy !== undefined) ? ['Here only `each` is possible.'] : []),
      `\n\nIt takes:\n${taken.join('\n')}`,
    ].join(' '),
    parameters: [
      { name: 'mode', in: 'query', description: 'As `mode` in the body.', schema: { type: 'string', enum: ['each', 'all'] } },
      reference('parameters', 'IdempotencyKey'),
    ],
    requestBody: { required: true, content: json('application/json', 'Batch') },
    responses: {
      200: { description: 'What became of each operation.', content: json('application/json', 'BatchResults') },
      ...Object.fromEntries([400, 401, 413, 415, 429, 503].map((status) => [status, reference('responses', status)])),
      409: {
        description: 'Mode `all`: an operation met a state that has changed. Nothing was done.',
        content: json('application/problem+json', 'BatchProblem'),
      },
      422: {
        description: 'The batch does not fit, or mode `all`: an operation cannot be carried out as it stands. Nothing was done.',
        content: json('application/problem+json', 'BatchProblem'),
      },
    },
  };
}
