import type { ContractModel, FieldModel, MessageModel, ServiceModel } from './model.ts';

type Tree = { [name: string]: unknown };

/** The contract in the JSON form of protobufjs, with camelCase names: what encodes and decodes at run time, with no .proto to parse. */
export function writeCodec(model: ContractModel): Tree {
  const root: Tree = {};
  for (const file of model.files) {
    const place = namespaceOf(root, file.package);
    for (const message of file.messages) place[message.name] = writeMessage(message);
    for (const service of file.services) place[service.name] = writeService(service);
  }
  return { nested: root };
}

function namespaceOf(root: Tree, packageName: string): Tree {
  let place = root;
  for (const segment of packageName.split('.')) {
    const namespace = (place[segment] ??= { nested: {} }) as { nested: Tree };
    place = namespace.nested;
  }
  return place;
}

function writeMessage({ fields }: MessageModel): Tree {
  const optional = fields.filter((field) => field.optional);
  return {
    fields: Object.fromEntries(fields.map((field) => [field.name, writeField(field)])),
    // proto3 `optional` is a oneof of one field: that is how protobufjs leaves its key out when it is absent.
    ...(optional.length > 0 && { oneofs: Object.fromEntries(optional.map(({ name }) => [`_${name}`, { oneof: [name] }])) }),
  };
}

function writeField({ shape, type, number, optional }: FieldModel): Tree {
  return {
    ...(shape === 'list' && { rule: 'repeated' }),
    ...(shape === 'map' && { keyType: 'string' }),
    type: 'message' in type ? `.${type.message}` : type.scalar,
    id: number,
    ...(optional && { options: { proto3_optional: true } }),
  };
}

function writeService({ methods }: ServiceModel): Tree {
  return {
    methods: Object.fromEntries(
      methods.map(({ name, request, response, takesStream, givesStream }) => [
        name,
        {
          requestType: `.${request}`,
          responseType: `.${response}`,
          ...(takesStream && { requestStream: true }),
          ...(givesStream && { responseStream: true }),
        },
      ]),
    ),
  };
}
