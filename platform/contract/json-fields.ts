import type { ContractFile, JsonFields } from './contract-file.ts';

type Fields = { [name: string]: unknown };
type Change = (value: unknown) => unknown;

/** Readers recurse and PostgreSQL has a limit of its own: what is nested deeper is left as it is, and so refused by validation. */
export const deepestJson = 64;

/** Fields marked `json` are text in a message and values in REST. A message that has none is given back as it is. */
export function jsonFields(json: ContractFile['json']) {
  function convert(message: string, value: object, change: Change): object {
    const fields = Object.hasOwn(json, message) ? json[message] : undefined;
    return fields ? convertFields(fields, value as Fields, change) : value;
  }

  function convertFields(fields: JsonFields, value: Fields, change: Change): Fields {
    const converted = { ...value };
    for (const [name, { shape, message }] of Object.entries(fields)) {
      if (converted[name] === undefined) continue;
      const changeOne: Change = message === undefined ? change : (inner) => (isObject(inner) ? convert(message, inner, change) : inner);
      converted[name] = changeEach(shape, converted[name], changeOne);
    }
    return converted;
  }

  return {
    fromJson: (message: string, body: object): object => convert(message, body, toText),
    toJson: (message: string, value: object): object => convert(message, value, toValue),
  };
}

function changeEach(shape: JsonFields[string]['shape'], value: unknown, change: Change): unknown {
  if (shape === 'single') return change(value);
  if (shape === 'list') return Array.isArray(value) ? value.map(change) : value;
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)])) : value;
}

function toText(value: unknown): unknown {
  return isDeeperThan(value, deepestJson) ? value : JSON.stringify(value);
}

function toValue(text: unknown): unknown {
  return JSON.parse(String(text));
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
