import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import type { FieldModel, FieldRules, ScalarName } from './model.ts';
import type { OptionReader } from './read-options.ts';
import type { Refusals } from './refusals.ts';
import { commentOf } from './source-location.ts';

const scalars: Partial<Record<ScalarType, ScalarName>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BOOL]: 'bool',
  [ScalarType.BYTES]: 'bytes',
  [ScalarType.DOUBLE]: 'double',
  [ScalarType.FLOAT]: 'float',
  [ScalarType.INT32]: 'int32',
  [ScalarType.SINT32]: 'sint32',
  [ScalarType.SFIXED32]: 'sfixed32',
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.FIXED32]: 'fixed32',
};

const formats = ['uuid', 'date-time', 'date', 'email', 'uri'];

/** One field, refused where the one mapping (proto, JSON, TypeScript) cannot carry it. */
export function readField(field: DescField, options: OptionReader, refusals: Refusals): FieldModel {
  const shape = field.fieldKind === 'list' ? 'list' : field.fieldKind === 'map' ? 'map' : 'single';
  const { scalar, message } = typeOfValue(field);
  const optional = shape === 'single' && field.presence === FeatureSet_FieldPresence.EXPLICIT && field.proto.proto3Optional;
  const rules = options.rulesOf(field);
  const refuse = (reason: string) => refusals.refuse(field, `${field.parent.name}.${field.name}: ${reason}`);
  const name = scalar === undefined ? undefined : scalars[scalar];

  if (message) {
    if (shape === 'single' && !optional) refuse('a single message is always `optional`: say `optional` before it');
    if (message.typeName.startsWith('google.'))
      refuse(`${message.typeName} is not in the mapping: times are RFC 3339 strings, open values are strings marked json`);
  } else if (scalar === undefined) refuse('an enum: a closed set is a string with its values declared');
  else if (!name) refuse('64-bit integers lose digits in JSON: use int32, double or a string');
  if (field.fieldKind === 'map' && field.mapKey !== ScalarType.STRING) refuse('the key of a map is a string');

  const isText = name === 'string';
  if (!isText && (rules.values.length > 0 || rules.pattern || rules.format || rules.json)) refuse('values, pattern, format and json are for strings');
  if (rules.format && !formats.includes(rules.format)) refuse(`format "${rules.format}" is none of ${formats.join(', ')}`);
  if (rules.pattern && !isPattern(rules.pattern)) refuse('its pattern is not a regular expression');
  if (rules.jsonOf && !rules.json) refuse('json_of is for json values');
  if (rules.json && (rules.values.length > 0 || rules.pattern || rules.format)) refuse('a json value has no values, pattern or format');
  if (shape === 'single' && !message && !optional && !rules.required && refusesItsDefault(rules, isText)) {
    refuse('its rules refuse the value that stands for "absent": say `optional` before it, or make it required');
  }
  if (rules.outputOnly && (rules.required || (shape === 'single' && !optional))) {
    refuse('output only: make it `optional` and not required, so that a request with this message can leave it out');
  }
  return {
    name: field.jsonName,
    number: field.number,
    comment: commentOf(field),
    shape,
    type: message ? { message: message.typeName } : { scalar: name ?? 'string' },
    optional,
    rules,
  };
}

function typeOfValue(field: DescField): { scalar: ScalarType | undefined; message: DescMessage | undefined } {
  switch (field.fieldKind) {
    case 'scalar':
      return { scalar: field.scalar, message: undefined };
    case 'list':
    case 'map':
    case 'message':
      return { scalar: field.scalar, message: field.message };
    case 'enum':
      return { scalar: undefined, message: undefined };
  }
}

/** A field without presence is '' or 0 when nobody gave it. */
function refusesItsDefault(rules: FieldRules, isText: boolean): boolean {
  if (isText) return rules.values.length > 0 || rules.format !== undefined || rules.pattern !== undefined || rules.json || (rules.minLength ?? 0) > 0;
  return (rules.minimum ?? 0) > 0 || (rules.maximum ?? 0) < 0;
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
