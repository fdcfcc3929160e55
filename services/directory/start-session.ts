import { sessionStarted } from '../../generated/opora/directory/v1/events.ts';
import type { Changes } from '../../platform/postgres/database.ts';
import type { Call } from '../../platform/rpc/call.ts';
import { longestMilliseconds } from './domain/session.ts';
import { hashSecret, makeSessionSecret } from './secrets.ts';
import type { AccountState } from './storage/account-store.ts';
import { deleteEndedSessions, insertSession } from './storage/credential-store.ts';

export interface StartedSession {
  id: string;
  secret: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  account: AccountState;
}

/** A session of the account, with what is to be written for it. `provider`: by whom its owner signed in, if not by a password that is kept here. */
export function startSession(
  account: AccountState,
  { address, provider }: { address: string | undefined; provider?: string },
  call: Call,
): { session: StartedSession; changes: Required<Pick<Changes, 'statements' | 'events'>> } {
  // Whoever comes by a provider needs no password here, and so no new one.
  const whose = provider === undefined ? account : { ...account, mustChangePassword: false };
  const session: StartedSession = { id: call.newId(), secret: makeSessionSecret(), expiresAt: call.now + longestMilliseconds, account: whose };
  const row = { id: session.id, accountId: account.id, createdAt: call.now, expiresAt: session.expiresAt, provider };
  const told = {
    accountId: account.id,
    sessionId: session.id,
    login: account.login,
    ...(address !== undefined && { address }),
    ...(provider !== undefined && { provider }),
  };
  return {
    session,
    changes: { statements: [insertSession(row, hashSecret(session.secret)), deleteEndedSessions(call.now)], events: [sessionStarted(told)] },
  };
}
