import type { BodyBytes, EventContract, GuardedContract, HttpRoute } from '../contract.ts';

/** What proto/ says, as plain data that every writer reads. Names are as in TypeScript and JSON: camelCase. */
export interface ContractModel {
  /** In the order of their names, so that the output does not depend on the order of files. */
  files: readonly FileModel[];
  /** By full name: `opora.tickets.v1.Ticket`. */
  messages: ReadonlyMap<string, MessageModel>;
}

export interface FileModel {
  /** Without the ending: `opora/tickets/v1/tickets`. */
  name: string;
  package: string;
  /** The package's own segment: `tickets`. */
  source: string;
  messages: readonly MessageModel[];
  services: readonly ServiceModel[];
}

export interface MessageModel {
  name: string;
  fullName: string;
  /** The file it is declared in, without the ending. */
  file: string;
  comment: string;
  fields: readonly FieldModel[];
  event?: EventContract;
  guarded?: GuardedContract;
}

export type ScalarName = 'string' | 'bool' | 'bytes' | 'double' | 'float' | 'int32' | 'sint32' | 'sfixed32' | 'uint32' | 'fixed32';

export interface FieldModel {
  name: string;
  number: number;
  comment: string;
  shape: 'single' | 'list' | 'map';
  /** Of the value, the list's entry or the map's value. */
  type: { scalar: ScalarName } | { message: string };
  /** Presence is told apart from the default value. */
  optional: boolean;
  rules: FieldRules;
}

/** The option `opora.api.v1.field`. */
export interface FieldRules {
  required: boolean;
  outputOnly: boolean;
  json: boolean;
  /** Of a json value: full names of messages, one of which it is. */
  jsonOf?: readonly string[];
  values: readonly string[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  example?: string;
}

export interface ServiceModel {
  name: string;
  fullName: string;
  comment: string;
  methods: readonly MethodModel[];
}

export interface MethodModel {
  name: string;
  comment: string;
  request: string;
  response: string;
  permissions: readonly string[];
  restricted?: true;
  unmaskedBy?: string;
  public: boolean;
  retrySafe: boolean;
  needsIfMatch: boolean;
  routedBy?: string;
  takesStream?: true;
  bodyBytes?: BodyBytes;
  givesStream?: true;
  answerBytes?: string;
  http?: HttpRoute;
}
