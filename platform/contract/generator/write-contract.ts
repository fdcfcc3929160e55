import type { EventContract, MethodContract } from '../contract.ts';
import type { ContractModel, MessageModel } from './model.ts';
import { type Schema, writeSchema } from './write-schemas.ts';
import { writeCodec } from './write-codec.ts';

/** What `generated/contract.json` holds: all that the contract says, for run time. */
export interface ContractFile {
  methods: readonly MethodContract[];
  events: readonly EventContract[];
  components: { schemas: Record<string, Schema> };
  /** Messages that have a `json` field in them or below: each with its fields of that kind and its fields of such messages. */
  json: Record<string, JsonFields>;
  /** protobufjs' JSON form. */
  codec: object;
}

export interface JsonFields {
  text: readonly string[];
  /** Field → message; the field may be single, a list or a map. */
  inner: Readonly<Record<string, string>>;
}

export function writeContract(model: ContractModel): ContractFile {
  const messages = [...model.messages.values()];
  return {
    methods: model.files.flatMap((file) =>
      file.services.flatMap((service) => service.methods.map(({ comment: _, ...method }) => ({ service: service.fullName, ...method }))),
    ),
    events: messages.flatMap(({ event }) => event ?? []),
    components: { schemas: Object.fromEntries(messages.map((message) => [message.fullName, writeSchema(message)])) },
    json: writeJsonFields(model),
    codec: writeCodec(model),
  };
}

function writeJsonFields(model: ContractModel): Record<string, JsonFields> {
  const found: Record<string, JsonFields> = {};
  for (const message of model.messages.values()) {
    if (!hasJson(message, model)) continue;
    const inner = message.fields.flatMap(({ name, type }) => {
      const target = 'message' in type ? model.messages.get(type.message) : undefined;
      return target && hasJson(target, model) ? [[name, target.fullName] as const] : [];
    });
    found[message.fullName] = {
      text: message.fields.filter((field) => field.rules.json).map((field) => field.name),
      inner: Object.fromEntries(inner),
    };
  }
  return found;
}

function hasJson(message: MessageModel, model: ContractModel, seen = new Set<string>()): boolean {
  if (seen.has(message.fullName)) return false;
  seen.add(message.fullName);
  return message.fields.some(({ rules, type }) => {
    const inner = 'message' in type ? model.messages.get(type.message) : undefined;
    return rules.json || (inner !== undefined && hasJson(inner, model, seen));
  });
}
