import type { Schema } from '../contract-file.ts';
import type { ContractModel, FieldModel, MessageModel } from './model.ts';
import { referenceTo, writeField, writeSchema } from './write-schemas.ts';

/** `closed`: what we take, nothing unknown in it. `open`: what we give; a reader must let pass the fields that it does not know yet. */
export type Stance = 'closed' | 'open';

/** A message in REST: a `json` field is any JSON value. */
export function restSchema(message: MessageModel, stance: Stance): Schema {
  const schema = withoutJson(message);
  for (const field of message.fields.filter((candidate) => candidate.rules.json)) {
    schema['properties'] = { ...(schema['properties'] as Schema), [field.name]: jsonValue(field) };
  }
  return stance === 'closed' ? schema : opened(schema, message);
}

/** A message on a topic: as it travels, so a `json` field is text there. */
export function eventSchema(message: MessageModel): Schema {
  return opened(withoutJson(message), message);
}

function opened(schema: Schema, { fields }: MessageModel): Schema {
  const { additionalProperties: _, required: __, ...rest } = schema;
  const always = fields.filter((field) => !field.optional || field.rules.required).map((field) => field.name);
  return { ...rest, ...(always.length > 0 && { required: always }) };
}

/** The keyword `json` is between our validators only. */
function withoutJson(message: MessageModel): Schema {
  return writeSchema({ ...message, fields: message.fields.map(plainField) });
}

function plainField(field: FieldModel): FieldModel {
  return { ...field, rules: { ...field.rules, json: false } };
}

function jsonValue(field: FieldModel): Schema {
  const { description, ...rest } = writeField(plainField(field));
  const anything = { description: description ?? 'Any JSON value.' };
  const { jsonOf = [] } = field.rules;
  if (field.shape === 'single')
    return jsonOf.length > 0 ? { ...anything, anyOf: jsonOf.map((message) => ({ $ref: referenceTo(message) })) } : anything;
  return { ...anything, ...rest, ...(field.shape === 'list' ? { items: {} } : { additionalProperties: {} }) };
}

/** Full names of the messages that stand in the given ones, themselves left out unless they come again below. */
export function messagesWithin(names: Iterable<string>, model: ContractModel): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const { type, rules } of model.messages.get(name)?.fields ?? []) {
      for (const inner of [...('message' in type ? [type.message] : []), ...(rules.jsonOf ?? [])]) {
        if (found.has(inner)) continue;
        found.add(inner);
        visit(inner);
      }
    }
  };
  for (const name of names) visit(name);
  return found;
}
