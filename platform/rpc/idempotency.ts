import { createHash } from 'node:crypto';
import type { MethodContract } from '../contract/contract.ts';
import { AppError } from '../errors/app-error.ts';
import type { Database } from '../postgres/database.ts';
import { type Statement, sql } from '../postgres/sql.ts';
import { asBuffer } from './as-buffer.ts';
import { may, type Principal } from './call.ts';
import type { ServedOptions } from './transport.ts';

/** What makes two calls the same one: who asks, what, under which key, and with which bytes. */
export interface KeyedCall {
  principal: string;
  method: string;
  key: string;
  requestHash: Buffer;
}

const longestKey = 255;

/** Undefined when the call has no key. `rights`: what `fingerprintRights` gives; an answer is not given again to one who may see less than it shows. */
export function keyCall(method: string, request: Uint8Array, options: ServedOptions, rights = ''): KeyedCall | undefined {
  const key = options.idempotencyKey;
  if (key === undefined) return undefined;
  if (key.length === 0 || key.length > longestKey) throw new AppError('invalid_input', `An idempotency key has 1 to ${longestKey} characters`);
  return { principal: nameOf(options.principal), method, key, requestHash: createHash('sha256').update(request).update(rights).digest() };
}

/** What of a principal's rights its answers depend on; empty where everything is shown. One account may call by tokens that differ in this. */
export function fingerprintRights(principal: Principal, { permissions, restricted, unmaskedBy }: MethodContract): string {
  const isWhole = !restricted || permissions.some((permission) => may(principal, permission));
  const isMasked = unmaskedBy !== undefined && !may(principal, unmaskedBy);
  return isWhole && !isMasked ? '' : JSON.stringify([isMasked, isWhole ? [] : [principal.grants ?? [], principal.about]]);
}

/** Part of the commit: it fails when another commit under the same key came first, and so gives each key one effect. */
export function rememberAnswer({ principal, method, key, requestHash }: KeyedCall, answer: Uint8Array): Statement {
  return sql`insert into idempotency (principal, method, key, request_hash, answer)
    values (${principal}, ${method}, ${key}, ${requestHash}, ${asBuffer(answer)})`;
}

/** The same for several calls; of one shape however many they are. */
export function rememberAnswers(calls: readonly (KeyedCall & { answer: Uint8Array })[]): Statement {
  return sql`insert into idempotency (principal, method, key, request_hash, answer)
    select * from unnest(${calls.map(({ principal }) => principal)}::text[], ${calls.map(({ method }) => method)}::text[],
      ${calls.map(({ key }) => key)}::text[], ${calls.map(({ requestHash }) => requestHash)}::bytea[],
      ${calls.map(({ answer }) => asBuffer(answer))}::bytea[])`;
}

/** The first answer under this key; undefined when there is none. Throws `invalid_input` when the key was used for another request. */
export async function recallAnswer(database: Database, { principal, method, key, requestHash }: KeyedCall): Promise<Uint8Array | undefined> {
  const [first] = await database.query<{ request_hash: Buffer; answer: Buffer }>(
    sql`select request_hash, answer from idempotency where principal = ${principal} and method = ${method} and key = ${key}`,
  );
  if (!first) return undefined;
  if (first.request_hash.equals(requestHash)) return first.answer;
  throw new AppError(
    'invalid_input',
    'idempotency_key_reused: this idempotency key was used for another request, or with other rights. Send the same request again, or take a new key.',
  );
}

function nameOf({ kind, id }: Principal): string {
  return `${kind}:${id}`;
}
