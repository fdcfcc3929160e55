import type { Express, Request } from 'express';
import { DirectoryService, type SignInRequest } from '../../generated/opora/directory/v1/directory.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { sendJson } from '../../platform/http/answer.ts';
import { allowOnly, type Edge } from '../../platform/http/create-edge.ts';
import { HttpRefusal } from '../../platform/http/problem.ts';
import { readJsonBody } from '../../platform/http/read-body.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { cookieOptions, readCredential, sessionCookie, setSessionCookie } from './credentials.ts';
import type { Identifier } from './identify.ts';
import { refuseForeignOrigin, requireSameOrigin } from './same-origin.ts';
import { originOf } from './sign-in.ts';

/** Signing in and out with the browser's cookie, which is not a call of the contract. */
export function mountSessions(
  app: Express,
  edge: Edge,
  { client, within, contract, clock }: Pick<Parts, 'client' | 'within' | 'contract' | 'clock'>,
  identifier: Identifier,
): void {
  const directory = client(DirectoryService);

  async function readSignIn(request: Request): Promise<SignInRequest> {
    const { value, release } = await readJsonBody(request, { limit: edge.limits.bodyBytes, admission: edge.admission });
    release();
    const violations = contract.violations('opora.directory.v1.SignInRequest', value);
    if (violations.length > 0) throw new AppError('invalid_input', 'A login and a password are needed.', { violations });
    return value as SignInRequest;
  }

  app.post('/api/v1/sessions', edge.admit, async (request, response) => {
    refuseForeignOrigin(request);
    const { login, password } = await readSignIn(request);
    const address = request.ip ?? '';
    const { secret, sessionId, expiresAt, me, pausedUntil } = await directory.signIn({ login, password, address }, within(10_000));
    if (pausedUntil !== undefined) throw refuseForNow(Date.parse(pausedUntil) - clock.now());
    setSessionCookie(request, response, { secret, expiresAt });
    response.setHeader('cache-control', 'no-store');
    response.setHeader('location', '/api/v1/sessions/current');
    sendJson(response, 201, { id: sessionId, expiresAt, me });
  });
  app.all('/api/v1/sessions', allowOnly(['post']));

  app.delete('/api/v1/sessions/current', edge.admit, async (request, response) => {
    const credential = readCredential(request);
    if (credential?.kind !== 'session') throw new AppError('unauthenticated', 'There is no session to end: the request has no session cookie.');
    requireSameOrigin(request);
    const { providerUrl } = await directory.signOut({ secret: credential.secret, returnTo: `${originOf(request)}/sign-in` }, within(10_000));
    identifier.forget(credential);
    response.clearCookie(sessionCookie, cookieOptions(request));
    if (providerUrl === undefined) response.status(204).end();
    else sendJson(response, 200, { providerUrl });
  });
  app.all('/api/v1/sessions/current', allowOnly(['delete']));
}

function refuseForNow(milliseconds: number): HttpRefusal {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return new HttpRefusal('too_many_requests', `Too many sign-ins have failed. Try again in ${wait}.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
