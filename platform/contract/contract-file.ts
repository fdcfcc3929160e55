import type { EventContract, GuardedContract, MethodContract } from './contract.ts';

/** What `generated/contract.json` holds: all that the contract says, for run time. */
export interface ContractFile {
  methods: readonly MethodContract[];
  events: readonly EventContract[];
  guarded: readonly GuardedContract[];
  /** By full name. A `json` field is text here, and `bytes` are a Uint8Array: messages as they travel by RPC. */
  components: { schemas: Record<string, Schema> };
  /** Messages that have a `json` field in them or below. */
  json: Record<string, JsonFields>;
  /** The messages and services in protobufjs' JSON form. */
  codec: object;
}

/** A JSON Schema of the dialect 2020-12, which is OpenAPI 3.1's and AsyncAPI 3's too. */
export type Schema = { [keyword: string]: unknown };

/** Fields marked `json`, and fields whose message (by full name) has such fields. */
export type JsonFields = Readonly<Record<string, { shape: 'single' | 'list' | 'map'; message?: string }>>;
