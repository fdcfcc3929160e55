import type { Request } from 'express';
import { AppError } from '../../platform/errors/app-error.ts';

/**
 * A browser sends the session cookie wherever a form of another site points, so a request that changes something must show that it comes from
 * our own pages: browsers say so in Sec-Fetch-Site and Origin, which pages cannot set.
 */
export function requireSameOrigin(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  if (!isForeign(request) && shownOrigin(request)) return;
  throw new AppError('not_allowed', 'With a session cookie, changes are taken only from the pages of this hub. Programs send a token instead.');
}

/** For sign-in, which comes without a cookie: another site must not sign its visitors in as somebody else. */
export function refuseForeignOrigin(request: Request): void {
  if (isForeign(request)) throw new AppError('not_allowed', 'Signing in is possible only from the pages of this hub.');
}

function shownOrigin(request: Request): boolean {
  return request.headers['sec-fetch-site'] !== undefined || request.headers.origin !== undefined;
}

function isForeign(request: Request): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return true;
  const { origin } = request.headers;
  return origin !== undefined && hostOf(origin) !== request.host;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
