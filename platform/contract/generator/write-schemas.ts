import type { Schema } from '../contract-file.ts';
import type { FieldModel, FieldRules, MessageModel } from './model.ts';

type Lengths = Pick<FieldRules, 'required' | 'minLength' | 'maxLength'>;

const int32 = { minimum: -2147483648, maximum: 2147483647 };
const uint32 = { minimum: 0, maximum: 4294967295 };

const scalarSchemas = {
  string: { type: 'string' },
  bool: { type: 'boolean' },
  double: { type: 'number' },
  float: { type: 'number' },
  int32: { type: 'integer', ...int32 },
  sint32: { type: 'integer', ...int32 },
  sfixed32: { type: 'integer', ...int32 },
  uint32: { type: 'integer', ...uint32 },
  fixed32: { type: 'integer', ...uint32 },
};

/**
 * The schema of a message as it travels (a `json` field is text, `bytes` are a Uint8Array: keywords `json` and `bytes`,
 * which `platform/contract/validation.ts` gives to ajv).
 */
export function writeSchema({ fields, comment }: MessageModel): Schema {
  const required = fields.filter(isRequired).map((field) => field.name);
  return {
    ...(comment && { description: comment }),
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, writeField(field)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** A list that may not be empty must be there. */
function isRequired({ shape, rules }: FieldModel): boolean {
  return rules.required || (shape !== 'single' && (rules.minLength ?? 0) > 0);
}

export function writeField(field: FieldModel): Schema {
  const { shape, comment, rules } = field;
  const described = {
    ...(comment && { description: comment }),
    ...(rules.outputOnly && { readOnly: true }),
    ...(!field.optional && !isRequired(field) && { default: defaultOf(field) }),
  };
  const entries = (kind: 'Items' | 'Properties') => lengths(rules, kind);
  if (shape === 'list') return { ...described, type: 'array', items: writeValue(field), ...entries('Items') };
  if (shape === 'map') return { ...described, type: 'object', additionalProperties: writeValue(field), ...entries('Properties') };
  return { ...described, ...writeValue(field) };
}

/** The value of a single field, the entry of a list or the value of a map. */
function writeValue({ shape, type, rules }: FieldModel): Schema {
  if ('message' in type) return { $ref: referenceTo(type.message) };
  const { minLength: _, maxLength: __, ...ofEach } = rules;
  const own: FieldRules = shape === 'single' ? rules : { ...ofEach, required: false };
  if (type.scalar === 'bytes') return { bytes: lengths(own, 'Length') };
  return {
    ...scalarSchemas[type.scalar],
    ...(type.scalar === 'string' && lengths(own, 'Length', tellsEmptyApart(own))),
    ...(rules.values.length > 0 && { enum: [...rules.values] }),
    ...(rules.pattern !== undefined && { pattern: `^(?:${rules.pattern})$` }),
    ...(rules.format !== undefined && { format: rules.format }),
    ...(rules.minimum !== undefined && { minimum: rules.minimum }),
    ...(rules.maximum !== undefined && { maximum: rules.maximum }),
    ...(rules.json && { json: true }),
    ...(rules.example !== undefined && { examples: [exampleOf(type.scalar, rules.example)] }),
  };
}

/** These rules refuse '' by themselves: one mistake is told once. */
function tellsEmptyApart({ values, format, pattern, json }: FieldRules): boolean {
  return values.length > 0 || format !== undefined || pattern !== undefined || json;
}

/** `required` text or list has at least one character or entry: proto does not tell an empty one from an absent one. */
function lengths({ required, minLength, maxLength }: Lengths, kind: 'Length' | 'Items' | 'Properties', tellsEmpty = false): Schema {
  const minimum = minLength ?? (required && !tellsEmpty ? 1 : undefined);
  return {
    ...(minimum !== undefined && { [`min${kind}`]: minimum }),
    ...(maxLength !== undefined && { [`max${kind}`]: maxLength }),
  };
}

/** What an absent field means to the one who reads it. */
function defaultOf({ shape, type }: FieldModel): unknown {
  if (shape === 'list') return [];
  if (shape === 'map') return {};
  if ('message' in type) return undefined;
  if (type.scalar === 'string') return '';
  return type.scalar === 'bool' ? false : type.scalar === 'bytes' ? undefined : 0;
}

export function referenceTo(message: string): string {
  return `#/components/schemas/${message}`;
}

function exampleOf(scalar: string, example: string): unknown {
  if (scalar === 'bool') return example === 'true';
  return scalar === 'string' ? example : Number(example);
}
