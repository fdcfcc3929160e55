import type { Contract } from '../contract/contract.ts';
import type { Shape, Variables } from './shape.ts';

/** What a path of facts may be: `ticket.priority`, one of its values. */
export interface Domain {
  type: 'string' | 'double' | 'bool' | 'list<string>';
  /** The closed set of a text's values. */
  values?: readonly string[];
  /** Of a number. */
  minimum?: number;
  /** Of a boolean that can be nothing else. */
  only?: boolean;
}

/** What conditions may speak of: variables for `ruleLanguage`, and what each path may be. */
export interface DeclaredShape {
  variables: Variables;
  domains: ReadonlyMap<string, Domain>;
}

interface FieldSchema {
  type?: string;
  enum?: readonly string[];
  minimum?: number;
  $ref?: string;
}

const plain = { string: 'string', boolean: 'bool', number: 'double', integer: 'double', array: 'list<string>' } as const;

/** The shape that a message of the contract declares: texts, numbers, booleans, lists of texts, and messages of those. */
export function readShape(contract: Pick<Contract, 'schema'>, message: string): DeclaredShape {
  const domains = new Map<string, Domain>();

  function readFields(name: string, path: string) {
    const fields = (contract.schema(name)['properties'] ?? {}) as Record<string, FieldSchema>;
    return Object.entries(fields).map(([field, schema]): [string, FieldSchema, string] => [field, schema, `${path}${field}`]);
  }

  function readPlain(schema: FieldSchema, path: string): Domain['type'] {
    const type = plain[schema.type as keyof typeof plain];
    if (!type) throw new Error(`${message}: ${path} is of a type of which conditions cannot speak.`);
    domains.set(path, {
      type,
      ...(schema.enum && { values: schema.enum }),
      ...(type === 'double' && schema.minimum !== undefined && { minimum: schema.minimum }),
    });
    return type;
  }

  const variables = readFields(message, '').map(([name, schema, path]): [string, Shape] => {
    if (schema.$ref === undefined) return [name, readPlain(schema, path)];
    const inner = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return [name, { fields: Object.fromEntries(readFields(inner, `${path}.`).map(([field, of, below]) => [field, readPlain(of, below)])) }];
  });
  return { variables: Object.fromEntries(variables), domains };
}
