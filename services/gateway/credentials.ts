import type { Request, Response } from 'express';
import { AppError } from '../../platform/errors/app-error.ts';

export const sessionCookie = 'opora_session';

export interface Credential {
  kind: 'token' | 'session';
  secret: string;
}

const cookiePattern = new RegExp(`(?:^|;\\s*)${sessionCookie}=([\\w-]{1,200})(?:;|$)`);

/** What the request shows of who asks: a bearer token or the browser's session cookie. */
export function readCredential(request: Request): Credential | undefined {
  const header = request.headers.authorization;
  if (header !== undefined) {
    const bearer = /^bearer\s+(\S{1,8000})$/i.exec(header)?.[1];
    if (bearer === undefined) throw new AppError('unauthenticated', 'Authorization takes "Bearer" and a token.');
    return { kind: 'token', secret: bearer };
  }
  const cookie = cookiePattern.exec(request.headers.cookie ?? '')?.[1];
  return cookie === undefined ? undefined : { kind: 'session', secret: cookie };
}

/** For senders that can do nothing else: HTTP Basic with the token as password, or `?token=`. Never a cookie: no browser sends alerts. */
export function readSenderCredential(request: Request, query: Readonly<Record<string, string[]>>): Credential | undefined {
  const basic = /^basic\s+([\w+/=-]{1,1000})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    return { kind: 'token', secret: text.slice(text.indexOf(':') + 1) };
  }
  if (request.headers.authorization !== undefined) return readCredential(request);
  const token = query['token']?.[0];
  return token === undefined ? undefined : { kind: 'token', secret: token };
}

/** No script reads the session's cookie, and no other site sends it along. */
export function setSessionCookie(request: Request, response: Response, { secret, expiresAt }: { secret: string; expiresAt: string }): void {
  response.cookie(sessionCookie, secret, { ...cookieOptions(request), expires: new Date(expiresAt) });
}

export function cookieOptions(request: Request) {
  return { httpOnly: true, sameSite: 'lax', secure: request.secure, path: '/' } as const;
}
