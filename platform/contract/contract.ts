import type { PackageDefinition } from '@grpc/proto-loader';
import type { Envelope } from '../bus/event.ts';
import type { FieldViolation } from '../errors/app-error.ts';
import type { Schema } from './contract-file.ts';

/** One method of the contract, as the generator found it in proto/. */
export interface MethodContract {
  /** `opora.tickets.v1.TicketService` */
  service: string;
  /** `CreateTicket` */
  name: string;
  request: string;
  response: string;
  /** Any one of these is enough; empty: any signed-in principal. */
  permissions: readonly string[];
  /** It applies grants itself: whoever has a permission for some objects only may call it. */
  restricted?: true;
  /** The permission without which sensitive parts are masked. */
  unmaskedBy?: string;
  /** No principal needed (sign-in). */
  public: boolean;
  /** `idempotency_level` NO_SIDE_EFFECTS or IDEMPOTENT: may be retried. */
  retrySafe: boolean;
  /** An update that needs If-Match; it fills `expectedVersion`. */
  needsIfMatch: boolean;
  /** The request field that names the service whose process answers. */
  routedBy?: string;
  /** It takes a stream of requests, one after the other, and gives one answer. */
  takesStream?: true;
  /** The stream that it takes is a file, which is the body of REST as it is. */
  bodyBytes?: BodyBytes;
  /** It gives a stream of answers, one after the other. */
  givesStream?: true;
  /** The stream that it gives is a file, whose bytes stand in this field; in REST the file as it is. */
  answerBytes?: string;
  http?: HttpRoute;
}

export interface BodyBytes {
  /** The field that holds the bytes. Every other field stands in the first message only. */
  field: string;
  /** The most bytes of all messages together. */
  most: number;
}

export interface HttpRoute {
  verb: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As Express takes it: `/api/v1/tickets/:id/transitions`. */
  path: string;
  /** Request fields that stand in the path. */
  pathFields: readonly string[];
  /** `*`: the body is the request without its path fields; of a stream, each line of it is one; of a file, the file. */
  body: boolean;
  /** Request fields that stand in the query, and what their text is read as. */
  query: Readonly<Record<string, QueryType>>;
  /** A create: 201 with this Location, `{id}` filled from the answer. */
  location?: string;
  /** Of what changes something: the collection whose batches take it, `/api/v1/tickets`. Absent where there is none. */
  collection?: string;
  /** 201 for a create, 204 when the answer has no fields, else 200 with the message, nothing unwrapped. */
  status: 200 | 201 | 204;
}

/** A list is given as `a=1&a=2`. */
export type QueryType = 'string' | 'number' | 'boolean' | 'string[]' | 'number[]' | 'boolean[]';

export interface EventContract {
  /** `opora.tickets.v1.TicketOpened` */
  type: string;
  source: string;
  /** Field that is the key. */
  key: string;
  /** Who may see it in the stream: any of these permissions … */
  permissions: readonly string[];
  /** … or the account whose id stands in one of these fields. */
  owners: readonly string[];
  /** The field with the facts of a guarded object: then whoever has a grant for that object may see it too. */
  facts?: { field: string; message: string };
  /** What it says in the timelines of the items that it is about. */
  timeline?: TimelineContract;
  /** How it stands in the audit log; absent: it does not. */
  audit?: AuditContract;
}

/** An object on which rights depend. */
export interface GuardedContract {
  /** The message with its facts: `opora.tickets.v1.TicketFacts`. */
  message: string;
  /** What conditions call it: `ticket`. */
  name: string;
  /** The permission to see such objects, and those to change them. */
  reads: string;
  /** The permission without which the owners of events about it do not see these. */
  owns?: string;
  changes: readonly string[];
  /** Fields that a grant to see it, or one to change it, may leave out. */
  maskable: readonly string[];
  lockable: readonly string[];
  /** What conditions may ask, with the shapes of the rule language. */
  fields: Readonly<Record<string, string>>;
}

/** One entry of the audit log; what it names are fields of the event, each of one text unless told. */
export interface AuditContract {
  /** What readers filter by: account, role, token. */
  kind: string;
  /** Id of what the act was about. */
  ref: string;
  /** `{field}` stands for the value of a field that is a text, a number or a boolean. */
  title: { ru: string; en: string };
  /** Id and name of who did it. */
  person?: string;
  personName?: string;
  /** A text marked `json`: [{field, before, after}]. */
  changes?: string;
  address?: string;
}

/** One line in the timelines of items; what it names are fields of the event, all of them of one text unless told. */
export interface TimelineContract {
  /** What readers filter by: ticket, alert. */
  kind: string;
  /** Ids of items: a list of texts, or one text. */
  items: string;
  /** `{field}` stands for the value of a field that is a text, a number or a boolean. */
  title: { ru: string; en: string };
  /** Id of what it is about. */
  ref: string;
  /** Id and name of who did it. */
  person?: string;
  personName?: string;
  severity?: string;
  /** RFC 3339; absent: the event's own time. */
  at?: string;
}

/** The contract at run time: read once from generated/, shared by edge, RPC and bus. */
export interface Contract {
  methods: readonly MethodContract[];
  events: readonly EventContract[];
  guarded: readonly GuardedContract[];
  method(service: string, name: string): MethodContract;
  event(type: string): EventContract | undefined;
  /** The JSON Schema of a message (by its full name), as it travels. */
  schema(message: string): Schema;
  /** All that is wrong with a message (of the given full name), with JSON pointers; empty when it fits. */
  violations(message: string, value: unknown): FieldViolation[];
  /**
   * Throws AppError `invalid_input` when the event is not in the contract or its data does not fit. Fields that this contract does not know are
   * left alone and those that its sender did not know get their defaults, so that old and new services understand each other.
   */
  checkEvent(event: Envelope): void;
  encode(message: string, value: object): Uint8Array;
  /** Exactly the TypeScript shape: an absent `optional` field has no key, an absent list is empty. */
  decode(message: string, bytes: Uint8Array): object;
  /** A REST body as a message: fields marked `json` become text. What does not fit stays as it is, for `violations` to tell. */
  fromJson(message: string, body: object): object;
  /** A message as a REST body: fields marked `json` become values again. */
  toJson(message: string, value: object): object;
  /** Messages and services as gRPC's reflection tells them. */
  definitions: PackageDefinition;
  openapi: object;
  asyncapi: object;
}
