import { fromJSON, type MessageTypeDefinition, type PackageDefinition } from '@grpc/proto-loader';

/** These make a decoded message exactly its TypeScript interface. */
const shape = { keepCase: false, longs: Number, enums: String, defaults: true, arrays: true, objects: true, oneofs: false };

export interface Codec {
  /** Messages and services as grpc-js and its reflection take them. */
  definitions: PackageDefinition;
  encode(message: string, value: object): Uint8Array;
  decode(message: string, bytes: Uint8Array): object;
}

/** `codec` is protobufjs' JSON form, as in `generated/contract.json`. */
export function loadCodec(codec: object): Codec {
  const definitions = fromJSON(codec, shape);
  return {
    definitions,
    encode: (message, value) => definitionOf(definitions, message).serialize(value),
    decode: (message, bytes) => definitionOf(definitions, message).deserialize(bytes as Buffer),
  };
}

function definitionOf(definitions: PackageDefinition, message: string): MessageTypeDefinition<object, object> {
  const definition = definitions[message];
  if (!definition || !('deserialize' in definition)) throw new Error(`The contract has no message ${message}`);
  return definition as MessageTypeDefinition<object, object>;
}
