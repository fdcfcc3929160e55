import type { Express, Response } from 'express';
import type { Envelope } from '../../platform/bus/event.ts';
import type { TailPosition } from '../../platform/bus/event-log.ts';
import type { Contract } from '../../platform/contract/contract.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { allowOnly, type Edge } from '../../platform/http/create-edge.ts';
import { factsOf } from '../../platform/http/observe-requests.ts';
import { HttpRefusal } from '../../platform/http/problem.ts';
import { type Guard, type ObjectFacts, openGuard } from '../../platform/rights/guard.ts';
import { may, type Principal } from '../../platform/rpc/call.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { readCredential } from './credentials.ts';
import type { Identifier, Identity } from './identify.ts';
import { createRecentEvents } from './recent-events.ts';

const heartbeatMilliseconds = 15_000;
/** A reader for whom more than this waits is too slow, and is let go: it comes back with Last-Event-ID. */
const longestBacklog = 1024 * 1024;
const mostReaders = 1_000;
const mostReadersPerAccount = 20;

interface Reader {
  identity: Identity;
  end(): void;
}

/** `/api/v1/stream`: server-sent events of what the reader may see, resumable by `Last-Event-ID`. */
export function mountStream(
  app: Express,
  edge: Edge,
  { tail, contract, clock, log }: Pick<Parts, 'tail' | 'contract' | 'clock' | 'log'>,
  identifier: Identifier,
) {
  const events = createRecentEvents(tail, [...new Set(contract.events.map(({ source }) => source))]);
  const readers = new Set<Reader>();
  const guards = new Map(contract.guarded.map(({ message, name }) => [message, openGuard(contract, name)]));
  identifier.onEnded((isMeant) => {
    for (const reader of readers) if (isMeant(reader.identity)) reader.end();
  });

  app.get('/api/v1/stream', async (request, response) => {
    const credential = readCredential(request);
    const identity = await identifier.identify(request, edge.admission, credential);
    const { principal } = identity;
    factsOf(request).principal = principal;
    requirePlace(readers, principal);
    const from = readLastEventId(request.headers['last-event-id']);
    const reader: Reader = { identity, end: () => response.end() };
    readers.add(reader);

    let latest = from;
    let following: { stop(): Promise<void> } | undefined;
    const heartbeat = setInterval(() => {
      if (identity.expiresAt <= clock.now()) reader.end();
      else if (credential) identifier.recognize(credential).catch(() => reader.end());
      // An id without data moves the browser's Last-Event-ID past what it may not see.
      send(response, latest === undefined ? ':\n\n' : `:\nid: ${latest}\n\n`);
    }, heartbeatMilliseconds);
    response.once('close', () => {
      clearInterval(heartbeat);
      readers.delete(reader);
      following?.stop().catch((error: unknown) => log.warn({ err: error }, 'a stream did not end cleanly'));
    });
    const hear = (event: Envelope, position: TailPosition) => {
      latest = position;
      const shown = show(event, principal, contract, guards);
      if (shown) send(response, `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify(shown)}\n\n`);
    };

    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-accel-buffering', 'no');
    following = await events.follow(from, hear);
    if (response.closed) await following.stop();
    else send(response, 'retry: 2000\n:\n\n');
  });
  app.all('/api/v1/stream', allowOnly(['get']));

  return {
    /** Readers are sent away; they come back to whoever answers then. */
    drain() {
      for (const reader of readers) reader.end();
      return events.stop();
    },
  };
}

function requirePlace(readers: ReadonlySet<Reader>, principal: Principal): void {
  if (readers.size >= mostReaders) throw new AppError('unavailable', 'As many streams are open as the hub can hold.', { retryAfterSeconds: 10 });
  const own = [...readers].filter(({ identity }) => identity.principal.id === principal.id).length;
  if (own < mostReadersPerAccount) return;
  throw new HttpRefusal('too_many_requests', `More than ${mostReadersPerAccount} streams of one account: close some.`, {
    headers: { 'retry-after': '10' },
  });
}

function readLastEventId(header: string | string[] | undefined): TailPosition | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,2000}$/.test(header)) return header;
  throw new HttpRefusal('malformed', 'Last-Event-ID is not one that this stream gave.');
}

/** The event as the reader may see it; undefined: not at all. */
function show(event: Envelope, principal: Principal, contract: Contract, guards: ReadonlyMap<string, Guard>): Envelope | undefined {
  const declared = contract.event(event.type);
  if (!declared) return undefined;
  if (declared.permissions.some((permission) => may(principal, permission))) return event;
  const data = event.data as Readonly<Record<string, unknown>>;
  const { field = '', message = '' } = declared.facts ?? {};
  const [guard, facts] = [guards.get(message), data[field] as ObjectFacts | undefined];
  const mayOwn = guard?.object.owns === undefined || may(principal, guard.object.owns);
  if (mayOwn && declared.owners.some((owner) => data[owner] === principal.id)) return event;
  const masked = guard && facts && guard.judge(principal, guard.object.reads, facts);
  if (!masked) return undefined;
  if (masked.size === 0) return event;
  const withoutMasked = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([name]) => !masked.has(name)));
  return { ...event, data: { ...withoutMasked(data), [field]: withoutMasked(facts) } };
}

function send(response: Response, text: string): void {
  if (response.closed || response.writableEnded) return;
  response.write(text);
  if (response.writableLength > longestBacklog) response.destroy();
}
