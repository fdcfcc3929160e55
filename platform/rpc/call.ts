import type { Logger } from 'pino';
import { AppError } from '../errors/app-error.ts';
import type { Changes } from '../postgres/database.ts';
import type { ReaderFacts } from '../rights/reader.ts';
import type { KeyedCall } from './idempotency.ts';

/** Who asks. It travels with every call; the query uses it, not the page. */
export interface Principal {
  kind: 'account' | 'service';
  /** Account id, or the service's name. */
  id: string;
  /** The person's name for history and logs. */
  name: string;
  /** `tickets.read`, `cmdb.write` …; `*` is all. Already narrowed by the token's scopes. */
  permissions: readonly string[];
  /** Permissions that hold only for some objects; for those that `permissions` names there is none. */
  grants?: readonly Grant[];
  /** Where they belong, for the conditions of grants. */
  about?: ReaderFacts;
}

/** A permission for some objects: `{permission: 'cmdb.read', where: {site: ['SPB-1']}}`, `{permission: 'tickets.read', where: {}, condition: …}`. Several add up. */
export interface Grant {
  permission: string;
  /** What an object must have one of the values of. The service whose objects they are says what can be named; what it does not know holds for none. */
  where: Readonly<Record<string, readonly string[]>>;
  /** CEL over the object and `me`; a service that does not know conditions lets it hold for none. */
  condition?: string;
  /** Fields that it leaves out: masked, or not to be changed. */
  without?: readonly string[];
}

/** Who calls a method that is public, before signing in. */
export const nobody: Principal = { kind: 'account', id: 'nobody', name: 'nobody', permissions: [] };

/** Options of a call. There is no call without a deadline. */
export interface CallOptions {
  /** Epoch milliseconds. */
  deadline: number;
  principal: Principal;
  /** The same key and request give the first answer again, whatever died in between. */
  idempotencyKey?: string;
  /** Only for a service principal: decide as if it were this moment (epoch milliseconds). Used to load a past. */
  at?: number;
  signal?: AbortSignal;
  /** The service whose process is asked, when it is not the one that the method's package names. */
  host?: string;
}

/** Options of a call that sends a stream or is given one. It takes no idempotency key: each message is idempotent by itself, or is not sent again. */
export type StreamOptions = Omit<CallOptions, 'idempotencyKey'>;

/** Milliseconds that a stream may last, unless whoever sends it has less time. */
export const longestStream = 3_600_000;

/** What a use case knows of the call that it serves. */
export interface Call {
  readonly principal: Principal;
  /** Epoch milliseconds, the same throughout the call. */
  readonly now: number;
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
  newId(): string;
  /** Writes the changes, the idempotency row with the answer, or nothing; then gives the answer back. */
  commit<Answer>(changes: Changes, answer: Answer): Promise<Answer>;
  /** For who commits more than once, before the first time: throws when a call under the same idempotency key was settled, whose answer is then given. */
  endIfRepeated(): Promise<void>;
  /** For `commitTogether`, which commits for several calls at once. Throws when this one is over. */
  prepare(answer: unknown): PreparedAnswer;
  /** Options for a call further on: the same person, and never more time than this call has left. */
  within(milliseconds: number, options?: { idempotencyKey?: string }): CallOptions;
}

/** What is to be committed of an answer beside the changes, and what is to be called once it is. */
export interface PreparedAnswer {
  keyed?: KeyedCall & { answer: Uint8Array };
  settle(): void;
}

/**
 * What a use case knows of a stream that it takes. A stream lasts long and decides many times, so it has no moment of its own and commits
 * nothing itself. What its decisions committed stays, whatever becomes of the stream afterwards.
 */
export interface StreamCall extends Pick<Call, 'principal' | 'deadline' | 'signal' | 'log' | 'within'> {
  /** A call for one decision, at the moment that it is now. It commits once, as every call. */
  beginDecision(): Call;
}

/** What a use case knows of a call that it answers with a stream. It only reads: there is nothing to commit. */
export type ReadCall = Pick<Call, 'principal' | 'now' | 'deadline' | 'signal' | 'log' | 'within'>;

/** Whether the permission holds for all objects. */
export function may(principal: Principal, permission: string): boolean {
  return principal.permissions.includes('*') || principal.permissions.includes(permission);
}

/** Whether the permission holds for some objects only. */
export function isRestricted(principal: Principal, permission: string): boolean {
  return !may(principal, permission) && (principal.grants?.some((grant) => grant.permission === permission) ?? false);
}

/**
 * Throws AppError `not_allowed`. A permission that holds for some objects only opens no method but those which say that they look at each object themselves:
 * what a new method gives, it gives to those who may see all of it.
 */
export function requirePermission(
  principal: Principal,
  { permissions, restricted, ...method }: { permissions: readonly string[]; public: boolean; restricted?: true },
): void {
  if (method.public || permissions.length === 0 || permissions.some((permission) => may(principal, permission))) return;
  const some = permissions.some((permission) => isRestricted(principal, permission));
  if (some && restricted) return;
  const needed = `This needs the permission ${permissions.join(' or ')}`;
  throw new AppError('not_allowed', some ? `${needed} for all objects; yours is for some of them.` : `${needed}.`);
}

/** A method as its service implements it. */
export type Method<Request, Answer> = (request: Request, call: Call) => Promise<Answer>;

/** A method that takes a stream, as its service implements it. */
export type StreamMethod<Request, Answer> = (requests: AsyncIterable<Request>, call: StreamCall) => Promise<Answer>;

/**
 * A method that gives a stream, as its service implements it. It is asked for the next answer when the one before is on its way, and when nobody
 * wants any more the iterable is left as `break` leaves it: the `finally` of an async generator runs.
 */
export type AnswersMethod<Request, Answer> = (request: Request, call: ReadCall) => AsyncIterable<Answer>;

/** The caller's side of a service's interface `{ createTicket(request, call): Promise<Ticket> }`. */
export type Client<Service> = {
  [Name in keyof Service]: Service[Name] extends StreamMethod<infer Request, infer Answer>
    ? (requests: AsyncIterable<Request> | Iterable<Request>, options: StreamOptions) => Promise<Answer>
    : Service[Name] extends AnswersMethod<infer Request, infer Answer>
      ? (request: Request, options: StreamOptions) => AsyncIterable<Answer>
      : Service[Name] extends Method<infer Request, infer Answer>
        ? (request: Request, options: CallOptions) => Promise<Answer>
        : never;
};

/** A service of the contract by its full name, with its TypeScript interface: `opora.tickets.v1.TicketService`. The generator writes one for each. */
export interface ServiceToken<Service> {
  readonly name: string;
  /** Never read; it carries the type. */
  readonly interface?: Service;
}
