import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { type AuthenticateResponse, DirectoryService } from '../../generated/opora/directory/v1/directory.ts';
import type { DirectoryEvent } from '../../generated/opora/directory/v1/events.ts';
import type { Envelope } from '../../platform/bus/event.ts';
import { AppError, isAppError } from '../../platform/errors/app-error.ts';
import type { Admission } from '../../platform/http/admission.ts';
import { grantOf } from '../../platform/rights/read-grant.ts';
import type { Principal } from '../../platform/rpc/call.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { type Credential, readCredential } from './credentials.ts';
import { requireSameOrigin } from './same-origin.ts';

export interface Identity {
  principal: Principal;
  /** Of the token or the session. */
  credentialId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

export interface Identifier {
  /** Who shows this credential; remembered for at most 5 s. Throws AppError `unauthenticated`, `unavailable`. */
  recognize(credential: Credential): Promise<Identity>;
  /** The same for a request, counted against the limits. Throws HttpRefusal `too_many_requests` too, and `not_allowed` for what another site sent. */
  identify(request: Request, admission: Admission, credential?: Credential): Promise<Identity>;
  /** What the directory announces ends what is remembered at once. */
  hear(event: Envelope): void;
  /** Asks again the next time. */
  forget(credential: Credential): void;
  /** Told of whom something ended or changed. */
  onEnded(listener: (isMeant: (identity: Identity) => boolean) => void): void;
}

const rememberedMilliseconds = 5_000;
const patience = 5_000;

export function createIdentifier({ client, within, clock }: Pick<Parts, 'client' | 'within' | 'clock'>): Identifier {
  const directory = client(DirectoryService);
  const remembered = new LRUCache<string, { asked: Promise<Identity>; known?: Identity }>({ max: 10_000, ttl: rememberedMilliseconds });
  const listeners: ((isMeant: (identity: Identity) => boolean) => void)[] = [];

  async function ask({ kind, secret }: Credential): Promise<Identity> {
    const found = await directory.authenticate(kind === 'token' ? { token: secret } : { session: secret }, within(patience));
    return {
      principal: toPrincipal(found),
      credentialId: found.credentialId,
      expiresAt: found.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(found.expiresAt),
    };
  }

  /** Requests that come together with one new token ask once. */
  async function recognize(credential: Credential): Promise<Identity> {
    const key = keyOf(credential);
    let entry = remembered.get(key);
    if (!entry) {
      const fresh: { asked: Promise<Identity>; known?: Identity } = { asked: ask(credential) };
      entry = fresh;
      remembered.set(key, fresh);
      try {
        fresh.known = await fresh.asked;
      } catch (error) {
        if (remembered.peek(key) === fresh) remembered.delete(key);
        throw error;
      }
    }
    const identity = entry.known ?? (await entry.asked);
    if (identity.expiresAt <= clock.now()) throw new AppError('unauthenticated', 'The token or session has expired.');
    return identity;
  }

  return {
    recognize,

    async identify(request, admission, credential = readCredential(request)) {
      try {
        if (!credential) throw new AppError('unauthenticated', 'Send Authorization: Bearer with an API token, or sign in.');
        const identity = await recognize(credential);
        if (credential.kind === 'session') requireSameOrigin(request);
        await admission.count({ principal: identity.credentialId });
        return identity;
      } catch (error) {
        if (isAppError(error, 'unauthenticated')) await admission.count({ address: request.ip ?? '' });
        throw error;
      }
    },

    hear(event) {
      const isMeant = matcherOf(event as DirectoryEvent);
      if (!isMeant) return;
      for (const [key, { known }] of remembered.entries()) if (!known || isMeant(known)) remembered.delete(key);
      for (const listener of listeners) listener(isMeant);
    },

    forget: (credential) => void remembered.delete(keyOf(credential)),

    onEnded: (listener) => void listeners.push(listener),
  };
}

function toPrincipal({ accountId, name, permissions, grants, about }: AuthenticateResponse): Principal {
  return {
    kind: 'account',
    id: accountId,
    name,
    permissions,
    ...(grants.length > 0 && { grants: grants.map(grantOf) }),
    ...(about && grants.some(({ condition }) => condition !== undefined) && { about }),
  };
}

function keyOf({ kind, secret }: Credential): string {
  return createHash('sha256').update(`${kind} ${secret}`).digest('base64');
}

type Matcher = (identity: Identity) => boolean;

/** What takes something away from those who are signed in; whatever else the directory announces leaves them as they are. */
const matchers: { [Type in DirectoryEvent['type']]?: (event: Extract<DirectoryEvent, { type: Type }>) => Matcher } = {
  'opora.directory.v1.TokenRevoked':
    ({ data }) =>
    (identity) =>
      identity.credentialId === data.tokenId,
  'opora.directory.v1.SessionEnded':
    ({ data }) =>
    (identity) =>
      identity.credentialId === data.sessionId,
  'opora.directory.v1.AccountUpdated':
    ({ data }) =>
    (identity) =>
      identity.principal.id === data.accountId,
  // Nobody here knows whose it is.
  'opora.directory.v1.RoleUpdated': () => () => true,
  'opora.directory.v1.SignInProviderUpdated': () => () => true,
};

function matcherOf(event: DirectoryEvent): Matcher | undefined {
  const toMatcher = matchers[event.type] as ((event: DirectoryEvent) => Matcher) | undefined;
  return toMatcher?.(event);
}
