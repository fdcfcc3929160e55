import { signInFailed } from '../../../generated/opora/directory/v1/events.ts';
import type { SignInService } from '../../../generated/opora/directory/v1/sign_in.ts';
import { AppError, isAppError } from '../../../platform/errors/app-error.ts';
import { toSession } from '../rpc.ts';
import { startSession } from '../start-session.ts';
import { type Flow, hasOidc, type OidcClients } from './oidc.ts';
import { readProviders } from './provider-store.ts';
import { type ProviderParts, providerUseCases } from './providers.ts';
import { type ResolveParts, resolveSubject } from './resolve-subject.ts';
import type { Seal } from './seal.ts';

/** How long somebody may take at the provider. */
const flowMilliseconds = 600_000;

/** The contract's methods of signing in by others. */
export function signInMethods(parts: ProviderParts & ResolveParts & { clients: OidcClients; seal: Seal }): SignInService {
  const { database, clients, seal } = parts;
  const providers = providerUseCases(parts);

  async function findOidc(name: string) {
    const provider = (await readProviders(database)).filter(hasOidc).find((one) => one.name === name && one.enabled);
    if (!provider) throw new AppError('not_found', `Nobody can sign in by "${name}".`);
    return provider;
  }

  return {
    listSignInProviders: async () => ({ items: await readProviders(database) }),
    getSignInProvider: ({ name }) => providers.find(name),
    createSignInProvider: (request, call) => providers.create(request, call),
    updateSignInProvider: (request, call) => providers.update(request, call),
    tieIdentity: (request, call) => providers.tie(request, call, {}),
    async listSignInChoices() {
      const shown = (await readProviders(database)).filter(({ enabled, oidc }) => enabled && oidc !== undefined);
      return { items: shown.map(({ name, titleEn, titleRu }) => ({ name, titleEn, titleRu })) };
    },
    async beginSignIn({ provider: name, redirectUri, returnTo }, call) {
      const { url, flow } = await clients.begin(await findOidc(name), { redirectUri, returnTo: toOwnPath(returnTo) });
      return { url, sealed: seal.close(flow, call.now + flowMilliseconds) };
    },
    async completeSignIn({ provider: name, sealed, callbackUrl, address }, call) {
      const provider = await findOidc(name);
      const flow = seal.open<Flow>(sealed, call.now);
      if (flow?.provider !== name) throw new AppError('unauthenticated', 'This sign-in took too long, or was begun elsewhere: begin again.');
      try {
        const { account, statements, events } = await resolveSubject(parts, provider, await clients.complete(provider, flow, callbackUrl), call);
        const { session, changes } = startSession(account, { address, provider: name }, call);
        const answer = { session: toSession(session), returnTo: flow.returnTo };
        return await call.commit({ statements: [...statements, ...changes.statements], events: [...events, ...changes.events] }, answer);
      } catch (error) {
        call.log.warn({ err: error, provider: name }, 'a sign-in by a provider did not go through');
        if (isAppError(error, 'unauthenticated') || isAppError(error, 'not_allowed')) {
          await database.commit({
            events: [signInFailed({ accountId: 'unknown', reason: 'provider_refused', ...(address !== undefined && { address }) })],
          });
        }
        throw error;
      }
    },
  };
}

/** A path of the hub itself; the home page for whatever a browser could read as another host. */
function toOwnPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\') ? path : '/';
}
