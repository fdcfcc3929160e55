import type { ContractFile, JsonFields } from '../contract-file.ts';
import { batchSchema } from './batch-schemas.ts';
import type { ContractModel, MessageModel } from './model.ts';
import { writeCodec } from './write-codec.ts';
import { writeSchema } from './write-schemas.ts';

export function writeContract(model: ContractModel): ContractFile {
  const messages = [...model.messages.values()];
  return {
    methods: model.files.flatMap((file) =>
      file.services.flatMap((service) => service.methods.map(({ comment: _, ...method }) => ({ service: service.fullName, ...method }))),
    ),
    events: messages.flatMap(({ event }) => event ?? []),
    guarded: messages.flatMap(({ guarded }) => guarded ?? []),
    components: { schemas: { Batch: batchSchema, ...Object.fromEntries(messages.map((message) => [message.fullName, writeSchema(message)])) } },
    json: writeJsonFields(model),
    codec: writeCodec(model),
  };
}

function writeJsonFields(model: ContractModel): Record<string, JsonFields> {
  const found: Record<string, JsonFields> = {};
  for (const message of model.messages.values()) {
    if (!hasJson(message, model)) continue;
    found[message.fullName] = Object.fromEntries(
      message.fields.flatMap(({ name, shape, type, rules }): [string, JsonFields[string]][] => {
        const inner = 'message' in type ? model.messages.get(type.message) : undefined;
        if (inner && hasJson(inner, model)) return [[name, { shape, message: inner.fullName }]];
        return rules.json ? [[name, { shape }]] : [];
      }),
    );
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
