import type { Express, Request, Response } from 'express';
import { SignInService } from '../../generated/opora/directory/v1/sign_in.ts';
import { isAppError } from '../../platform/errors/app-error.ts';
import { allowOnly, type Edge } from '../../platform/http/create-edge.ts';
import { problemKinds } from '../../platform/http/problem.ts';
import { readPathParameters, readQuery } from '../../platform/http/read-url.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { cookieOptions, setSessionCookie } from './credentials.ts';
import { chooseLanguage } from './pages/language.ts';
import { resetPage, resetScript, signInPage, signInScript, signInTroublePage } from './pages/sign-in-page.ts';
import { sendHtml } from './pages.ts';

const flowCookie = 'opora_sign_in';
const flowPattern = new RegExp(`(?:^|;\\s*)${flowCookie}=([\\w-]{1,4000})(?:;|$)`);
const flowMilliseconds = 600_000;

/** The page for signing in, and the way to a provider of OpenID Connect and back. */
export function mountSignIn(app: Express, edge: Edge, { client, within }: Pick<Parts, 'client' | 'within'>): void {
  const signIns = client(SignInService);
  const flowOptions = (request: Request) => ({ ...cookieOptions(request), path: '/sign-in' });

  app.get('/sign-in', edge.admit, async (request, response) => {
    // Whoever has a password gets in without providers.
    const { items } = await signIns.listSignInChoices({}, within(2_000)).catch(() => ({ items: [] }));
    sendHtml(response, signInPage(chooseLanguage(request), { choices: items, returnTo: returnOf(request) }));
  });
  app.get('/sign-in/start.js', edge.admit, (_request, response) => sendScript(response, signInScript));
  app.get('/sign-in/reset', edge.admit, (request, response) => sendHtml(response, resetPage(chooseLanguage(request))));
  app.get('/sign-in/reset.js', edge.admit, (_request, response) => sendScript(response, resetScript));

  app.get('/sign-in/:provider', edge.admit, async (request, response) => {
    await edge.admission.count({ address: request.ip ?? '' });
    await orTell(request, response, async () => {
      const provider = readPathParameters(request)['provider'] ?? '';
      const asked = { provider, redirectUri: `${originOf(request)}/sign-in/${encodeURIComponent(provider)}/callback`, returnTo: returnOf(request) };
      const { url, sealed } = await signIns.beginSignIn(asked, within(10_000));
      response.cookie(flowCookie, sealed, { ...flowOptions(request), maxAge: flowMilliseconds });
      redirect(response, url);
    });
  });

  app.get('/sign-in/:provider/callback', edge.admit, async (request, response) => {
    await edge.admission.count({ address: request.ip ?? '' });
    const sealed = flowPattern.exec(request.headers.cookie ?? '')?.[1] ?? 'none';
    response.clearCookie(flowCookie, flowOptions(request));
    await orTell(request, response, async () => {
      const asked = {
        provider: readPathParameters(request)['provider'] ?? '',
        sealed,
        callbackUrl: `${originOf(request)}${request.originalUrl}`,
        address: request.ip ?? '',
      };
      const { session, returnTo } = await signIns.completeSignIn(asked, within(15_000));
      if (session) setSessionCookie(request, response, session);
      redirect(response, returnTo);
    });
  });
  app.all(['/sign-in', '/sign-in/:provider', '/sign-in/:provider/callback'], allowOnly(['get']));
}

/** `https://opora.example.org`, as the browser sees it. */
export function originOf(request: Request): string {
  return `${request.protocol}://${request.host}`;
}

/** Where somebody wants to be in the end; the directory takes nothing but a path of the hub. */
function returnOf(request: Request): string {
  const asked = readQuery(request)['return']?.[0] ?? '/';
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,999}$/.test(asked) ? asked : '/';
}

function sendScript(response: Response, script: string): void {
  response.setHeader('content-type', 'text/javascript; charset=utf-8');
  response.end(script);
}

function redirect(response: Response, url: string): void {
  response.setHeader('cache-control', 'no-store');
  response.redirect(303, url);
}

/** People come here by a link, and are told what is wrong in a page. */
async function orTell(request: Request, response: Response, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    response.status(problemKinds[error.kind].status);
    if (error.retryAfterSeconds !== undefined) response.setHeader('retry-after', String(error.retryAfterSeconds));
    sendHtml(response, signInTroublePage(chooseLanguage(request), error.message));
  }
}
