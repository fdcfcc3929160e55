import { type DescExtension, type DescField, type DescMessage, type DescMethod, type FileRegistry, getOption, hasOption } from '@bufbuild/protobuf';
import type { FieldRules } from './model.ts';

/** Options as @bufbuild/protobuf gives them: every field by its camelCase name. */
export interface MethodOption {
  permissions: string[];
  public: boolean;
  needsIfMatch: boolean;
  location: string;
  routedBy: string;
  restricted: boolean;
  unmaskedBy: string;
  bodyBytes: string;
  maxBytes: number;
  answerBytes: string;
}

interface EventOption {
  key: string;
  permissions: string[];
  owners: string[];
  timeline?: TimelineOption;
  audit?: AuditOption;
}

export interface TimelineOption {
  kind: string;
  items: string;
  title?: { ru: string; en: string };
  ref: string;
  person: string;
  personName: string;
  severity: string;
  at: string;
}

export interface AuditOption {
  kind: string;
  ref: string;
  title?: { ru: string; en: string };
  person: string;
  personName: string;
  changes: string;
  address: string;
}

export interface GuardedOption {
  name: string;
  reads: string;
  changes: string[];
  maskable: string[];
  lockable: string[];
  owns: string;
}

export interface HttpRule {
  pattern: { case: string | undefined; value?: unknown };
  body: string;
  responseBody: string;
  additionalBindings: unknown[];
}

interface FieldOption {
  required: boolean;
  outputOnly: boolean;
  json: boolean;
  jsonOf: string[];
  values: string[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  pattern: string;
  format: string;
  example: string;
}

// An extension that is known only at run time says nothing of its type.
const isSet = hasOption as (declared: Optioned, extension: DescExtension) => boolean;
const optionOf = getOption as (declared: Optioned, extension: DescExtension) => unknown;

type Optioned = DescField | DescMessage | DescMethod;

/** Reads the options of `opora/api/v1/options.proto` and `google/api/http.proto` out of the descriptors at hand. */
export function optionReader(registry: FileRegistry) {
  function read<Option>(declared: Optioned, name: string): Option | undefined {
    const extension: DescExtension | undefined = registry.getExtension(name);
    return extension && isSet(declared, extension) ? (optionOf(declared, extension) as Option) : undefined;
  }
  return {
    rulesOf(field: DescField): FieldRules {
      const option = read<FieldOption>(field, 'opora.api.v1.field');
      if (!option) return { required: false, outputOnly: false, json: false, values: [] };
      const { required, outputOnly, json, jsonOf, values, minLength, maxLength, minimum, maximum, pattern, format, example } = option;
      return {
        required,
        outputOnly,
        json,
        values: [...values],
        ...(jsonOf.length > 0 && { jsonOf: [...jsonOf] }),
        ...(has(option, 'minLength') && minLength !== undefined && { minLength }),
        ...(has(option, 'maxLength') && maxLength !== undefined && { maxLength }),
        ...(has(option, 'minimum') && minimum !== undefined && { minimum }),
        ...(has(option, 'maximum') && maximum !== undefined && { maximum }),
        ...(pattern !== '' && { pattern }),
        ...(format !== '' && { format }),
        ...(example !== '' && { example }),
      };
    },
    methodOf: (method: DescMethod) => read<MethodOption>(method, 'opora.api.v1.method'),
    eventOf: (message: DescMessage) => read<EventOption>(message, 'opora.api.v1.event'),
    guardedOf: (message: DescMessage) => read<GuardedOption>(message, 'opora.api.v1.guarded'),
    httpOf: (method: DescMethod) => read<HttpRule>(method, 'google.api.http'),
  };
}

export type OptionReader = ReturnType<typeof optionReader>;

/** An absent proto3 `optional` stands as the default on the message's prototype: only its own keys were written. */
function has(option: object, key: string): boolean {
  return Object.hasOwn(option, key);
}
