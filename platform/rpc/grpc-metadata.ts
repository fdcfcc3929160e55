import { Metadata } from '@grpc/grpc-js';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock/clock.ts';
import { AppError } from '../errors/app-error.ts';
import { type CallOptions, nobody, type Principal } from './call.ts';
import type { RpcStatus } from './status.ts';
import type { ServedOptions } from './transport.ts';

const principalHeader = 'opora-principal';
const keyHeader = 'idempotency-key-bin';
const atHeader = 'opora-at';
const detailHeader = 'opora-error-bin';
const replayedHeader = 'opora-replayed';
const traceHeader = 'traceparent';

/** What a call carries beside its request. */
export function writeOptions({ principal, idempotencyKey, at }: CallOptions, traceparent: string | undefined): Metadata {
  const metadata = new Metadata();
  metadata.set(principalHeader, writePrincipal(principal));
  if (traceparent !== undefined) metadata.set(traceHeader, traceparent);
  if (idempotencyKey !== undefined) metadata.set(keyHeader, Buffer.from(idempotencyKey));
  if (at !== undefined) metadata.set(atHeader, String(at));
  return metadata;
}

/** `deadline` is gRPC's, on the system's clock; it becomes one on ours. A caller that sets none gets half a minute. */
export function readOptions(metadata: Metadata, deadline: Date | number, clock: Clock): ServedOptions {
  const left = Number(deadline) - Date.now();
  const key = metadata.get(keyHeader)[0];
  const at = readText(metadata, atHeader);
  return {
    deadline: clock.now() + (Number.isFinite(left) ? left : 30_000),
    principal: readPrincipal(readText(metadata, principalHeader)),
    ...(key !== undefined && { idempotencyKey: key.toString() }),
    ...(at !== undefined && { at: readMoment(at) }),
  };
}

export function readTraceparent(metadata: Metadata): string | undefined {
  return readText(metadata, traceHeader);
}

export function writeDetail({ detail }: RpcStatus): { metadata?: Metadata } {
  if (detail === undefined) return {};
  const metadata = new Metadata();
  metadata.set(detailHeader, Buffer.from(detail));
  return { metadata };
}

export function readDetail(metadata: Metadata): { detail?: string } {
  const detail = metadata.get(detailHeader)[0];
  return detail === undefined ? {} : { detail: detail.toString() };
}

export function writeReplayed(): Metadata {
  const metadata = new Metadata();
  metadata.set(replayedHeader, 'true');
  return metadata;
}

export function isReplayed(metadata: Metadata): boolean {
  return metadata.get(replayedHeader).length > 0;
}

/** The same few principals call again and again, so each is written and read once. */
const written = new WeakMap<Principal, string>();
const read = new LRUCache<string, Principal>({ max: 1000 });

function writePrincipal(principal: Principal): string {
  let text = written.get(principal);
  if (text === undefined) written.set(principal, (text = Buffer.from(JSON.stringify(principal)).toString('base64')));
  return text;
}

function readPrincipal(text: string | undefined): Principal {
  if (text === undefined) return nobody;
  let principal = read.get(text);
  if (!principal) read.set(text, (principal = parsePrincipal(text)));
  return principal;
}

function parsePrincipal(text: string): Principal {
  try {
    const { kind, id, name, permissions, grants, about } = JSON.parse(Buffer.from(text, 'base64').toString()) as Principal;
    const known = (kind === 'account' || kind === 'service') && typeof id === 'string' && typeof name === 'string';
    if (known && Array.isArray(permissions)) {
      return { kind, id, name, permissions, ...(Array.isArray(grants) && { grants }), ...(typeof about === 'object' && { about }) };
    }
  } catch {
    // told below
  }
  throw new AppError('unauthenticated', `${principalHeader} is no principal`);
}

function readMoment(text: string): number {
  const moment = Number(text);
  if (!Number.isSafeInteger(moment)) throw new AppError('invalid_input', `${atHeader} is epoch milliseconds`);
  return moment;
}

function readText(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === 'string' ? value : undefined;
}
